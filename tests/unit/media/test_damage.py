"""Damaged recordings: what is there is read, what is missing is said, and every reading ends."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from tests.unit.media.clips import Everything, read

from videoannotator.annotations.media_info import Damage
from videoannotator.errors import MediaUnreadableException, UnsupportedMediaException
from videoannotator.media.damage import DamageLog
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Picture, Shot, Sound, shots_clip, tone

LONGEST_S = 20
SECONDS = 4
KINDS = {
    "mp4": ("libx264", "aac", {"movflags": "faststart"}),
    "mkv": ("libx264", "aac", {}),
    "avi": ("mpeg4", "ac3", {}),
    "ts": ("mpeg2video", "ac3", {}),
    "webm": ("libvpx-vp9", "libopus", {}),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Gives an undamaged recording of four seconds with sound in the container named."""
    made: dict[str, bytes] = {}

    def give(suffix: str) -> bytes:
        if suffix not in made:
            path = tmp_path_factory.mktemp("whole") / f"whole.{suffix}"
            video, audio, options = KINDS[suffix]
            picture = Picture(codec=video, options={"g": "25", "b": "800k"} | ({"cpu-used": "8"} if suffix == "webm" else {}))
            sound = Sound(tone(SECONDS, rate_hz=48000), 48000, codec=audio)
            shots_clip(
                path,
                [Shot(SECONDS * 25)],
                size=(160, 120),
                noise_level=4.0,
                picture=picture,
                sounds=[sound],
                container_options=options,
            )
            made[suffix] = path.read_bytes()
        return made[suffix]

    return give


def read_or_refuse(path: Path) -> Everything | None:
    """Read a recording; None when it is refused as it should be. It must end in time either way."""
    began = monotonic()
    try:
        return read(path)
    except MediaUnreadableException:
        return None
    finally:
        assert monotonic() - began < LONGEST_S


def damage_of(found: Everything) -> Damage:
    damage = found.facts.media.damage
    assert damage is not None
    return damage


@pytest.mark.parametrize("suffix", list(KINDS))
def test_an_undamaged_recording_raises_no_alarm(suffix: str, whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"clip.{suffix}"
    path.write_bytes(whole(suffix))
    found = read(path)
    assert found.facts.media.damage is None
    assert len(found.times()) == SECONDS * 25
    assert read(path, ()).facts.media.damage is None
    assert read(path, audio=()).facts.media.damage is None


@pytest.mark.parametrize("suffix", list(KINDS))
@pytest.mark.parametrize("share", [0.15, 0.4, 0.75, 0.95])
def test_a_cut_off_recording_is_read_to_its_end(suffix: str, share: float, whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"cut.{suffix}"
    data = whole(suffix)
    path.write_bytes(data[: int(len(data) * share)])
    found = read_or_refuse(path)
    assert found is not None
    end_s = float(found.times()[-1]) + 0.04
    assert SECONDS * share * 0.5 - 0.4 < end_s < SECONDS
    assert len(found.times()) >= end_s * 25 - 8
    if suffix in {"mp4", "mkv", "webm", "avi"} and SECONDS - end_s > 0.55:
        damage = damage_of(found)
        assert damage.missing_end_s == pytest.approx(SECONDS - end_s, abs=0.5)
        assert damage.first_at_s is not None
        assert damage.first_at_s <= end_s + 0.1
        assert "missing" in damage.message
    sound_end_s = float(found.blocks[0][0].time.exact) + len(found.sound()) / 16000
    assert found.facts.media.duration_s == pytest.approx(max(end_s, sound_end_s), abs=0.01)


@pytest.mark.parametrize("suffix", list(KINDS))
def test_every_length_of_the_beginning_ends_well(suffix: str, whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"start.{suffix}"
    data = whole(suffix)
    for length in (1, 7, 16, 60, 200, 500, 1000, 3000, 6000):
        path.write_bytes(data[:length])
        found = read_or_refuse(path)
        if found is not None:
            assert found.times() or found.blocks


@pytest.mark.parametrize("suffix", ["mp4", "avi", "ts"])
def test_a_hole_in_the_middle_costs_only_the_middle(suffix: str, whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"hole.{suffix}"
    data = bytearray(whole(suffix))
    begin = int(len(data) * 0.5)
    data[begin : begin + len(data) // 20] = np.random.default_rng(5).integers(0, 256, len(data) // 20, np.uint8).tobytes()
    path.write_bytes(data)
    found = read_or_refuse(path)
    assert found is not None
    damage = damage_of(found)
    assert damage.bad_packets + damage.bad_frames > 0
    assert damage.first_at_s is not None
    assert 1 < damage.first_at_s < 3.2
    assert found.times()[0] < Fraction(1, 10)
    assert float(found.times()[-1]) > SECONDS - 0.5
    assert len(found.times()) > SECONDS * 25 * 0.7
    assert damage.missing_end_s == 0


def flipped(data: bytes, seed: int) -> bytes:
    """The data with 1 to 200 bits turned over, half of the time only near the beginning, where headers are."""
    rng = np.random.default_rng(seed)
    changed = np.frombuffer(data, np.uint8).copy()
    reach = len(changed) if rng.random() < 0.5 else min(len(changed), 4000)
    for at in rng.integers(0, reach, int(rng.integers(1, 200))):
        changed[at] ^= 1 << int(rng.integers(0, 8))
    return changed.tobytes()


@pytest.mark.parametrize("suffix", list(KINDS))
@pytest.mark.parametrize("seed", range(6))
def test_turned_bits_never_stop_the_program(suffix: str, seed: int, whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"bits.{suffix}"
    path.write_bytes(flipped(whole(suffix), seed * 31 + len(suffix)))
    found = read_or_refuse(path)
    if found is not None:
        bounded(found)
        probe(path)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", list(KINDS))
def test_many_turned_bits_never_stop_the_program(suffix: str, whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"bits.{suffix}"
    for seed in range(1000, 1060):
        path.write_bytes(flipped(whole(suffix), seed))
        found = read_or_refuse(path)
        if found is not None:
            bounded(found)


def bounded(found: Everything) -> None:
    """Damage must not make much more out of a recording than was in it."""
    assert len(found.times()) <= SECONDS * 25 * 2
    assert len(found.sound()) <= 16000 * 200


@pytest.mark.parametrize(
    ("head", "body"), [("mp4", "mkv"), ("mkv", "mp4"), ("avi", "ts"), ("ts", "avi"), ("webm", "mp4"), ("mp4", "avi")]
)
def test_the_head_of_another_format_ends_well(head: str, body: str, whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"swapped.{body}"
    path.write_bytes(whole(head)[:600] + whole(body)[600:])
    found = read_or_refuse(path)
    if found is not None:
        bounded(found)


def test_what_is_not_there_at_all_is_refused(whole: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / "zeros.mp4"
    data = bytearray(whole("mp4"))
    begin = data.index(b"mdat") + 4
    data[begin:] = bytes(len(data) - begin)
    path.write_bytes(data)
    with pytest.raises(UnsupportedMediaException, match="can be decoded"):
        read(path)


def test_the_sentence_says_everything() -> None:
    log = DamageLog()
    assert log.result() is None
    log.ended(Fraction(99, 10), Fraction(10))
    assert log.result() is None
    log.packet(Fraction(7))
    log.frame(Fraction(3), count=2)
    log.ended(Fraction(8), Fraction(10))
    damage = log.result()
    assert damage == Damage(damage.message if damage else "", 3.0, 1, 2, 2.0)
    assert damage.message == (
        "The recording is damaged from 00:00:03.000 on: 1 data packet is damaged, 2 frames were dropped or may show errors, "
        "the last 2.0 s that the file announces are missing."
    )
