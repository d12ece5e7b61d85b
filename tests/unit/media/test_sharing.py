"""One reading serves several needs: nothing is decoded or converted twice, and nothing that nobody wants."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.unit.media.clips import number_in, read, regular

from videoannotator.media.decoder import AudioDelivery, Decoder, FrameDelivery
from videoannotator.media.probe import open_media
from videoannotator.media.synthetic import Sound, tone, write_clip
from videoannotator.media.types import AudioNeed, Colour, FrameNeed, Scaling


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    write_clip(path, regular(50), sounds=[Sound(tone(2, rate_hz=16000), 16000)])
    return path


def test_needs_of_one_form_share_one_picture(clip: Path) -> None:
    needs = (
        FrameNeed(max_size=(32, 32)),
        FrameNeed(max_size=(32, 32), rate_hz=5),
        FrameNeed(max_size=(32, 32), colour=Colour.BGR),
        FrameNeed(max_size=(32, 32), scaling=Scaling.FAST),
    )
    found = read(clip, needs)
    whole = {frame.index: frame for frame in found.frames[0]}
    assert len(found.frames[1]) == 10
    assert all(frame.image is whole[frame.index].image for frame in found.frames[1])
    assert not any(frame.image is whole[frame.index].image for need in (2, 3) for frame in found.frames[need])
    rates = read(clip, (), (AudioNeed(16000), AudioNeed(8000), AudioNeed(16000)))
    assert all(first is third for first, third in zip(rates.blocks[0], rates.blocks[2], strict=True))


def test_every_frame_is_counted_whoever_wants_it(clip: Path) -> None:
    found = read(clip, (FrameNeed(rate_hz=1),))
    assert [frame.index for frame in found.frames[0]] == [0, 25]
    assert [number_in(frame.image) for frame in found.frames[0]] == [0, 25]
    assert found.facts.frame_times is not None
    assert len(found.facts.frame_times) == 50


def test_what_nobody_needs_is_not_read(clip: Path) -> None:
    sound_only, pictures_only, nothing = read(clip, ()), read(clip, audio=()), read(clip, (), ())
    assert (sound_only.frames, sound_only.facts.frame_times) == ({}, None)
    assert len(sound_only.sound()) == pytest.approx(32000, abs=1100)
    assert (pictures_only.blocks, len(pictures_only.times())) == ({}, 50)
    assert (nothing.frames, nothing.blocks) == ({}, {})
    for found in (sound_only, pictures_only, nothing):
        assert found.facts.media.duration_s == pytest.approx(2, abs=0.06)
        assert found.facts.media.damage is None
        assert found.facts.media.video is not None
        assert len(found.facts.media.audio) == 1


def test_pictures_and_sound_come_side_by_side(clip: Path) -> None:
    with Decoder(clip, [FrameNeed()], [AudioNeed()]) as decoder:
        apart = 0.0
        frame_s = sound_s = 0.0
        for delivery in decoder:
            if isinstance(delivery, FrameDelivery):
                frame_s = delivery.frame.time.seconds
            elif isinstance(delivery, AudioDelivery):
                sound_s = delivery.block.time.seconds + len(delivery.block.samples) / delivery.block.rate_hz
            apart = max(apart, abs(frame_s - sound_s))
    assert apart < 1.5


def test_breaking_off_reports_what_was_read(clip: Path) -> None:
    with Decoder(clip, [FrameNeed()]) as decoder:
        for delivery in decoder:
            assert isinstance(delivery, FrameDelivery)
            if delivery.frame.index == 9:
                break
        assert decoder.position_s == pytest.approx(0.36)
        report = decoder.report()
    assert report.media.duration_s == pytest.approx(2, abs=0.03)
    assert report.media.damage is None
    assert report.frame_times is not None
    assert len(report.frame_times) == 10


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_threads_change_nothing(clip: Path, threads: int) -> None:
    with Decoder(clip, [FrameNeed()], [AudioNeed()], threads=threads) as decoder:
        deliveries = list(decoder)
    reference = read(clip)
    frames = [delivery.frame for delivery in deliveries if isinstance(delivery, FrameDelivery)]
    blocks = [delivery.block for delivery in deliveries if isinstance(delivery, AudioDelivery)]
    assert [frame.time.exact for frame in frames] == reference.times()
    assert all(np.array_equal(a.image, b.image) for a, b in zip(frames, reference.frames[0], strict=True))
    assert np.array_equal(np.concatenate([block.samples for block in blocks]), reference.sound())


def test_the_library_reads_a_recording_as_often_as_wanted(clip: Path) -> None:
    media = open_media(str(clip))
    assert media.info.video is not None
    assert (media.info.video.width, media.info.video.height) == (64, 48)
    for _ in range(2):
        frames = list(media.frames(rate_hz=5, max_size=(32, 32), colour=Colour.GRAY))
        assert [frame.time.exact for frame in frames] == [Fraction(index, 5) for index in range(10)]
        assert frames[0].image.shape == (24, 32)
        assert sum(len(block.samples) for block in media.audio(8000)) == pytest.approx(16000, abs=1100)


def test_a_stop_ends_the_reading_without_the_rest(clip: Path) -> None:
    with Decoder(clip, [FrameNeed()]) as decoder:
        reading = iter(decoder)
        next(reading)
        decoder.stop()
        assert len(list(reading)) < 5
