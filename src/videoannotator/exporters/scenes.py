"""Scenes as JSON: the format of the browser client's timeline."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.media_info import VideoInfo
from videoannotator.annotations.scene_tables import SCENES
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.time import MediaTime
from videoannotator.exporters.base import ExportedFile, Exporter, write_array, writing


class Scenes(Exporter):
    """`<pipeline>.json`, an array with one object per scene, and the scenes' pictures in the folder `<pipeline>/`.

    Times are seconds, rounded to the microsecond. `score` is the evidence for `scene_type`, from 0 to 1; for the type `unknown` it
    is 0, because nothing speaks for any type (clients want a number there). How sure the boundary is stands apart, in
    `boundary_confidence`. What a player shows begins at time 0: a scene that starts earlier is given from 0, and one that ends by
    then is left out; the tables have both with their true times.
    """

    name = "scenes"
    display_name = "Scenes (JSON)"
    description = "Scenes with their boundaries and pictures, for the timeline of the browser client."
    media_type = "application/json"
    records = (Scene,)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            if SCENES not in annotations.tables_of(pipeline):
                continue
            path = folder / f"{pipeline}.json"
            made = annotations.results.get(pipeline)
            with writing(path), path.open("w", encoding="utf-8", newline="\n") as file:
                scenes: Iterable[Scene] = () if made is None else made.of_type(Scene)
                write_array(file, (_as_json(scene, number, pipeline, annotations) for number, scene in _shown(scenes)))
                file.write("\n")
            yield ExportedFile(path.name, self.name, pipeline, "Scenes and how each one begins.", main=True)
            for name, source in {} if made is None else sorted(made.attachments.items()):
                target = folder / pipeline / name
                with writing(target):
                    target.parent.mkdir(exist_ok=True)
                    shutil.copyfile(source, target)
                yield ExportedFile(f"{pipeline}/{name}", self.name, pipeline, "Picture of a scene.")


def _shown(scenes: Iterable[Scene]) -> Iterator[tuple[int, Scene]]:
    return ((number, scene) for number, scene in enumerate(scenes, start=1) if scene.end.seconds > 0)


def _seconds(time: MediaTime | None) -> float | None:
    return None if time is None else time.seconds


def _as_json(scene: Scene, number: int, pipeline: str, annotations: AnnotationSet) -> dict[str, Any]:
    start = max(scene.start, MediaTime.from_seconds(0))
    return {
        "id": number,
        "start_time": start.seconds,
        "end_time": scene.end.seconds,
        "duration": MediaTime(scene.end.exact - start.exact).seconds,
        "scene_type": scene.scene_type,
        "score": scene.scene_type_scores.get(scene.scene_type, 0.0),
        "all_scores": scene.scene_type_scores,
        "image_id": str(scene.first_frame),
        "bbox": _whole_picture(annotations.media.video),
        "frame_start": scene.first_frame,
        "frame_end": scene.last_frame,
        "boundary": scene.boundary.value,
        "boundary_confidence": scene.confidence,
        "transition_start": _seconds(scene.transition_start),
        "transition_end": _seconds(scene.transition_end),
        "method": scene.method,
        "keyframe": None if scene.keyframe is None else f"{pipeline}/{scene.keyframe}",
        "keyframe_time": _seconds(scene.keyframe_time),
    }


def _whole_picture(video: VideoInfo | None) -> list[int]:
    if video is None:
        raise ValueError("there are scenes and no video track")
    return [0, 0, video.width, video.height]
