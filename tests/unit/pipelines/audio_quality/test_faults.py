"""Hum, holes, and stretches that do not flicker."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.unit.pipelines.audio_quality.sounds import RATE_HZ, arrived, at_rate, pink, read_aloud, tone, white

from videoannotator.annotations.sound import SoundKind
from videoannotator.inference.voice_activity import WINDOW_SAMPLES
from videoannotator.pipelines.audio_quality.holes import find_holes
from videoannotator.pipelines.audio_quality.hum import hum_level_dbfs
from videoannotator.pipelines.audio_quality.segmenting import SoundSegmenter
from videoannotator.pipelines.audio_quality.windows import Windows

CHORD = (261.63, 329.63, 392.0)


@pytest.mark.parametrize(
    ("lines", "level_dbfs"), [({50: 0.01}, -43), ({60.1: 0.01}, -43), ({100: 0.003, 150: 0.005, 250: 0.002}, -47)]
)
def test_hum_is_found_under_speech_with_its_level(lines: dict[float, float], level_dbfs: float) -> None:
    speech = read_aloud()
    hum = sum(level * tone(hertz, len(speech) / RATE_HZ) for hertz, level in lines.items())
    samples = (0.3 * speech + hum + 0.0005 * white(len(speech))).astype(np.float32)
    assert hum_level_dbfs(samples) == pytest.approx(level_dbfs, abs=1.5)


def test_what_is_no_hum() -> None:
    speech = read_aloud()
    seconds = len(speech) / RATE_HZ
    chord = np.sum([tone(hertz, seconds) for hertz in CHORD], axis=0)
    others = (1e-5 * tone(50, seconds), tone(55, seconds), tone(100, seconds), tone(240, seconds))
    for sound in (speech, chord, white(len(speech)), pink(len(speech)), *others):
        assert hum_level_dbfs((0.1 * sound).astype(np.float32)) is None
    assert hum_level_dbfs((0.1 * tone(50, 4)).astype(np.float32)) is None  # too short to tell


@pytest.mark.parametrize("codec", ["pcm_s16le", "aac"])
def test_dropouts_and_digital_silence(tmp_path: Path, codec: str) -> None:
    speech = at_rate(read_aloud(), 48000) * 0.5 + 0.003 * white(48000 * 20 + 19200)[: 48000 * 20 + 19200]
    assert find_holes(arrived(tmp_path, speech, 48000, codec)).dropouts == 0
    for number, milliseconds in enumerate((60, 80, 100)):
        at = 48000 * (3 + number)
        speech[at : at + 48 * milliseconds] = 0
    speech[48000 * 10 : 48000 * 12] = 0
    found = find_holes(arrived(tmp_path, speech, 48000, codec))
    assert found.dropouts == 3
    assert found.silent_samples == pytest.approx(2 * RATE_HZ, rel=0.1)


def stretches(kinds: Sequence[tuple[str, int]], min_speech: int = 8, min_pause: int = 16) -> list[tuple[str, int, int]]:
    """(kind, first window, window behind the last) of what becomes of windows of these kinds."""
    flat = [kind for kind, count in kinds for _ in range(count)]
    powers = np.array([1e-3 if kind == "loud" else 1e-6 for kind in flat])
    voiced = np.array([kind == "speech" for kind in flat])
    segmenter = SoundSegmenter(-40.0, min_speech * 0.032, min_pause * 0.032)
    samples = np.zeros(len(flat) * WINDOW_SAMPLES, np.float32)
    windows = Windows(samples, powers, np.sqrt(powers), voiced.astype(np.float32), voiced)
    found = []
    for first in range(0, len(flat), 5):
        now, _ = windows.split(first)[1].split(min(5, len(flat) - first))
        found += list(segmenter.feed(now))
    found += list(segmenter.finish())
    return [
        (kind.value, stretch.start // WINDOW_SAMPLES, (stretch.start + stretch.samples) // WINDOW_SAMPLES)
        for kind, stretch in found
    ]


def test_stretches_begin_where_the_change_began() -> None:
    assert stretches([("silence", 20), ("speech", 10), ("silence", 16)]) == [
        ("silence", 0, 20),
        ("speech", 20, 30),
        ("silence", 30, 46),
    ]


def test_what_is_short_belongs_to_what_is_around_it() -> None:
    assert stretches([("silence", 20), ("speech", 7), ("silence", 20)]) == [("silence", 0, 47)]
    assert stretches([("speech", 20), ("silence", 15), ("speech", 20)]) == [("speech", 0, 55)]
    assert stretches([("loud", 3), ("speech", 20), ("loud", 3)]) == [("speech", 0, 26)]
    assert stretches([("loud", 1), ("silence", 2)]) == [("silence", 0, 3)]
    assert stretches([]) == []


def test_speech_ends_although_what_follows_flickers() -> None:
    flicker = [("silence", 3), ("loud", 2)] * 20
    assert [kind for kind, *_ in stretches([("speech", 20), *flicker])] == ["speech", "silence"]
    speech, after = stretches([("speech", 20), *flicker])
    assert (speech[2], after[1:]) == (20, (20, 120))


@pytest.mark.parametrize("seed", range(10))
def test_stretches_cover_everything_and_last_long_enough(seed: int) -> None:
    draw = np.random.default_rng(seed)
    kinds = [(str(draw.choice(["silence", "speech", "loud"])), int(draw.integers(1, 30))) for _ in range(100)]
    found = stretches(kinds)
    assert (found[0][1], found[-1][2]) == (0, sum(count for _, count in kinds))
    for (kind, start, end), following in zip(found, [*found[1:], None], strict=True):
        assert end - start >= (8 if kind == SoundKind.SPEECH.value else 16)
        assert following is None or (following[1] == end and following[0] != kind)
