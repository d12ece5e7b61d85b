"""Speakers' turns as JSON."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.voice_tables import TURNS
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.exporters.base import ExportedFile, Exporter, stem_of, write_array, writing


class Turns(Exporter):
    """`<pipeline>.json`: an array with one object per turn: `start`, `end`, `speaker`, `label`, `confidence`.

    Times are seconds on the recording's time line, rounded to the microsecond. `label` and `confidence` are null where they are not
    known. Turns of different speakers may overlap.
    """

    name = "turns"
    display_name = "Speakers (JSON)"
    description = "Who speaks when, with the confidence of every turn and the names of a labels file."
    media_type = "application/json"
    records = (SpeakerTurn,)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            if TURNS not in annotations.tables_of(pipeline):
                continue
            turns: Iterable[SpeakerTurn] = ()
            if pipeline in annotations.results:
                turns = annotations.results[pipeline].of_type(SpeakerTurn)
            path = folder / f"{stem_of(pipeline, SpeakerTurn)}.json"
            with writing(path), path.open("w", encoding="utf-8", newline="\n") as file:
                write_array(file, (_as_json(turn) for turn in turns))
                file.write("\n")
            main = pipeline == stem_of(pipeline, SpeakerTurn)
            yield ExportedFile(path.name, self.name, pipeline, "Who speaks when, with confidence.", main=main)


def _as_json(turn: SpeakerTurn) -> dict[str, Any]:
    return {
        "start": turn.start.seconds,
        "end": turn.end.seconds,
        "speaker": turn.speaker_id,
        "label": turn.label,
        "confidence": turn.confidence,
    }
