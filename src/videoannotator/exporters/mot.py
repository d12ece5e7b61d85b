"""Tracks of people as text of the MOT challenge (https://motchallenge.net/instructions/)."""

from collections.abc import Iterator
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.person_tables import PERSONS
from videoannotator.annotations.persons import PersonObservation
from videoannotator.exporters.base import ExportedFile, Exporter, writing


class MOT(Exporter):
    """`<pipeline>.mot.txt`: a line `frame,id,bb_left,bb_top,bb_width,bb_height,conf,-1,-1,-1` per person and frame.

    Frames, ids and pixels are counted from 1, as the challenge has it: frame 1 is the frame of index 0, and the pixel in the upper
    left corner is 1, 1. Lengths are pixels to the hundredth. `conf` is the score of the detection from 0 to 1; it is 0 for an
    interpolated box, on which nothing was measured. The three fields at the end are for places in space, which are not known.
    A pipeline that found nobody gets no file: the format has no way to say so.
    """

    name = "mot"
    display_name = "Tracks (MOT challenge)"
    description = "Boxes of people with their track numbers, for tools that evaluate tracking."
    media_type = "text/csv"
    records = (PersonObservation,)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            if PERSONS not in annotations.tables_of(pipeline) or pipeline not in annotations.results:
                continue
            people = annotations.results[pipeline].of_type(PersonObservation)
            if not len(people):
                continue
            path = folder / f"{pipeline}.mot.txt"
            with writing(path), path.open("w", encoding="ascii", newline="\n") as file:
                file.writelines(_line(seen) for seen in people)
            yield ExportedFile(path.name, self.name, pipeline, "Boxes and track numbers of people.")


def _line(seen: PersonObservation) -> str:
    box = seen.box
    place = f"{box.left + 1:.2f},{box.top + 1:.2f},{box.width:.2f},{box.height:.2f}"
    return f"{seen.frame + 1},{seen.track_id},{place},{seen.score or 0:.6g},-1,-1,-1\n"
