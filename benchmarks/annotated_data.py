"""Reading annotated data of others: sequences of the MOT challenge, COCO keypoints, and faces as WIDER FACE lists them."""

import configparser
import csv
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.people_scores import TruthBox
from videoannotator.annotations.boxes import Box
from videoannotator.media.clip_writer import Image, Picture, write_clip
from videoannotator.media.synthetic import regular_times

VIDEOS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".mpg")
PICTURES = (".jpg", ".jpeg", ".png")

_PEDESTRIAN = 1
_UNCOUNTED_CLASSES = (2, 7, 8, 12)
"""On a vehicle, static, distractor, reflection: the challenge neither asks for them nor counts them as false."""
_STILL_FRAMES = 3
"""How often a picture is shown, so that a tracker believes in what it sees."""
STILL_RATE = Fraction(5)


def mot_video(folder: Path, work: Path) -> Path:
    """The recording of a sequence: a video in its folder, or one that is made of the pictures in `img1`, kept in `work`.

    Raises:
        SystemExit: there is neither.
    """
    videos = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEOS)
    if videos:
        return videos[0]
    info = configparser.ConfigParser()
    info.read(folder / "seqinfo.ini")
    pictures = sorted(path for path in _listed(folder / "img1") if path.suffix.lower() in PICTURES)
    if not pictures:
        raise SystemExit(f"{folder} has neither a video nor pictures in img1.")
    rate = Fraction(info.get("Sequence", "frameRate", fallback="25"))
    made = work / f"{folder.name}.mp4"
    options = {"preset": "veryfast", "crf": "10"}
    frames = zip((even(picture_at(path)) for path in pictures), regular_times(len(pictures), rate), strict=True)
    write_clip(made, frames, picture=Picture(rate=rate, options=options))
    return made


def _listed(folder: Path) -> Iterator[Path]:
    return folder.iterdir() if folder.is_dir() else iter(())


def mot_truth(folder: Path) -> list[TruthBox]:
    """What `gt/gt.txt` says (frames are counted from 1 in it): pedestrians are counted, distractors are not, others left out."""
    boxes = []
    with (folder / "gt" / "gt.txt").open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            frame, who = int(row[0]), int(row[1])
            left, top, width, height = (float(value) for value in row[2:6])
            kind = int(float(row[7])) if len(row) > 7 else -1
            asked = float(row[6]) != 0 and kind in (_PEDESTRIAN, -1)
            if asked or kind in _UNCOUNTED_CLASSES or kind == _PEDESTRIAN:
                boxes.append(TruthBox(frame - 1, who, Box(left, top, width, height), asked))
    return boxes


def coco_keypoints(path: Path) -> dict[str, Any]:
    """A data set in COCO's format.

    Raises:
        SystemExit: it has no keypoints.
    """
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if not any("keypoints" in annotation for annotation in data.get("annotations", [])):
        raise SystemExit(f"{path} has no annotation with keypoints.")
    return data


def wider_faces(path: Path) -> dict[str, list[TruthBox]]:
    """Faces by the name of their picture: a line with the name, one with their number, then `left top width height …` of each.

    Faces that the list marks as invalid, and those narrower than ten pixels, are not counted.
    """
    faces: dict[str, list[TruthBox]] = {}
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for name in lines:
        count = int(next(lines))
        rows = [
            [float(value) for value in next(lines).split()] for _ in range(max(count, 1))
        ]  # a picture without faces has one row
        faces[name] = [
            TruthBox(_STILL_FRAMES - 1, number, Box(*row[:4]), row[2] >= 10 and (len(row) < 8 or row[7] == 0))
            for number, row in enumerate(rows[:count], start=1)
            if row[2] > 0 and row[3] > 0
        ]
    return faces


def still_clip(picture: Image, path: Path) -> int:
    """Write a picture as a recording without loss; gives the index of the frame to score."""
    times = regular_times(_STILL_FRAMES, STILL_RATE)
    stored = Picture(codec="ffv1", pixel_format="bgr0", rate=STILL_RATE)
    write_clip(path, ((picture, time) for time in times), picture=stored)
    return _STILL_FRAMES - 1


def picture_at(path: Path) -> Image:
    """RGB, shape (height, width, 3).

    Raises:
        SystemExit: it is no picture.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path} is no picture that can be read.")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def even(picture: Image) -> Image:
    """Without the last row or column where their number is odd, as H.264 wants it."""
    return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
