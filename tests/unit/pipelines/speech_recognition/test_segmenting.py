"""Finding stretches of speech. Their probabilities are written by hand here: one per window of 512 samples."""

import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from videoannotator.pipelines.speech_recognition.segmenting import SegmentingRules, SpeechSegment, SpeechSegmenter

WINDOW = 512
RATE_HZ = 16000
RULES = SegmentingRules(threshold=0.5, min_speech_s=0.13, min_pause_s=0.6, max_segment_s=5.0, padding_s=0.2)
PADDING = 3200
LONGEST = round(5.0 * RATE_HZ / WINDOW)
PAUSE = round(0.6 * RATE_HZ / WINDOW)
OVERLAP = 31


class ScriptedActivity:
    """Probabilities that are known beforehand, in the order of the windows."""

    def __init__(self, probabilities: Sequence[float]) -> None:
        self._probabilities = list(probabilities)
        self._samples = 0

    def feed(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        before, self._samples = self._samples // WINDOW, self._samples + len(samples)
        return np.array(self._probabilities[before : self._samples // WINDOW], np.float32)

    def finish(self) -> npt.NDArray[np.float32]:
        return np.array(self._probabilities[self._samples // WINDOW :], np.float32)


def sound_of(windows: int) -> npt.NDArray[np.float32]:
    """Samples whose values tell their position."""
    return np.arange(windows * WINDOW, dtype=np.float32)


def segments_of(
    probabilities: Sequence[float],
    *,
    sound: npt.NDArray[np.float32] | None = None,
    block: int = 700,
    rules: SegmentingRules = RULES,
) -> list[SpeechSegment]:
    segmenter = SpeechSegmenter(rules, ScriptedActivity(probabilities))
    samples = sound_of(len(probabilities)) if sound is None else sound
    found = [segment for at in range(0, len(samples), block) for segment in segmenter.feed(samples[at : at + block])]
    return [*found, *segmenter.finish()]


def test_speech_between_silence_is_one_padded_stretch() -> None:
    (segment,) = segments_of([0.0] * 30 + [1.0] * 40 + [0.0] * 30)
    assert (segment.speech_start, segment.speech_end) == (30 * WINDOW, 70 * WINDOW)
    assert (segment.first_sample, segment.end_sample) == (30 * WINDOW - PADDING, 70 * WINDOW + PADDING)
    assert segment.cut is None
    assert segment.samples[0] == segment.first_sample


def test_padding_ends_where_the_sound_does() -> None:
    (segment,) = segments_of([1.0] * 20)
    assert (segment.first_sample, segment.end_sample) == (0, 20 * WINDOW)


def test_a_last_incomplete_window_counts() -> None:
    sound = sound_of(20)[: 19 * WINDOW + 100]
    (segment,) = segments_of([1.0] * 20, sound=sound)
    assert segment.speech_end == segment.end_sample == len(sound)


def test_short_pauses_are_bridged_and_long_ones_end_the_stretch() -> None:
    speech = [1.0] * 20
    assert len(segments_of([*speech, *[0.0] * (PAUSE - 1), *speech])) == 1
    assert len(segments_of([*speech, *[0.0] * PAUSE, *speech])) == 2


def test_speech_goes_on_a_little_below_the_threshold_but_does_not_begin_there() -> None:
    assert segments_of([0.4] * 60) == []
    (segment,) = segments_of([0.95] * 10 + [0.4] * 10 + [0.0] * 40)
    assert segment.speech_end == 20 * WINDOW


def test_too_short_and_too_doubtful_sounds_are_no_speech() -> None:
    assert segments_of([0.0] * 10 + [1.0] * 3 + [0.0] * 40) == []
    assert segments_of([0.0] * 10 + [0.85] * 50 + [0.0] * 40) == []
    assert len(segments_of([0.0] * 10 + [0.85] * 50 + [0.95] + [0.0] * 40)) == 1


def test_a_long_stretch_is_cut_in_its_longest_gap() -> None:
    probabilities = [1.0] * 60 + [0.0] * 5 + [1.0] * 40 + [0.0] * 9 + [1.0] * 30 + [0.0] * 6 + [1.0] * 60
    first, second = segments_of(probabilities)
    assert (first.speech_start, first.speech_end, first.cut) == (0, 105 * WINDOW, None)
    assert second.speech_start == 114 * WINDOW
    middle = (105 + 114) * WINDOW // 2
    assert first.end_sample <= middle <= second.first_sample


def test_without_a_gap_both_sides_of_a_cut_hold_the_sound_around_it() -> None:
    windows = LONGEST + 60
    sound = np.full(windows * WINDOW, 0.5, np.float32)
    quiet = 100
    sound[(quiet - 1) * WINDOW : (quiet + 2) * WINDOW] = 0.01
    first, second = segments_of([1.0] * windows, sound=sound)
    assert first.cut == quiet * WINDOW
    assert first.end_sample == (quiet + OVERLAP) * WINDOW
    assert second.first_sample == (quiet - OVERLAP) * WINDOW
    assert second.end_sample == windows * WINDOW


def test_a_gap_as_short_as_a_stop_consonant_is_no_place_for_a_clean_cut() -> None:
    probabilities = [1.0] * 90 + [0.0] * 3 + [1.0] * (LONGEST - 60)
    first, *_ = segments_of(probabilities)
    assert first.cut is not None


def test_what_is_never_surely_speech_gives_no_half_of_a_cut() -> None:
    assert segments_of([0.7] * (LONGEST + 60)) == []


@settings(max_examples=60, deadline=None)
@given(
    runs=st.lists(st.tuples(st.integers(1, 120), st.sampled_from([0.0, 0.4, 0.7, 1.0])), min_size=1, max_size=25),
    block=st.integers(1, 40_000),
)
def test_whatever_is_said_lies_in_a_stretch_once(runs: list[tuple[int, float]], block: int) -> None:
    probabilities = [value for size, value in runs for _ in range(size)]
    segments = segments_of(probabilities, block=block)
    whole = segments_of(probabilities, block=len(probabilities) * WINDOW)
    assert [(s.first_sample, s.end_sample, s.cut) for s in segments] == [(s.first_sample, s.end_sample, s.cut) for s in whole]
    for segment in segments:
        assert np.array_equal(segment.samples, np.arange(segment.first_sample, segment.end_sample, dtype=np.float32))
        assert segment.first_sample <= segment.speech_start < segment.speech_end <= segment.end_sample
        assert segment.speech_end - segment.speech_start <= (LONGEST + 1) * WINDOW
    for before, after in pairwise(segments):
        if before.cut is None:
            assert before.end_sample <= after.first_sample
        else:
            assert before.end_sample - before.cut == before.cut - after.first_sample == OVERLAP * WINDOW
    certain = [at for at, value in enumerate(probabilities) if value == 1.0 and certainly_speech(probabilities, at)]
    covered = {at for s in segments for at in range(-(-s.first_sample // WINDOW), s.end_sample // WINDOW)}
    assert covered.issuperset(certain)


def certainly_speech(probabilities: Sequence[float], at: int) -> bool:
    """Whether the window lies in an unbroken run of certain speech that is long enough to be a stretch of its own."""
    start, end = at, at + 1
    while start > 0 and probabilities[start - 1] == 1.0:
        start -= 1
    while end < len(probabilities) and probabilities[end] == 1.0:
        end += 1
    return end - start >= round(0.13 * RATE_HZ / WINDOW)


def test_memory_does_not_grow_with_the_recording() -> None:
    minutes, block = 20, np.zeros(8 * WINDOW, np.float32)
    windows = minutes * 60 * RATE_HZ // WINDOW
    speech, silence = [1.0] * windows, [0.0] * windows
    for probabilities in (speech, silence):
        segmenter = SpeechSegmenter(RULES, ScriptedActivity(probabilities))
        tracemalloc.start()
        for _ in range(windows // 8):
            for segment in segmenter.feed(block.copy()):
                assert len(segment.samples) <= 6 * RATE_HZ
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 3_000_000
