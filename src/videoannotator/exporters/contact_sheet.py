"""Contact sheets: the pictures of a recording's scenes, and those of each person, side by side."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Point
from videoannotator.annotations.identities import Identities
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonPicture
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.store import PipelineRecords
from videoannotator.exporters.base import ExportedFile, Exporter, writing
from videoannotator.media.drawing import WHITE, Canvas

Image = npt.NDArray[np.uint8]

COLUMNS, ROWS = 4, 6
TILE_PX = (320, 240)
"""Width and height of the place for one picture, which keeps its shape."""
MARGIN_PX = 8
CAPTION_PX = 20
GROUND = 32
SHEET = COLUMNS * ROWS


class _Tile(NamedTuple):
    caption: str
    picture: Path | None


class ContactSheet(Exporter):
    """`<pipeline>/contact-sheet-01.png` and so on: the picture of every scene, with the number of the scene and when it begins.
    `<pipeline>/contact-sheet-<person>.png`: pictures of each person from first to last, with the track and the time.

    A sheet has 24 pictures; of a person who has more, they are spread evenly. A scene without a picture, or with one that cannot be
    read, leaves its place empty, so that places and scenes stay in step. Without any picture there is no sheet.
    """

    name = "contact_sheet"
    display_name = "Contact sheets (PNG)"
    description = "The pictures of all scenes, and those of each person, side by side, to look through a recording at a glance."
    media_type = "image/png"
    records = (Scene, PersonPicture)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline, outcome in annotations.outcomes.items():
            made = annotations.results.get(pipeline)
            if made is not None and made.attachments and outcome.status is PipelineStatus.COMPLETED:
                yield from self._scenes(pipeline, made, folder)
                yield from self._persons(pipeline, made, annotations.identities, folder)

    def _scenes(self, pipeline: str, made: PipelineRecords, folder: Path) -> Iterator[ExportedFile]:
        scenes = enumerate(made.of_type(Scene), start=1)
        number = 0
        while page := list(islice(scenes, SHEET)):
            number += 1
            name = f"{pipeline}/contact-sheet-{number:02d}.png"
            tiles = [_Tile(_caption(place, scene), made.attachments.get(scene.keyframe or "")) for place, scene in page]
            _write(folder / name, _sheet(tiles))
            yield ExportedFile(name, self.name, pipeline, f"Scenes {page[0][0]} to {page[-1][0]} at a glance.")

    def _persons(self, pipeline: str, made: PipelineRecords, identities: Identities, folder: Path) -> Iterator[ExportedFile]:
        by_person: dict[str, list[PersonPicture]] = defaultdict(list)
        for one in made.of_type(PersonPicture):
            who = identities.of_person(one.track_id, one.time)
            if who is not None:
                by_person[who.person_id].append(one)
        for person_id, pictures in sorted(by_person.items()):
            shown = _spread(sorted(pictures, key=lambda one: (one.time, one.track_id)), SHEET)
            tiles = [_Tile(f"track {one.track_id}  {one.time}", made.attachments.get(one.picture)) for one in shown]
            name = f"{pipeline}/contact-sheet-{person_id}.png"
            _write(folder / name, _sheet(tiles))
            yield ExportedFile(name, self.name, pipeline, f"{person_id} at a glance.")


def _caption(number: int, scene: Scene) -> str:
    return f"{number}  {scene.start}" + ("" if scene.scene_type == "unknown" else f"  {scene.scene_type}")


def _spread(pictures: list[PersonPicture], most: int) -> list[PersonPicture]:
    """So many of them at most, evenly spread, the first and the last among them."""
    if len(pictures) <= most:
        return pictures
    return [pictures[place * (len(pictures) - 1) // (most - 1)] for place in range(most)]


def _write(path: Path, sheet: Image) -> None:
    _, encoded = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encoded.tobytes())


def _sheet(tiles: Sequence[_Tile]) -> Image:
    width, height = TILE_PX[0] + MARGIN_PX, TILE_PX[1] + CAPTION_PX + MARGIN_PX
    columns, rows = min(COLUMNS, len(tiles)), -(-len(tiles) // COLUMNS)
    sheet = np.full((rows * height + MARGIN_PX, columns * width + MARGIN_PX, 3), GROUND, np.uint8)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, COLUMNS)
        top, left = row * height + MARGIN_PX, column * width + MARGIN_PX
        sheet[top : top + TILE_PX[1] + CAPTION_PX, left : left + TILE_PX[0]] = _drawn(tile)
    return sheet


def _drawn(tile: _Tile) -> Image:
    """A picture in the middle of its place, and a line of text below."""
    drawn = np.full((TILE_PX[1] + CAPTION_PX, TILE_PX[0], 3), GROUND, np.uint8)
    image = None if tile.picture is None else cv2.imdecode(np.fromfile(tile.picture, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is not None:
        scale = min(TILE_PX[0] / image.shape[1], TILE_PX[1] / image.shape[0])
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        left, top = (TILE_PX[0] - size[0]) // 2, (TILE_PX[1] - size[1]) // 2
        drawn[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    canvas = Canvas(drawn, drawn.shape[1])
    canvas.label(tile.caption, Point(0, TILE_PX[1]), WHITE, below=True)
    return canvas.image
