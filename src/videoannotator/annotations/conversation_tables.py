"""How speakers take turns, as rows."""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.columns import PIPELINE, Column, Row, RowContext, Table
from videoannotator.annotations.conversation import FloorTransfer, SpeakerMeasures
from videoannotator.annotations.voice_tables import SPEAKER


def _transfer_rows(pipeline: str, transfers: Iterable[FloorTransfer], context: RowContext) -> Iterator[Row]:
    for each in transfers:
        frame = None if context.times is None else context.times.index_at(each.time)
        yield pipeline, each.time.seconds, frame, each.from_speaker, each.to_speaker, each.offset_s, each.transfer.value


def _measure_rows(pipeline: str, measures: Iterable[SpeakerMeasures], context: RowContext) -> Iterator[Row]:  # noqa: ARG001
    for each in measures:
        yield (
            *(pipeline, each.speaker_id, each.label, each.turns, each.speaking_s, each.overlapped_s, each.share),
            *(each.words, each.syllables, each.words_per_minute, each.syllables_per_minute),
            *(each.response_latency_s, each.responses, each.interruptions_made, each.interruptions_received),
        )


FLOOR_TRANSFERS = Table(
    name="floor_transfers",
    record_type=FloorTransfer,
    columns=(
        PIPELINE,
        Column("time_s", "number", "s", "When the new speaker begins, on the recording's time line."),
        Column("frame", "integer", "frame", "Index of the frame shown then, from 0; missing before the first or without video."),
        Column("from_speaker", "text", None, "Who had the floor."),
        Column("to_speaker", "text", None, "Who begins."),
        Column("offset_s", "number", "s", "From the end of the other one's turn to the beginning: overlaps are negative."),
        Column(
            "transfer",
            "text",
            None,
            "gap (at most 5 s), lapse (longer), overlap (begins less than 0.5 s before the other one ends), interruption (earlier, "
            "and takes the floor) or within (the other one goes on).",
        ),
    ),
    rows=_transfer_rows,
)

SPEAKER_MEASURES = Table(
    name="speaker_measures",
    record_type=SpeakerMeasures,
    columns=(
        PIPELINE,
        *SPEAKER,
        Column("turn_count", "integer", "turn", "Turns; a pause of up to 0.5 s in which nobody else speaks does not end one."),
        Column("speaking_s", "number", "s", "Time in turns, without the pauses between them."),
        Column("overlapped_s", "number", "s", "Time of that in which others speak too."),
        Column("speaking_share", "number", "0-1", "Share of the speaking time of all speakers."),
        Column("spoken_words", "integer", "word", "Words with a time; missing when words have none."),
        Column("syllables", "integer", "syllable", "Syllables by the dictionary; missing unless all words are English."),
        Column("words_per_minute", "number", "1/min", "Words per minute of speaking time."),
        Column("syllables_per_minute", "number", "1/min", "Syllables per minute of speaking time."),
        Column("response_latency_s", "number", "s", "Median of the gaps after which this speaker took the floor; missing without."),
        Column("responses", "integer", "gap", "How many gaps that are."),
        Column("interruptions_made", "integer", "interruption", "How often this speaker interrupted somebody."),
        Column("interruptions_received", "integer", "interruption", "How often somebody interrupted this speaker."),
    ),
    rows=_measure_rows,
)
