"""Which voices are one speaker."""

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.pipelines.speaker_diarization.clustering import MOST_CLUSTERS, VoiceClusters, certainty

Vectors = npt.NDArray[np.float64]
ANY = (1, 20)


def directions(count: int, seed: int = 0) -> Vectors:
    """So many speakers, at right angles to each other, shape (count, 256)."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((256, count)))[0].T


def heard(speaker: Vectors, seconds: float, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """A unit vector as so much speech gives it: the speaker's direction, shortened, and chance."""
    share = certainty(seconds)
    chance = random.standard_normal(256)
    chance -= (chance @ speaker) * speaker
    vector: npt.NDArray[np.float32] = (share * speaker + np.sqrt(1 - share**2) * chance / np.linalg.norm(chance)).astype(np.float32)
    return vector


def clusters(counts: list[int], seconds: float = 2.0, seed: int = 1) -> VoiceClusters:
    """`counts[i]` pieces of speaker i."""
    random = np.random.default_rng(seed)
    made = VoiceClusters()
    order = random.permutation([speaker for speaker, count in enumerate(counts) for _ in range(count)])
    voices = directions(len(counts))
    for speaker in order:
        made.add(heard(voices[speaker], seconds, random), seconds)
    return made


@pytest.mark.parametrize("seconds", [0.7, 2.0, 6.0])
@pytest.mark.parametrize("speakers", [1, 2, 4, 7])
def test_speakers_are_found_whatever_the_length_of_what_they_say(speakers: int, seconds: float) -> None:
    found = clusters([12] * speakers, seconds).grouped(0.6, ANY, 1.5)
    assert found is not None
    assert len(found) == speakers
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    nearest = np.abs(found @ directions(speakers).T).max(axis=1)
    assert nearest.min() > 0.9


def test_without_the_correction_short_pieces_would_fall_apart() -> None:
    """What the correction is for: two pieces of 0.7 s of one speaker are less alike than the threshold says."""
    random = np.random.default_rng(3)
    voice = directions(1)[0]
    a, b = heard(voice, 0.7, random), heard(voice, 0.7, random)
    assert a @ b < 0.6
    made = VoiceClusters()
    for vector in (a, b):
        made.add(vector, 0.7)
    found = made.grouped(0.6, ANY, 0.0)
    assert found is not None
    assert len(found) == 1


@pytest.mark.parametrize(("bounds", "expected"), [((2, 2), 2), ((5, 20), 5), ((1, 3), 3), ((4, 4), 4), ((6, 6), 6)])
def test_bounds_are_kept(bounds: tuple[int, int], expected: int) -> None:
    found = clusters([12] * 4).grouped(0.6, bounds, 1.5)
    assert found is not None
    assert len(found) == expected


def test_more_speakers_than_voices_cannot_be_had() -> None:
    found = clusters([2]).grouped(0.6, (5, 5), 1.5)
    assert found is not None
    assert len(found) == 2


def test_a_voice_that_says_little_is_no_speaker_unless_it_is_alone() -> None:
    few = clusters([10, 10, 1], seconds=1.0)
    assert len(found) == 2 if (found := few.grouped(0.6, ANY, 1.5)) is not None else pytest.fail("nobody")
    asked = few.grouped(0.6, (3, 3), 1.5)
    assert asked is not None
    assert len(asked) == 3, "unless the user knows better"
    alone = clusters([1], seconds=1.0).grouped(0.6, ANY, 1.5)
    assert alone is not None
    assert len(alone) == 1


def test_nobody() -> None:
    assert VoiceClusters().grouped(0.6, ANY, 1.5) is None


def test_what_is_kept_stays_bounded_and_nobody_is_lost() -> None:
    made = clusters([MOST_CLUSTERS, MOST_CLUSTERS, 3])
    assert len(made) <= MOST_CLUSTERS
    found = made.grouped(0.6, ANY, 1.5)
    assert found is not None
    assert len(found) == 3
