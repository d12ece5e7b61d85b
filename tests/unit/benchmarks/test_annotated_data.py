"""Reading annotated data of others."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.annotated_data import coco_keypoints, even, mot_truth, mot_video, picture_at, still_clip, wider_faces

from videoannotator.annotations.boxes import Box
from videoannotator.media.probe import open_media


def write_picture(path: Path, grey: int, size: tuple[int, int] = (48, 64)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*size, 3), grey, np.uint8))


def test_a_sequence_of_the_mot_challenge(tmp_path: Path) -> None:
    folder = tmp_path / "MOT16-99"
    for number in range(1, 4):
        write_picture(folder / "img1" / f"{number:06d}.jpg", 60 * number, (49, 65))
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=MOT16-99\nframeRate=14\nimExt=.jpg\n")
    (folder / "gt").mkdir()
    rows = [
        "1,7,10,20,30,40,1,1,1.0",
        "1,8,50,20,30,40,0,8,1.0",
        "2,7,12,20,30,40,1,1,0.4",
        "2,9,0,0,9,9,0,3,1",
        "3,7,1,2,3,4,1,-1,-1,-1",
    ]
    (folder / "gt" / "gt.txt").write_text("\n".join(rows) + "\n")
    truth = mot_truth(folder)
    assert [(each.frame, each.who, each.counted) for each in truth] == [(0, 7, True), (0, 8, False), (1, 7, True), (2, 7, True)]
    assert truth[0].box == Box(10, 20, 30, 40)
    frames = list(open_media(mot_video(folder, tmp_path)).frames())
    assert [round(frame.time.seconds * 14, 3) for frame in frames] == [0, 1, 2]
    assert frames[0].image.shape == (48, 64, 3)
    assert [abs(int(frame.image[20, 20, 0]) - grey) < 4 for frame, grey in zip(frames, (60, 120, 180), strict=True)] == [True] * 3


def test_a_sequence_with_a_video_needs_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "street.avi").write_bytes(b"")
    assert mot_video(tmp_path, tmp_path) == tmp_path / "street.avi"


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="neither a video nor pictures"):
        mot_video(tmp_path, tmp_path)


def test_faces_as_wider_face_lists_them(tmp_path: Path) -> None:
    listed = tmp_path / "faces.txt"
    rest = "0 0 0 0 0 0"
    two, none = f"a/1.jpg\n2\n5 6 70 80 {rest}\n1 1 6 6 {rest}", f"a/2.jpg\n0\n0 0 0 0 {rest}"
    listed.write_text(f"{two}\n{none}\na/3.jpg\n1\n5 6 70 80 0 0 0 1 0 0\n")
    faces = wider_faces(listed)
    assert {name: [face.counted for face in boxes] for name, boxes in faces.items()} == {
        "a/1.jpg": [True, False],
        "a/2.jpg": [],
        "a/3.jpg": [False],
    }
    assert faces["a/1.jpg"][0].box == Box(5, 6, 70, 80)


def test_coco_without_keypoints_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"images": [], "annotations": [{"id": 1, "bbox": [0, 0, 1, 1]}]}))
    with pytest.raises(SystemExit, match="no annotation with keypoints"):
        coco_keypoints(path)


def test_a_picture_becomes_a_recording_without_loss(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (37, 53, 3), np.uint8)
    frame = still_clip(picture, tmp_path / "still.mkv")
    shown = list(open_media(tmp_path / "still.mkv").frames())
    assert len(shown) == frame + 1
    assert np.array_equal(shown[frame].image, picture)
    assert even(picture).shape == (36, 52, 3)
    with pytest.raises(SystemExit, match="no picture"):
        picture_at(tmp_path / "still.mkv")
