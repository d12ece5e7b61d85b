"""Contact sheets of scenes and of persons."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.persons import PersonIdentity, PersonPicture
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.exporters.contact_sheet import CAPTION_PX, COLUMNS, MARGIN_PX, ROWS, TILE_PX, ContactSheet
from videoannotator.testing.examples import annotation_set, at, full


def made(scenes: int, folder: Path, size: tuple[int, int] = (64, 48)) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """The sheets of so many scenes, the pictures of which grow brighter; every fifth has none."""
    records: list[object] = []
    for number in range(scenes):
        name = f"scene-{number + 1:04d}.jpg"
        given = number % 5 != 4
        begin = Boundary.CUT if number else Boundary.START
        records.append(
            Scene(
                *(at(number), at(number + 1), 25 * number, 25 * number + 24, begin, 0.5 if number else None),
                keyframe=name if given else None,
                keyframe_time=at(number) if given else None,
            )
        )
        if given:
            _, encoded = cv2.imencode(".jpg", np.full((size[1], size[0], 3), 60 + 6 * number, np.uint8))
            records.append(Attachment(name, encoded.tobytes()))
    with annotation_set({"scene_detection": records}) as annotations:
        files = list(ContactSheet().export(annotations, folder))
    assert [file.name for file in files] == [f"scene_detection/contact-sheet-{n + 1:02d}.png" for n in range(len(files))]
    return [np.asarray(cv2.imread(str(folder / file.name))) for file in files]


def middle(sheet: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], place: int) -> int:
    row, column = divmod(place, COLUMNS)
    y = MARGIN_PX + row * (TILE_PX[1] + CAPTION_PX + MARGIN_PX) + TILE_PX[1] // 2
    return int(sheet[y, MARGIN_PX + column * (TILE_PX[0] + MARGIN_PX) + TILE_PX[0] // 2].mean())


def test_every_scene_has_its_place_in_order(tmp_path: Path) -> None:
    sheets = made(30, tmp_path)
    assert len(sheets) == 2
    places = [middle(sheet, place) for sheet in sheets for place in range(COLUMNS * ROWS if sheet is sheets[0] else 6)]
    for number, brightness in enumerate(places):
        assert abs(brightness - (32 if number % 5 == 4 else 60 + 6 * number)) <= 2
    assert sheets[1].shape[0] < sheets[0].shape[0]


def test_a_picture_keeps_its_shape(tmp_path: Path) -> None:
    (sheet,) = made(1, tmp_path, size=(30, 90))
    inside = sheet[MARGIN_PX : MARGIN_PX + TILE_PX[1], MARGIN_PX : MARGIN_PX + TILE_PX[0]].mean(axis=2) > 50
    assert inside.all(axis=0).sum() == TILE_PX[1] * 30 // 90
    assert inside.any(axis=1).sum() == TILE_PX[1]


def test_a_picture_that_cannot_be_read_leaves_its_place_empty(tmp_path: Path) -> None:
    with full() as annotations:
        file, *_ = ContactSheet().export(annotations, tmp_path)
    sheet = np.asarray(cv2.imread(str(tmp_path / file.name)))
    assert [middle(sheet, place) for place in range(4)] == [32] * 4


def test_without_pictures_there_is_no_sheet(tmp_path: Path) -> None:
    with annotation_set({"scene_detection": [Scene(at(0), at(1), 0, 24, Boundary.START)]}) as annotations:
        assert not list(ContactSheet().export(annotations, tmp_path))
    assert not list(tmp_path.iterdir())


def test_each_person_has_a_sheet_with_all_tracks_in_order_of_time(tmp_path: Path) -> None:
    records: list[object] = [
        PersonIdentity(1, at(0), at(9), "person_001"),
        PersonIdentity(2, at(0), at(99), "person_002"),
        PersonIdentity(3, at(10), at(99), "person_001"),
    ]
    for track, second, brightness in ((3, 12, 200), (1, 3, 120), (2, 5, 90), (4, 5, 250)):
        name = f"track-{track}.jpg"
        _, encoded = cv2.imencode(".jpg", np.full((90, 30, 3), brightness, np.uint8))
        records += [Attachment(name, encoded.tobytes()), PersonPicture(at(second), 25 * second, track, name)]
    with annotation_set({"person_tracking": records}) as annotations:
        files = [file.name for file in ContactSheet().export(annotations, tmp_path)]
    assert files == ["person_tracking/contact-sheet-person_001.png", "person_tracking/contact-sheet-person_002.png"]
    one, other = (np.asarray(cv2.imread(str(tmp_path / name))) for name in files)
    assert [middle(one, 0), middle(one, 1), middle(other, 0)] == pytest.approx([120, 200, 90], abs=2)


def test_of_a_person_with_many_pictures_an_even_choice_is_shown(tmp_path: Path) -> None:
    records: list[object] = [PersonIdentity(1, at(0), at(99), "person_001")]
    for second in range(47):
        _, encoded = cv2.imencode(".jpg", np.full((60, 60, 3), 50 + 4 * second, np.uint8))
        name = f"track-{second:02d}.jpg"
        records += [Attachment(name, encoded.tobytes()), PersonPicture(at(second), 25 * second, 1, name)]
    with annotation_set({"person_tracking": records}) as annotations:
        (file,) = ContactSheet().export(annotations, tmp_path)
    sheet = np.asarray(cv2.imread(str(tmp_path / file.name)))
    assert [middle(sheet, place) for place in range(24)] == pytest.approx([50 + 8 * place for place in range(24)], abs=2)
