"""Speakers' turns as RTTM (Rich Transcription Time Marked), the format of NIST's evaluations.

Source: NIST (2009), The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan, appendix A.
"""

from collections.abc import Iterator
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.voice_tables import TURNS
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.exporters.base import ExportedFile, Exporter, stem_of, writing

FILE_ID = "recording"
"""The same for every recording: names of recordings may name people, and hold spaces, which RTTM has not."""


class RTTM(Exporter):
    """`<pipeline>.rttm`: a line `SPEAKER recording 1 start duration <NA> <NA> speaker confidence <NA>` per turn.

    Times are seconds to the millisecond. A turn that begins before time 0 is given from 0; one that ends by then is left out, and
    so is one that is shorter than half a millisecond. Without a turn there is no file: an empty one would be read as a mistake.
    Names from a labels file stand in the tables and the JSON file, because RTTM has no spaces in a name.
    """

    name = "rttm"
    display_name = "Speakers (RTTM)"
    description = "Who speaks when, for tools that evaluate or show diarization."
    media_type = "text/plain"
    records = (SpeakerTurn,)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            if TURNS not in annotations.tables_of(pipeline) or pipeline not in annotations.results:
                continue
            turns = annotations.results[pipeline].of_type(SpeakerTurn)
            if not any(_line(turn) for turn in turns):
                continue
            path = folder / f"{stem_of(pipeline, SpeakerTurn)}.rttm"
            with writing(path), path.open("w", encoding="ascii", newline="\n") as file:
                file.writelines(line for turn in turns if (line := _line(turn)))
            yield ExportedFile(path.name, self.name, pipeline, "Who speaks when.")


def _line(turn: SpeakerTurn) -> str | None:
    """The line of a turn; None when nothing of it can be said."""
    start_ms, end_ms = (max(0, round(time.exact * 1000)) for time in (turn.start, turn.end))
    if end_ms <= start_ms:
        return None
    confidence = "<NA>" if turn.confidence is None else f"{turn.confidence:.4f}"
    times = f"{start_ms / 1000:.3f} {(end_ms - start_ms) / 1000:.3f}"
    return f"SPEAKER {FILE_ID} 1 {times} <NA> <NA> {turn.speaker_id} {confidence} <NA>\n"
