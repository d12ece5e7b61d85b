"""What is a boundary and what is not, without a network: pictures whose truth is known, straight into the pipeline."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.annotations.scenes import Boundary
from videoannotator.annotations.time import MediaTime
from videoannotator.media.scenery import backdrop

Image = npt.NDArray[np.uint8]
Take = Callable[..., list[Image]]
RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)]


def dissolved(old: list[Image], new: list[Image], frames: int) -> list[Image]:
    """The last `frames` pictures of the old shot mixed with the first of the new one."""
    shares = (np.arange(frames) + 1) / (frames + 1)
    mixed = [mix(a, b, share) for a, b, share in zip(old[-frames:], new[:frames], shares, strict=True)]
    return [*old[:-frames], *mixed, *new[frames:]]


def faded(old: list[Image], new: list[Image], frames: int, hold: int = 0, colour: int = 0) -> list[Image]:
    """The old shot fades to a single colour over `frames` pictures, which stays for `hold`, and the new one fades in."""
    flat = np.full_like(old[0], colour)
    out = [mix(picture, flat, (k + 1) / frames) for k, picture in enumerate(old[-frames:])]
    into = [mix(flat, picture, (k + 1) / frames) for k, picture in enumerate(new[:frames])]
    return [*old[:-frames], *out, *[flat] * hold, *into, *new[frames:]]


def mix(old: Image, new: Image, share: float) -> Image:
    mixed: Image = np.rint(old * (1.0 - share) + new * share).astype(np.uint8)
    return mixed


def lit(picture: Image, gain: float, offset: float = 0.0) -> Image:
    changed: Image = np.clip(picture * gain + offset, 0, 255).astype(np.uint8)
    return changed


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("seed", [1, 5, 9])
def test_hard_cuts_are_exact(detect: Any, take: Take, rate: Fraction, seed: int) -> None:
    parts = [take(seed * 100 + part, frames, float(rate)) for part, frames in enumerate((70, 41, 90, 55))]
    found = detect([picture for part in parts for picture in part], rate=rate)
    assert found.boundaries == [("cut", 70), ("cut", 111), ("cut", 201)]
    assert all(scene.confidence > 0.7 and scene.method == "content" for scene in found.scenes[1:])
    assert all(scene.transition_start is None for scene in found.scenes)


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("frames", [8, 16, 30])
def test_a_dissolve_is_one_boundary_in_its_middle(detect: Any, take: Take, rate: Fraction, frames: int) -> None:
    old, new = take(31, 80, float(rate)), take(32, 90, float(rate))
    found = detect(dissolved(old, new, frames), rate=rate)
    assert [kind for kind, _ in found.boundaries] == ["dissolve"]
    scene = found.scenes[1]
    assert abs(scene.first_frame - (80 - frames / 2)) <= 2
    assert abs(scene.transition_start.since(MediaTime((80 - frames) / rate))) <= 2.5 / rate
    assert abs(scene.transition_end.since(MediaTime(80 / rate))) <= 2.5 / rate


@pytest.mark.parametrize(
    ("frames", "hold", "colour"), [(12, 0, 0), (10, 5, 0), (20, 60, 0), (12, 0, 255), (15, 200, 0), (8, 10, 128)]
)
def test_a_fade_is_reported_once(detect: Any, take: Take, frames: int, hold: int, colour: int) -> None:
    found = detect(faded(take(41, 80), take(42, 90), frames, hold, colour))
    assert [kind for kind, _ in found.boundaries] == ["fade"]
    scene = found.scenes[1]
    assert abs(scene.first_frame - (80 + hold / 2)) <= 3
    assert abs(scene.transition_start.seconds - (80 - frames) / 25) <= 0.13
    assert abs(scene.transition_end.seconds - (80 + hold + frames) / 25) <= 0.13


def test_a_fade_through_ten_thousand_black_frames_is_still_one(detect: Any, take: Take) -> None:
    found = detect(faded(take(43, 60), take(44, 60), 15, hold=10_000))
    assert [kind for kind, _ in found.boundaries] == ["fade"]
    assert abs(found.scenes[1].first_frame - 5060) <= 100


def test_a_fade_to_black_and_a_cut_out_of_it_are_one_fade(detect: Any, take: Take) -> None:
    old, new = take(45, 80), take(46, 80)
    black = np.zeros_like(old[0])
    found = detect([*old[:-15], *[mix(p, black, (k + 1) / 15) for k, p in enumerate(old[-15:])], *[black] * 10, *new])
    assert [kind for kind, _ in found.boundaries] == ["fade"]
    assert 76 <= found.scenes[1].first_frame <= 90


def test_a_black_scene_between_cuts_is_a_scene(detect: Any, take: Take) -> None:
    old, new = take(47, 60), take(48, 60)
    found = detect([*old, *[np.zeros_like(old[0])] * 50, *new])
    assert found.boundaries == [("cut", 60), ("cut", 110)]


def test_a_flash_between_two_shots_leaves_one_boundary(detect: Any, take: Take) -> None:
    old, new = take(49, 60), take(50, 60)
    found = detect([*old, *[np.full_like(old[0], 255)] * 3, *new])
    assert len(found.boundaries) == 1
    assert 60 <= found.boundaries[0][1] <= 63


def pan(speed: float) -> list[Image]:
    """A camera that moves by `speed` pixels a frame over a wide scene."""
    wide = cv2.GaussianBlur(backdrop(3000, 108, 7), (3, 3), 0)
    rng = np.random.default_rng(7)
    pictures = []
    for index in range(130):
        start = round(index * speed * 2) % 2700
        small = cv2.resize(wide[:, start : start + 192], (96, 54), interpolation=cv2.INTER_AREA)
        pictures.append(np.clip(np.rint(small + rng.normal(0, 1.5, small.shape)), 0, 255).astype(np.uint8))
    return pictures


def at_middle(pictures: list[Image], inserted: list[Image]) -> list[Image]:
    return [*pictures[:60], *inserted, *pictures[60:]]


def without_a_boundary(take: Take) -> dict[str, list[Image]]:
    calm = take(61, 120)
    still = calm[60]
    rng = np.random.default_rng(3)
    down, up = np.linspace(1, 0, 25), np.linspace(0, 1, 25)
    return {
        "still": [still] * 150,
        "black": [np.zeros_like(still)] * 150,
        "calm": calm,
        "white flash of one frame": at_middle(calm, [np.full_like(still, 255)]),
        "white flash of three frames": at_middle(calm, [np.full_like(still, 255)] * 3),
        "camera flash": at_middle(calm, [lit(still, 1.0, 200 * 0.6**k) for k in range(8)]),
        "blinding flash": at_middle(calm, [np.full_like(still, 255)] * 2 + [lit(still, 1.0, 250 * 0.8**k) for k in range(14)]),
        "black frame": at_middle(calm, [np.zeros_like(still)] * 2),
        "lamp off": [*calm[:60], *[lit(picture, 0.45) for picture in calm[60:]]],
        "lamp on": [*[lit(picture, 0.4) for picture in calm[:60]], *calm[60:]],
        "exposure": [lit(picture, gain) for picture, gain in zip(calm, np.interp(range(120), (40, 70), (1, 0.35)), strict=True)],
        "noise": [np.clip(still + rng.normal(0, 25, still.shape), 0, 255).astype(np.uint8) for _ in range(120)],
        "strobe": [lit(picture, 0.4 if index // 3 % 2 else 1.0) for index, picture in enumerate(calm)],
        "slow pan": pan(0.5),
        "pan": pan(3),
        "fast pan": pan(12),
        "repeated frames": [picture for picture in pan(10)[:40] for _ in range(4)],
        "fade from black at the start": [*[lit(picture, gain) for picture, gain in zip(calm, up, strict=False)], *calm[25:]],
        "black start": [
            *[np.zeros_like(still)] * 80,
            *[lit(picture, gain) for picture, gain in zip(calm, up, strict=False)],
            *calm[25:],
        ],
        "fade to black at the end": [*calm[:95], *[lit(picture, gain) for picture, gain in zip(calm[95:], down, strict=True)]],
        "black end": [*calm[:95], *[lit(p, gain) for p, gain in zip(calm[95:], down, strict=True)], *[np.zeros_like(still)] * 80],
    }


CASES = """still, black, calm, white flash of one frame, white flash of three frames, camera flash, blinding flash, black frame,
lamp off, lamp on, exposure, noise, strobe, slow pan, pan, fast pan, repeated frames, fade from black at the start, black start,
fade to black at the end, black end""".replace("\n", " ").split(", ")


def test_every_case_is_tried(take: Take) -> None:
    assert sorted(without_a_boundary(take)) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_is_no_boundary(detect: Any, take: Take, case: str) -> None:
    pictures = without_a_boundary(take)[case]
    found = detect(pictures)
    assert found.boundaries == []
    assert (found.scenes[0].first_frame, found.scenes[0].last_frame) == (0, len(pictures) - 1)
    assert found.scenes[0].boundary is Boundary.START


def test_of_two_boundaries_too_close_the_stronger_stays(detect: Any, take: Take) -> None:
    pictures = [*take(71, 60), *take(72, 10), *take(73, 60)]
    both = detect(pictures, min_scene_length_s=0.0).scenes[1:]
    assert [scene.first_frame for scene in both] == [60, 70]
    stronger = max(both, key=lambda scene: scene.confidence)
    assert [scene.first_frame for scene in detect(pictures, min_scene_length_s=1.0).scenes[1:]] == [stronger.first_frame]


def test_no_scene_is_shorter_than_asked_at_the_ends_either(detect: Any, take: Take) -> None:
    pictures = [*take(74, 10), *take(75, 60), *take(76, 10)]
    assert detect(pictures, min_scene_length_s=0.0).boundaries == [("cut", 10), ("cut", 70)]
    assert detect(pictures).boundaries == []


def test_the_options_decide_how_much_evidence_it_takes(detect: Any, take: Take) -> None:
    pictures = [*take(77, 60), *take(78, 60)]
    assert detect(pictures).boundaries == [("cut", 60)]
    assert detect(pictures, threshold=255.0).boundaries == []
    assert detect(pictures, confidence_threshold=1.0).boundaries == []


@pytest.mark.parametrize("batch", [1, 7, 400])
def test_batches_do_not_matter(detect: Any, take: Take, batch: int) -> None:
    pictures = [*faded(dissolved(take(81, 70), take(82, 90), 20), take(83, 90), 12), *take(84, 60)]
    whole = detect(pictures, batch=len(pictures))
    assert [kind for kind, _ in whole.boundaries] == ["dissolve", "fade", "cut"]
    assert detect(pictures, batch=batch).records == whole.records
