"""Who speaks when, as rows."""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.columns import FRAMES, PIPELINE, SPAN, Column, Row, RowContext, Table, frames, span
from videoannotator.annotations.voices import SpeakerTurn

SPEAKER = (
    Column("speaker_id", "text", None, "Who speaks, numbered by first appearance; missing where that was not found out."),
    Column("speaker_label", "text", None, "Name of the speaker from a labels file; missing without one."),
)


def _turn_rows(pipeline: str, turns: Iterable[SpeakerTurn], context: RowContext) -> Iterator[Row]:
    for number, turn in enumerate(turns, start=1):
        yield (
            pipeline,
            number,
            *span(turn.start, turn.end),
            *frames(turn.start, turn.end, context.times),
            turn.speaker_id,
            turn.label,
            turn.confidence,
        )


TURNS = Table(
    name="turns",
    record_type=SpeakerTurn,
    columns=(
        PIPELINE,
        Column("turn_id", "integer", None, "Number of the turn among those of its pipeline, from 1."),
        *SPAN,
        *FRAMES,
        *SPEAKER,
        Column(
            "turn_confidence",
            "number",
            "0-1",
            "How sure it is that this speaker speaks here; not calibrated, missing when unknown.",
        ),
    ),
    rows=_turn_rows,
)
