"""The annotated video: what is shown when."""

import dataclasses
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.small_disk import SIZE_BYTES
from tests.unit.media.clips import at, counting_frames

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance
from videoannotator.errors import RunStopped, StorageFullException
from videoannotator.media.clip_writer import Picture, Sound, write_clip
from videoannotator.media.drawing import Image
from videoannotator.media.overlay import CAPTION_LINES, Captions, Overlay, make_overlay
from videoannotator.media.probe import open_media, probe
from videoannotator.media.types import Frame
from videoannotator.testing.examples import annotation_set, full
from videoannotator.testing.speech_examples import utterance

SIZE = (320, 240)


def never() -> bool:
    return False


def annotated(records: Iterable[object], *, rate_hz: float | None = 5.0, size: tuple[int, int] = SIZE) -> AnnotationSet:
    """What person tracking saw at this rate."""
    whole = annotation_set({"person_tracking": records})
    outcome = dataclasses.replace(whole.outcomes["person_tracking"], options={"rate_hz": rate_hz})
    assert whole.media.video is not None
    media = dataclasses.replace(whole.media, video=dataclasses.replace(whole.media.video, width=size[0], height=size[1]))
    return dataclasses.replace(whole, media=media, outcomes={"person_tracking": outcome})


def seen(frame: int, left: float = 100.0, track: int = 1, evidence: Evidence = Evidence.DETECTED) -> PersonObservation:
    score = None if evidence is Evidence.INTERPOLATED else 0.9
    return PersonObservation(MediaTime(Fraction(frame, 25)), frame, track, Box(left, 60, 60, 120), evidence, score)


def frames(count: int) -> Iterable[Frame]:
    for index, image in enumerate(counting_frames(count, SIZE)):
        image[:] = 40
        yield Frame(MediaTime(Fraction(index, 25)), index, 0.04, image)


def edge(image: Image) -> int | None:
    """Where the left edge of a box is, in a row without text."""
    columns = np.flatnonzero(np.abs(image[150].astype(int) - 40).max(axis=1) > 60)
    return int(columns[0]) if len(columns) else None


def test_the_last_sampled_place_is_shown_until_the_next_sample() -> None:
    with annotated([seen(0, 100), seen(5, 120), seen(10, 140)]) as annotations:
        overlay = Overlay(annotations)
        edges = [edge(overlay.draw(frame)) for frame in frames(15)]
    assert edges == [pytest.approx(left, abs=1) for left in (100, 120, 140) for _ in range(5)]


def test_somebody_who_is_gone_at_the_next_sample_is_not_shown_any_more() -> None:
    with annotated([seen(0), seen(10)]) as annotations:
        overlay = Overlay(annotations)
        shown = [edge(overlay.draw(frame)) is not None for frame in frames(15)]
    assert shown == [True] * 5 + [False] * 5 + [True] * 5


def test_of_a_pipeline_that_looks_at_every_frame_nothing_is_held() -> None:
    with annotated([seen(0), seen(2)], rate_hz=None) as annotations:
        overlay = Overlay(annotations)
        assert [edge(overlay.draw(frame)) is not None for frame in frames(4)] == [True, False, True, False]


def test_an_interpolated_box_is_dashed() -> None:
    covered = []
    for evidence in (Evidence.DETECTED, Evidence.TRACKED, Evidence.INTERPOLATED):
        with annotated([seen(0, evidence=evidence)]) as annotations:
            image = Overlay(annotations).draw(next(iter(frames(1))))
        covered.append(float((np.abs(image[62:178, 100].astype(int) - 40).max(axis=1) > 60).mean()))
    assert covered[0] == covered[1] == 1.0
    assert covered[2] < 0.8


def test_tracks_of_one_person_share_a_colour() -> None:
    def colour(records: list[object], track: int) -> list[int]:
        with annotated(records) as annotations:
            overlay = Overlay(annotations)
            images = [overlay.draw(frame) for frame in frames(6)]
        return list(map(int, images[0 if track == 1 else 5][150, 100]))

    begin, end = MediaTime(Fraction(0)), MediaTime(Fraction(9))
    same = [PersonIdentity(track, begin, end, "person_001") for track in (1, 2)]
    tracks: list[object] = [seen(0), seen(5, track=2)]
    assert colour([*tracks, *same], 1) == colour([*tracks, *same], 2)
    assert colour(tracks, 1) != colour(tracks, 2)


def test_only_completed_pipelines_are_drawn() -> None:
    with annotated([seen(0)]) as whole:
        stopped = PipelineOutcome("person_tracking", PipelineStatus.STOPPED, {"rate_hz": 5.0})
        overlay = Overlay(dataclasses.replace(whole, outcomes={"person_tracking": stopped}))
        assert (overlay.draw(next(iter(frames(1)))) == 40).all()


def test_everything_that_annotations_may_hold_can_be_drawn() -> None:
    with full() as whole:
        assert whole.frame_times is not None
        every = {name: dataclasses.replace(outcome, options={"rate_hz": None}) for name, outcome in whole.outcomes.items()}
        silent = every | {"speech_recognition": PipelineOutcome("speech_recognition", PipelineStatus.STOPPED, {})}
        annotations = dataclasses.replace(whole, outcomes=silent)
        overlay = Overlay(annotations)
        before = np.full((360, 640, 3), 40, np.uint8)
        for index in range(7):
            image = overlay.draw(Frame(whole.frame_times[index], index, 0.0, before))
            assert (image != before).any() == (index in (0, 3, 6)), "the frames in which somebody was observed"


def test_captions_show_what_is_being_said_page_by_page() -> None:
    said = utterance(1.0, 11.0, " ".join(f"word{number}" for number in range(20)))
    captions = Captions([said])
    assert captions.at(MediaTime.from_seconds(0.5), 20) == []
    shown: dict[tuple[str, ...], None] = {}
    for number in range(20):
        lines = captions.at(MediaTime.from_seconds(1.25 + number / 2), 20)
        assert len(lines) <= CAPTION_LINES
        assert f"word{number}" in " ".join(lines).split()
        shown[tuple(lines)] = None
    assert " ".join(line for page in shown for line in page) == said.text
    assert captions.at(MediaTime.from_seconds(11.0), 20) == []


def test_without_word_times_the_pages_share_the_time() -> None:
    said = Utterance(
        MediaTime.from_seconds(0), MediaTime.from_seconds(10), "one two three four five six seven eight", "en", None, ()
    )
    captions = Captions([said])
    pages = [captions.at(MediaTime.from_seconds(second), 10) for second in range(10)]
    assert pages[0] == ["one two", "three four"]
    assert pages[-1] == ["seven", "eight"] or pages[-1][-1].endswith("eight")


def test_people_who_speak_at_once_are_both_shown() -> None:
    captions = Captions([utterance(0, 4, "the one"), utterance(1, 2, "the other"), utterance(5, 6, "later")])
    shown = [captions.at(MediaTime.from_seconds(time), 40) for time in (0.5, 1.5, 2.5, 4.5, 5.5)]
    assert shown == [["the one"], ["the one", "the other"], ["the one"], [], ["later"]]


def uneven(path: Path) -> list[Fraction]:
    """A recording with uneven frame times and a beep, and those times."""
    times = [Fraction(number, 25) + (Fraction(3, 10) if number > 9 else 0) for number in range(30)]
    tone = (np.sin(np.arange(72_000) / 12) / 2).astype(np.float32)
    picture = Picture(codec="ffv1", pixel_format="yuv444p", time_base=Fraction(1, 1000))
    write_clip(path, at(times, counting_frames(30, SIZE)), picture=picture, sounds=[Sound(tone, 48_000, codec="pcm_s16le")])
    return times


def test_the_copy_has_the_times_and_the_sound_of_the_recording(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "overlay.mp4"
    times, positions = uneven(source), list[float]()
    with annotated([seen(0)], rate_hz=1.0) as annotations:
        make_overlay(source, target, annotations, never, positions.append)
    shown = list(open_media(target).frames())
    assert [frame.time.seconds for frame in shown] == [pytest.approx(float(time), abs=1e-4) for time in times]
    colourful = [np.ptp(frame.image[150, 100].astype(int)) > 60 for frame in shown]
    assert colourful == [time < 1 for time in times], "held until the next sample"
    made = probe(target)
    assert made.video is not None
    assert (made.video.codec, made.audio[0].codec) == ("h264", "aac")
    loud = [float(np.abs(block.samples).max()) for block in open_media(target).audio(48_000)]
    assert max(loud) > 0.3
    assert positions == sorted(positions)
    assert positions[-1] == pytest.approx(float(times[-1]), abs=0.1)
    assert {path.name for path in tmp_path.iterdir()} == {"source.mkv", "overlay.mp4"}


def test_a_stop_leaves_nothing(tmp_path: Path) -> None:
    uneven(tmp_path / "source.mkv")
    answers = iter([False] * 5 + [True])
    with annotated([seen(0)]) as annotations, pytest.raises(RunStopped):
        make_overlay(tmp_path / "source.mkv", tmp_path / "overlay.mp4", annotations, lambda: next(answers))
    assert [path.name for path in tmp_path.iterdir()] == ["source.mkv"]


def test_a_full_disk_is_named_and_left_as_it_was(tmp_path: Path, small_disk: Path) -> None:
    uneven(tmp_path / "source.mkv")
    with (small_disk / "foreign").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, SIZE_BYTES - 4096)
    with annotated([seen(0)]) as annotations, pytest.raises(StorageFullException, match="annotated video"):
        make_overlay(tmp_path / "source.mkv", small_disk / "overlay.mp4", annotations, never)
    assert [path.name for path in small_disk.iterdir()] == ["foreign"]
