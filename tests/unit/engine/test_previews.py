"""Small pictures and the shape of the sound, made while a run reads the recording."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.plugins import ToyOptions, ToyPipeline, ToySound

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.time import MediaTime
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.plan import Selected
from videoannotator.engine.previews import Previews
from videoannotator.media.clip_writer import Picture, Sound, write_clip
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import tone
from videoannotator.media.types import AudioBlock
from videoannotator.pipelines.base import Batch, Pipeline

WIDTH, HEIGHT = 96, 64
TICK = Fraction(1, 1000)


class Hears(ToySound):
    """Takes sound, and finds nothing."""

    name = "hears"

    def feed(self, batch: Batch) -> Iterable[object]:
        assert isinstance(batch, AudioBlock)
        return ()

    def finish(self) -> Iterable[object]:
        return ()


def shade(frame: int) -> int:
    """How bright a frame is: ten frames in a row differ by more than compression does."""
    return 20 + 8 * (frame % 25)


def shaded(path: Path, times: Sequence[MediaTime], *, rotation_deg: int = 0, sounds: Sequence[Sound] = ()) -> Path:
    """A recording whose frames tell by their brightness which they are; the left half is red besides."""
    frames = []
    for number, time in enumerate(times):
        image = np.full((HEIGHT, WIDTH, 3), shade(number), np.uint8)
        image[:, : WIDTH // 2, 0] = 255
        frames.append((image, time))
    picture = Picture(time_base=TICK, options={"crf": "10"}, rotation_deg=rotation_deg)
    write_clip(path, frames, picture=picture, sounds=sounds)
    return path


def at(*times_s: float) -> list[MediaTime]:
    return [MediaTime(Fraction(round(1000 * time), 1000)) for time in times_s]


def run(path: Path, previews: Previews, *pipelines: type[Pipeline[ToyOptions]]) -> AnnotationSet:
    selection = [Selected(pipeline, ToyOptions()) for pipeline in pipelines]
    sessions = shared_sessions("cpu", 1, None)
    return run_selection(path, selection, sessions, lambda _: None, lambda: False, previews=previews)


def small_pictures(folder: Path, previews: Previews) -> list["np.ndarray"]:
    sheets = previews.sheets
    assert sheets is not None
    found = []
    for name in sheets.names:
        sheet = cv2.imread(str(folder / name))
        assert sheet is not None
        for top in range(0, sheet.shape[0], sheets.height):
            for left in range(0, sheet.shape[1], sheets.width):
                part = sheet[top : top + sheets.height, left : left + sheets.width]
                found += [np.asarray(part, np.uint8)]
    return found[: len(sheets.times_s)]


def test_each_small_picture_shows_its_moment_also_where_frames_come_irregularly(tmp_path: Path) -> None:
    times = at(*(n * 0.04 for n in range(100)), *(4 + n * 0.23 for n in range(30)), *(11 + n * 0.017 for n in range(120)))
    path = shaded(tmp_path / "a.mp4", times)
    previews = Previews(tmp_path, "-7")
    run(path, previews, ToyPipeline).close()
    assert previews.sheets is not None
    shown = [next(number for number, time in enumerate(times) if time.exact >= k) for k in range(14) if k <= times[-1].exact]
    assert previews.sheets.times_s == tuple(times[number].seconds for number in shown)
    assert previews.sheets.names == ("thumbnails-7-0000.jpg",)
    for number, picture in zip(shown, small_pictures(tmp_path, previews), strict=True):
        assert picture[:, 3 * picture.shape[1] // 4 :].mean() == pytest.approx(shade(number), abs=4)


def test_they_stand_upright(tmp_path: Path) -> None:
    path = shaded(tmp_path / "a.mp4", at(0, 0.04, 0.08), rotation_deg=90)
    previews = Previews(tmp_path, "-1")
    run(path, previews, ToyPipeline).close()
    assert previews.sheets is not None
    assert (previews.sheets.width, previews.sheets.height) == (160, 240)
    red = small_pictures(tmp_path, previews)[0][:, :, 2].astype(float)
    assert red[:100].mean() > red[140:].mean() + 100, "what was left is above after a turn to the right"


def test_the_waveform_is_that_of_the_sound_on_the_time_line(tmp_path: Path) -> None:
    sound = Sound(tone(3.0, 100.0, level=0.5), 16_000, start_s=1.5, codec="pcm_s16le")
    path = shaded(tmp_path / "a.mkv", at(*(n * 0.04 for n in range(120))), sounds=[sound])
    previews = Previews(tmp_path, "-1")
    run(path, previews, ToyPipeline).close()
    assert previews.waveform is not None
    rates = {rate: np.fromfile(tmp_path / name, np.int8).reshape(-1, 2) for rate, name, _ in previews.waveform.levels}
    assert {rate: len(pairs) for rate, pairs in rates.items()} == {100: 450, 10: 45, 1: 5}
    assert [bins for _, _, bins in previews.waveform.levels] == [450, 45, 5]
    assert not rates[100][:150].any()
    np.testing.assert_allclose(rates[100][151:449], [[-64, 64]] * 298, atol=1)
    np.testing.assert_allclose(rates[1], [[0, 0], [-64, 64], [-64, 64], [-64, 64], [-64, 64]], atol=1)


def test_nobody_hears_of_these_steps(tmp_path: Path) -> None:
    path = shaded(tmp_path / "a.mp4", at(0, 0.04, 0.08), sounds=[Sound(tone(0.5), 16_000)])
    with run(path, Previews(tmp_path, "-1"), ToyPipeline) as annotations:
        assert list(annotations.outcomes) == list(annotations.results) == list(annotations.provenance.options) == ["toy"]


def test_one_that_fails_harms_nothing_but_itself(tmp_path: Path) -> None:
    path = shaded(tmp_path / "a.mp4", at(0, 0.04, 0.08), sounds=[Sound(tone(0.5), 16_000)])
    previews = Previews(tmp_path / "missing", "-1")
    with run(path, previews, ToyPipeline, Hears) as annotations:
        assert {outcome.status for outcome in annotations.outcomes.values()} == {PipelineStatus.COMPLETED}
        assert annotations.outcomes["toy"].records == {"Scene": 1}
    assert (previews.sheets, previews.waveform) == (None, None)
    assert set(previews.missing) == {"thumbnails", "waveform"}
    assert previews.missing["thumbnails"].startswith("There are no small pictures: ")


def test_pictures_that_no_pipeline_looks_at_are_not_decoded_for_this(tmp_path: Path) -> None:
    path = shaded(tmp_path / "a.mp4", at(*(n * 0.04 for n in range(60))), sounds=[Sound(tone(2.4), 16_000)])
    previews = Previews(tmp_path, "-1")
    with run(path, previews, Hears) as annotations:
        assert annotations.frame_times is None
        assert previews.sheets is None
        assert previews.waveform is not None
        positions: list[float] = []
        times = previews.look(path, annotations.media, positions.append)
    assert times is not None
    assert [times[n].seconds for n in range(len(times))] == pytest.approx([n * 0.04 for n in range(60)])
    sheets = previews.sheets
    assert sheets is not None
    assert sheets.times_s == (0.0, 1.0, 2.0)
    assert positions == sorted(positions)


def test_what_is_there_already_is_not_made_again(tmp_path: Path) -> None:
    path = shaded(tmp_path / "a.mp4", at(0, 0.04), sounds=[Sound(tone(0.5), 16_000)])
    previews = Previews(tmp_path, "-2", pictures=False, sound=False)
    run(path, previews, ToyPipeline).close()
    assert previews.look(path, replace(probe(path), duration_s=None), lambda _: None) is not None
    assert {file.name for file in tmp_path.iterdir()} == {"a.mp4"}
