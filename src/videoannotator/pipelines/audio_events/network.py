"""Networks for sound events that the user added: waveform in, one score for every class and window out.

Two kinds are told apart by what they take and give:

- Those that cut the sound themselves: waveform (n,) or (1, n) -> (windows, classes), as YAMNet (Plakal and Ellis 2020,
  https://github.com/tensorflow/models/tree/master/research/audioset/yamnet).
- Those that judge a clip as a whole: (batch, n) -> (batch, classes), as PANNs (Kong et al. 2020, https://arxiv.org/abs/1912.10211)
  and CED (Dinkel et al. 2023, https://arxiv.org/abs/2308.11957). They are given one window after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.errors import InvalidConfigException
from videoannotator.inference.exports import refuse
from videoannotator.inference.sessions import Session
from videoannotator.pipelines.audio_events.options import AudioEventsOptions, Scores
from videoannotator.pipelines.audio_events.windowing import Grid, Piece

Values = npt.NDArray[np.float32]

WHAT = "a network for sound events"
OWN_WINDOW_S, USUAL_WINDOW_S = 0.96, 1.0
PROBE_S = 5
SILENCE = 10 ** (-100 / 20)
"""Largest sample of what is digital silence; no network is asked about that."""
ROUNDING = 1e-3
TABLE = 2


@dataclass(frozen=True, slots=True)
class _Form:
    """What a network takes and gives.

    Attributes:
        rows: whether the waveform has an axis for the batch.
        cuts: whether it cuts the sound into windows itself.
        samples: how many it takes; None for any number.
        output: name of the scores.
        classes: how many there are.
    """

    rows: bool
    cuts: bool
    samples: int | None
    output: str
    classes: int


class SoundClassifier:
    """Scores of every class in windows of sound.

    Args:
        session: of the added weights.
        class_count: how many classes the class map names.
        options: window, hop, rate, and what the scores are.
        check_stop: called between two windows.

    Attributes:
        grid: where the windows lie.
        outside: whether some score was below 0 or above 1, as it came.

    Raises:
        InvalidConfigException: these weights are something else.
    """

    def __init__(self, session: Session, class_count: int, options: AudioEventsOptions, check_stop: Callable[[], None]) -> None:
        self._session = session
        self._kind: Scores = options.scores
        self._form = _form(session, class_count, options.rate_hz)
        self.grid = self._grid(options)
        self.outside = False
        self._check_stop = check_stop

    def _grid(self, options: AudioEventsOptions) -> Grid:
        form, rate_hz = self._form, options.rate_hz
        usual_s = OWN_WINDOW_S if form.cuts else USUAL_WINDOW_S
        window = round((options.window_s or usual_s) * rate_hz)
        if form.samples is not None and not form.cuts:
            if options.window_s is not None and window != form.samples:
                raise InvalidConfigException(
                    f"The weights {self._session.name!r} take {form.samples} samples, and window_s asks for {window}.",
                    hint=f"Leave window_s out; at {rate_hz} samples per second they take {form.samples / rate_hz:g} s.",
                )
            window = form.samples
        hop = window // 2 if options.hop_s is None else min(window, round(options.hop_s * rate_hz))
        return Grid(window, hop, rate_hz)

    @property
    def at_once(self) -> int:
        """How many windows `scores` is to be given at once, at most: some 5 s of sound."""
        if self._form.cuts and self._form.samples is not None:
            return max(1, 1 + (self._form.samples - self.grid.window) // self.grid.hop)
        return max(1, PROBE_S * self.grid.rate_hz // self.grid.hop)

    def scores(self, piece: Piece) -> Values:
        """The probability of every class in every window, shape (windows, classes); 0 in digital silence, which is not run.

        Raises:
            InferenceFailedException: the network could not be run.
            InvalidConfigException: it gives something else than was said.
        """
        windows = np.lib.stride_tricks.sliding_window_view(piece.samples, self.grid.window)[:: self.grid.hop]
        sounding = np.abs(windows).max(axis=1) > SILENCE
        found = np.zeros((piece.count, self._form.classes), np.float32)
        if not sounding.any():
            return found
        given = self._cut_by_itself(piece) if self._form.cuts else self._one_by_one(windows[sounding])
        found[sounding] = self._probabilities(given[sounding] if self._form.cuts else given)
        return found

    def _cut_by_itself(self, piece: Piece) -> Values:
        samples = piece.samples
        if self._form.samples is not None:
            samples = np.pad(samples, (0, self._form.samples - len(samples)))
        given = _run(self._session, self._form.output, samples[None] if self._form.rows else samples)
        if given.ndim != TABLE or given.shape[1] != self._form.classes or len(given) < piece.count:
            grid = self.grid
            sound, window, hop = (f"{count / grid.rate_hz:g} s" for count in (len(samples), grid.window, grid.hop))
            raise InvalidConfigException(
                f"The weights {self._session.name!r} give scores of the shape {given.shape} for {sound} of sound, where windows of "
                f"{window} every {hop} are {piece.count}.",
                hint="Set window_s and hop_s to those of the network, and rate_hz to the samples per second that it takes.",
            )
        return given[: piece.count]

    def _one_by_one(self, windows: Values) -> Values:
        return np.concatenate([self._clip(window) for window in windows])

    def _clip(self, window: Values) -> Values:
        self._check_stop()
        samples = np.ascontiguousarray(window[None] if self._form.rows else window)
        given = _run(self._session, self._form.output, samples)
        if given.shape != (1, self._form.classes):
            refuse(self._session, WHAT, f"they give scores of the shape {given.shape} for one clip")
        return given

    def _probabilities(self, given: Values) -> Values:
        """The scores as numbers from 0 to 1, after a look at whether they are what the user says."""
        low, high = float(given.min()), float(given.max())
        if not np.isfinite([low, high]).all():
            refuse(self._session, WHAT, "some of their scores are no numbers")
        inside = low >= -ROUNDING and high <= 1 + ROUNDING
        if self._kind == "probabilities" and not inside:
            raise InvalidConfigException(
                f"The weights {self._session.name!r} give scores from {low:.2f} to {high:.2f}, which are no probabilities.",
                hint="Set scores to logits: --set audio_events.scores=logits",
            )
        self.outside = self.outside or not inside
        return given.clip(0, 1) if self._kind == "probabilities" else 1 / (1 + np.exp(-given.clip(-80, 80)))


def _form(session: Session, class_count: int, rate_hz: int) -> _Form:
    """What a network takes and gives, as far as its file says, and for the rest as it answers to some silence."""
    shape = session.input_shapes[0] if len(session.input_names) == 1 else ()
    if len(shape) not in (1, TABLE) or (len(shape) == TABLE and shape[0] not in (1, None)):
        refuse(session, WHAT, f"they take {', '.join(session.input_names)} and not one waveform, (n,) or (batch, n)")
    rows, samples = len(shape) == TABLE, shape[-1]
    silence = np.zeros(samples or PROBE_S * rate_hz, np.float32)
    answers = session.run({session.input_names[0]: silence[None] if rows else silence})
    fitting = [name for name, given in answers.items() if given.ndim == TABLE and given.shape[1] == class_count]
    if len(fitting) != 1:
        shapes = ", ".join(f"{name} {given.shape}" for name, given in answers.items())
        refuse(session, WHAT, f"they give {shapes}, and the class map has {class_count} classes")
    return _Form(rows, len(answers[fitting[0]]) > 1, samples, fitting[0], class_count)


def _run(session: Session, output: str, samples: Values) -> Values:
    return np.asarray(session.run({session.input_names[0]: samples}, [output])[output], np.float32)
