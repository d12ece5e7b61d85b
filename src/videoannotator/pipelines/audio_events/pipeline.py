"""Sound events: crying, laughter, babbling, music and whatever else an added network knows."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from fractions import Fraction

import numpy as np

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.sound import SoundEvent
from videoannotator.errors import InvalidConfigException
from videoannotator.inference.class_names import CURE, ClassName, read_class_names
from videoannotator.media.stream_clock import StreamClock
from videoannotator.media.types import AudioBlock, AudioNeed
from videoannotator.pipelines.audio_events.events import EventFinder, Heard
from videoannotator.pipelines.audio_events.network import SoundClassifier
from videoannotator.pipelines.audio_events.options import AudioEventsOptions
from videoannotator.pipelines.audio_events.windowing import Piece, Windowing
from videoannotator.pipelines.base import Batch, Needs, Pipeline, RunContext


class AudioEvents(Pipeline[AudioEventsOptions]):
    """A network that the user added gives scores, window by window, and two thresholds make events of them.

    The events come in the order in which they are over.
    """

    name = "audio_events"
    display_name = "Sound events"
    description = (
        "What can be heard (crying, laughter, babbling, music …), by a network for the classes of AudioSet or others that you add: "
        "none comes along."
    )
    family = "sound-event-detection"
    variant = "added"
    version = "1.0.0"
    tasks = ("sound-event-detection",)
    modalities = ("audio",)
    Options = AudioEventsOptions
    produces = (SoundEvent,)
    added_weights = "weights"

    @classmethod
    def needs(cls, options: AudioEventsOptions) -> Needs:
        return Needs(audio=AudioNeed(options.rate_hz))

    def __init__(self, options: AudioEventsOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._clock = StreamClock()
        self._samples = 0

    def start(self, media: MediaInfo) -> None:  # noqa: ARG002  nothing depends on it
        """Load the network and the names of its classes.

        Raises:
            WeightsMissingException, WeightsDamagedException, InferenceFailedException: see `SessionPool`.
            InvalidConfigException: the weights are no network for sound events, or lack class names, or know no such class.
        """
        name, sessions = self.options.weights, self.context.sessions
        classes = read_class_names(name, sessions.added_files(name))
        if classes is None:
            raise InvalidConfigException(f"The weights {name!r} have no file with the names of their classes.", hint=CURE)
        self._classes = classes
        self._chosen = _chosen(name, classes, self.options.classes)
        self._network = SoundClassifier(sessions.added(name), len(classes), self.options, self.context.check_stop)
        grid = self._network.grid
        self._windowing = Windowing(grid, self._network.at_once)
        gap = int(self.options.max_gap_s * grid.rate_hz / grid.hop + 1e-6)
        self._finder = EventFinder(self.options.threshold, self.options.low_threshold, gap)

    def feed(self, batch: Batch) -> Iterable[object]:
        if not isinstance(batch, AudioBlock):
            return
        self._clock.see(batch)
        self._samples += len(batch.samples)
        for piece in self._windowing.feed(batch.samples):
            yield from self._judge(piece)

    def finish(self) -> Iterable[object]:
        for piece in self._windowing.finish():
            yield from self._judge(piece)
        for heard in self._finder.finish():
            yield from self._event(heard)
        if self.options.scores == "logits" and not self._network.outside and self._windowing.windows:
            self.context.warn(
                "All scores of the network lay between 0 and 1 and were taken for logits, as the option scores says. If they are "
                "probabilities, the events are wrong: set audio_events.scores to probabilities."
            )

    def _judge(self, piece: Piece) -> Iterator[SoundEvent]:
        self.context.check_stop()
        scores = self._network.scores(piece)[:, self._chosen]
        for place, row in enumerate(scores):
            for heard in self._finder.feed(piece.first + place, row):
                yield from self._event(heard)

    def _event(self, heard: Heard) -> Iterator[SoundEvent]:
        """The event, unless it is too short."""
        start, end = self._network.grid.span(heard.first, heard.last)
        whole = Fraction(self._samples, self._network.grid.rate_hz)
        end = whole if heard.last == self._windowing.windows - 1 else min(end, whole)
        if end <= start or end - start < self.options.min_duration_s:
            return
        number = int(self._chosen[heard.place])
        peak = round(heard.peak, 4)
        yield SoundEvent(
            start=self._clock.origin.shifted(start),
            end=self._clock.origin.shifted(end),
            label=self._classes[number].name,
            confidence=peak,
            mean_confidence=min(peak, round(heard.total / heard.windows, 4)),
            class_number=number,
            class_id=self._classes[number].identifier,
        )


def _chosen(weights: str, classes: Sequence[ClassName], asked: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The numbers of the classes that are asked for, in order; all when none is.

    Raises:
        InvalidConfigException: the class map has no such class.
    """
    if not asked:
        return np.arange(len(classes), dtype=np.int64)
    numbers: set[int] = set()
    for label in asked:
        found = {number for number, known in enumerate(classes) if known.name.casefold() == label.casefold()}
        if not found:
            meant = get_close_matches(label, [known.name for known in classes], 3, 0.5)
            raise InvalidConfigException(
                f"The weights {weights!r} know no class {label!r}.",
                hint=f"Did you mean {' or '.join(map(repr, meant))}?"
                if meant
                else "Name classes as the class map beside the weights does.",
                field="audio_events.classes",
            )
        numbers |= found
    return np.array(sorted(numbers), np.int64)
