"""Scenes as rows."""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.columns import PIPELINE, SPAN, Column, Row, RowContext, Table, seconds, span
from videoannotator.annotations.scenes import Scene


def _scene_rows(pipeline: str, scenes: Iterable[Scene], _context: RowContext) -> Iterator[Row]:
    for number, scene in enumerate(scenes, start=1):
        yield (
            pipeline,
            number,
            *span(scene.start, scene.end),
            scene.first_frame,
            scene.last_frame,
            scene.boundary.value,
            scene.confidence,
            seconds(scene.transition_start),
            seconds(scene.transition_end),
            scene.method,
            scene.scene_type,
            scene.scene_type_scores.get(scene.scene_type),
            None if scene.keyframe is None else f"{pipeline}/{scene.keyframe}",
            seconds(scene.keyframe_time),
        )


SCENES = Table(
    name="scenes",
    record_type=Scene,
    columns=(
        PIPELINE,
        Column("scene_id", "integer", None, "Number of the scene among those of its pipeline, from 1."),
        *SPAN,
        Column("start_frame", "integer", "frame", "Index of its first frame, from 0."),
        Column("end_frame", "integer", "frame", "Index of its last frame (it belongs to the scene), from 0."),
        Column("boundary", "text", None, "How it begins: start (of the recording), cut, dissolve or fade."),
        Column(
            "boundary_confidence",
            "number",
            "0-1",
            "How sure that boundary is; missing for the start of the recording, and by hand.",
        ),
        Column("transition_start_s", "number", "s", "When the dissolve or fade that begins it starts; missing for a cut."),
        Column("transition_end_s", "number", "s", "When the dissolve or fade that begins it ends; missing for a cut."),
        Column(
            "method", "text", None, "What decided the boundary (by_hand: somebody did); missing for the start of the recording."
        ),
        Column("scene_type", "text", None, "Kind of environment; unknown when there is no evidence."),
        Column("scene_type_score", "number", "0-1", "Evidence for that kind; missing when it is unknown."),
        Column(
            "keyframe", "text", None, "Path of its picture in the result folder, as the scenes format writes it; missing without."
        ),
        Column("keyframe_time_s", "number", "s", "Time of the frame in that picture; missing without a picture."),
    ),
    rows=_scene_rows,
)
