"""Cutting the sound into stretches of silence, speech and loud sound that do not flicker."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from videoannotator.annotations.sound import SoundKind
from videoannotator.inference.voice_activity import WINDOW_S, WINDOW_SAMPLES
from videoannotator.pipelines.audio_quality.windows import Windows

LOUD_HYSTERESIS_DB = 6.0
"""Loud sound stays loud until its level falls this far below the one at which it began."""


@dataclass(slots=True)
class Stretch:
    """Neighbouring windows, summed up; positions are counted in samples from the start of the stream.

    Attributes:
        start: of its first sample.
        samples: how many there are.
        energy: sum of their squares.
        peak: their largest absolute value.
        voice: the probability of speech, summed over the windows.
        kinds: how many windows there are of each kind.
    """

    start: int
    samples: int = 0
    energy: float = 0.0
    peak: float = 0.0
    voice: float = 0.0
    kinds: Counter[SoundKind] = field(default_factory=Counter)

    @property
    def windows(self) -> int:
        """How many windows there are."""
        return sum(self.kinds.values())

    @property
    def main_kind(self) -> SoundKind:
        """The kind of most windows; of those that are equal, the one that came first."""
        return self.kinds.most_common(1)[0][0]

    def absorb(self, other: "Stretch") -> None:
        """Add the windows that follow."""
        self.samples += other.samples
        self.energy += other.energy
        self.peak = max(self.peak, other.peak)
        self.voice += other.voice
        self.kinds.update(other.kinds)


class SoundSegmenter:
    """Follows the kind of sound, window by window, and changes it only when the change lasts.

    While windows of other kinds come, the stretch stays what it is until there are enough of them without one of its own kind in
    between: then a new one has begun where the first of them was, of the kind that most of them have. Shorter interruptions belong
    to the stretch around them. So every stretch of a recording that is not shorter still has the shortest duration of its kind.

    Args:
        loud_dbfs: level from which sound is loud, dBFS.
        min_speech_s, min_pause_s: shortest stretch of speech, and of anything else, seconds.
    """

    def __init__(self, loud_dbfs: float, min_speech_s: float, min_pause_s: float) -> None:
        self._begin_loud = 10 ** (loud_dbfs / 10)
        self._stay_loud = 10 ** ((loud_dbfs - LOUD_HYSTERESIS_DB) / 10)
        self._loud = False
        speech, pause = (max(1, round(seconds / WINDOW_S)) for seconds in (min_speech_s, min_pause_s))
        self._fewest = {SoundKind.SPEECH: speech, SoundKind.SILENCE: pause, SoundKind.LOUD: pause}
        self._position = 0
        self._kind: SoundKind | None = None
        self._current: Stretch | None = None
        self._away: Stretch | None = None

    def feed(self, windows: Windows) -> Iterator[tuple[SoundKind, Stretch]]:
        """Take the next windows; give the stretches that are over."""
        for place in range(len(windows)):
            power, voiced = float(windows.powers[place]), bool(windows.voiced[place])
            size = min(WINDOW_SAMPLES, len(windows.samples) - place * WINDOW_SAMPLES)
            window = Stretch(self._position, size, power * size, float(windows.peaks[place]), float(windows.voice[place]))
            kind = self._kind_of(power, voiced)
            window.kinds[kind] += 1
            self._position += size
            yield from self._follow(window, kind)

    def finish(self) -> Iterator[tuple[SoundKind, Stretch]]:
        """End the stream; give the stretch that was not over."""
        if self._current is not None and self._away is not None:
            self._current.absorb(self._away)
        last = self._current or self._away
        if last is not None:
            yield self._kind or last.main_kind, last

    def _kind_of(self, power: float, voiced: bool) -> SoundKind:
        self._loud = power >= (self._stay_loud if self._loud else self._begin_loud)
        if voiced:
            return SoundKind.SPEECH
        return SoundKind.LOUD if self._loud else SoundKind.SILENCE

    def _follow(self, window: Stretch, kind: SoundKind) -> Iterator[tuple[SoundKind, Stretch]]:
        if self._current is not None and kind is self._kind:
            if self._away is not None:
                self._current.absorb(self._away)
                self._away = None
            self._current.absorb(window)
            return
        if self._away is None:
            self._away = window
        else:
            self._away.absorb(window)
        new = self._away.main_kind
        if self._away.windows >= self._fewest[new]:
            if self._current is not None and self._kind is not None:
                yield self._kind, self._current
            self._kind, self._current, self._away = new, self._away, None
