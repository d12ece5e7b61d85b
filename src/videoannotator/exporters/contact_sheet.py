"""Contact sheets: the pictures of a recording's scenes side by side."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Point
from videoannotator.annotations.scene_tables import SCENES
from videoannotator.annotations.scenes import Scene
from videoannotator.exporters.base import ExportedFile, Exporter, writing
from videoannotator.media.drawing import WHITE, Canvas

Image = npt.NDArray[np.uint8]

COLUMNS, ROWS = 4, 6
TILE_PX = (320, 240)
"""Width and height of the place for one picture, which keeps its shape."""
MARGIN_PX = 8
CAPTION_PX = 20
GROUND = 32


class ContactSheet(Exporter):
    """`<pipeline>/contact-sheet-01.png` and so on: the picture of every scene, with the number of the scene and when it begins.

    A sheet has 24 pictures. A scene without a picture, or with one that cannot be read, leaves its place empty, so that places and
    scenes stay in step. Without any picture there is no sheet.
    """

    name = "contact_sheet"
    display_name = "Contact sheets (PNG)"
    description = "The pictures of all scenes side by side, to look through a recording at a glance."
    media_type = "image/png"
    records = (Scene,)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            made = annotations.results.get(pipeline)
            if made is None or SCENES not in annotations.tables_of(pipeline) or not made.attachments:
                continue
            scenes = enumerate(made.of_type(Scene), start=1)
            number = 0
            while page := list(islice(scenes, COLUMNS * ROWS)):
                number += 1
                name = f"{pipeline}/contact-sheet-{number:02d}.png"
                _write(folder / name, _sheet(page, made.attachments))
                yield ExportedFile(name, self.name, pipeline, f"Scenes {page[0][0]} to {page[-1][0]} at a glance.")


def _write(path: Path, sheet: Image) -> None:
    _, encoded = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encoded.tobytes())


def _sheet(page: list[tuple[int, Scene]], attachments: Mapping[str, Path]) -> Image:
    width, height = TILE_PX[0] + MARGIN_PX, TILE_PX[1] + CAPTION_PX + MARGIN_PX
    columns, rows = min(COLUMNS, len(page)), -(-len(page) // COLUMNS)
    sheet = np.full((rows * height + MARGIN_PX, columns * width + MARGIN_PX, 3), GROUND, np.uint8)
    for place, (number, scene) in enumerate(page):
        row, column = divmod(place, COLUMNS)
        top, left = row * height + MARGIN_PX, column * width + MARGIN_PX
        tile = _tile(number, scene, None if scene.keyframe is None else attachments.get(scene.keyframe))
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet


def _tile(number: int, scene: Scene, picture: Path | None) -> Image:
    """A picture in the middle of its place, and a line of text below."""
    tile = np.full((TILE_PX[1] + CAPTION_PX, TILE_PX[0], 3), GROUND, np.uint8)
    image = None if picture is None else cv2.imdecode(np.fromfile(picture, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is not None:
        scale = min(TILE_PX[0] / image.shape[1], TILE_PX[1] / image.shape[0])
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        left, top = (TILE_PX[0] - size[0]) // 2, (TILE_PX[1] - size[1]) // 2
        tile[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    canvas = Canvas(tile, tile.shape[1])
    text = f"{number}  {scene.start}" + ("" if scene.scene_type == "unknown" else f"  {scene.scene_type}")
    canvas.label(text, Point(0, TILE_PX[1]), WHITE, below=True)
    return canvas.image
