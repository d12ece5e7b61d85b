"""Sound that is not words, as rows: by stretch, by minute and by event."""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.columns import FRAMES, PIPELINE, SPAN, Column, Row, RowContext, Table, frames, span
from videoannotator.annotations.sound import SoundEvent, SoundMinute, SoundSegment


def _segment_rows(pipeline: str, segments: Iterable[SoundSegment], context: RowContext) -> Iterator[Row]:
    for number, segment in enumerate(segments, start=1):
        yield (
            pipeline,
            number,
            *span(segment.start, segment.end),
            *frames(segment.start, segment.end, context.times),
            segment.kind.value,
            segment.level_dbfs,
            segment.peak_dbfs,
            segment.confidence,
        )


def _minute_rows(pipeline: str, minutes: Iterable[SoundMinute], _context: RowContext) -> Iterator[Row]:
    for number, minute in enumerate(minutes, start=1):
        yield (
            pipeline,
            number,
            *span(minute.start, minute.end),
            minute.verdict.value,
            " ".join(flag.value for flag in minute.flags) or None,
            minute.speech_share,
            minute.silence_share,
            minute.speech_level_dbfs,
            minute.noise_floor_dbfs,
            minute.snr_db,
            minute.clipped_share,
            minute.clipped_runs,
            minute.dc_offset,
        )


def _event_rows(pipeline: str, events: Iterable[SoundEvent], context: RowContext) -> Iterator[Row]:
    for number, event in enumerate(events, start=1):
        yield (
            pipeline,
            number,
            *span(event.start, event.end),
            *frames(event.start, event.end, context.times),
            event.label,
            event.confidence,
            event.mean_confidence,
            event.class_number,
            event.class_id,
        )


SOUND_SEGMENTS = Table(
    name="sound_segments",
    record_type=SoundSegment,
    columns=(
        PIPELINE,
        Column("segment_id", "integer", None, "Number of the stretch among those of its pipeline, from 1."),
        *SPAN,
        *FRAMES,
        Column("kind", "text", None, "What it is: silence, speech, or loud (without speech)."),
        Column("level_dbfs", "number", "dBFS", "Mean level, 0 being that of a full-scale square wave; missing in digital silence."),
        Column("peak_dbfs", "number", "dBFS", "Level of the largest sample; missing in digital silence."),
        Column("confidence", "number", "0-1", "Mean probability of voice in speech; missing for the other kinds."),
    ),
    rows=_segment_rows,
)

SOUND_MINUTES = Table(
    name="sound_minutes",
    record_type=SoundMinute,
    columns=(
        PIPELINE,
        Column("minute_id", "integer", None, "Number of the minute from where the sound begins, from 1."),
        *SPAN,
        Column("verdict", "text", None, "Whether speech in it can be worked with: usable, doubtful, unusable, no_speech."),
        Column(
            "sound_flags",
            "text",
            None,
            "What is wrong, with spaces between: clipping, low_snr, too_quiet, dc_offset, hum, digital_silence, dropouts; missing "
            "when nothing is.",
        ),
        Column("speech_share", "number", "0-1", "Share of its time in which somebody speaks."),
        Column("silence_share", "number", "0-1", "Share of its time in which nobody speaks and nothing is loud."),
        Column("speech_level_dbfs", "number", "dBFS", "Mean level where somebody speaks, noise included; missing without speech."),
        Column("noise_floor_dbfs", "number", "dBFS", "Median level of the pauses; missing without pauses."),
        Column("snr_db", "number", "dB", "Estimated ratio of speech to the noise in the pauses; missing without either."),
        Column("clipped_share", "number", "0-1", "Estimated share of clipped samples."),
        Column("clipped_runs", "integer", "run", "How many stretches of samples are clipped."),
        Column("dc_offset", "number", "1", "Mean of the samples, full scale being 1."),
    ),
    rows=_minute_rows,
)

SOUND_EVENTS = Table(
    name="sound_events",
    record_type=SoundEvent,
    columns=(
        PIPELINE,
        Column("event_id", "integer", None, "Number of the event among those of its pipeline, from 1."),
        *SPAN,
        *FRAMES,
        Column("label", "text", None, "What can be heard, as the network's class map names it."),
        Column(
            "confidence",
            "number",
            "0-1",
            "Highest score of the class within the event; not calibrated, missing for one marked by hand.",
        ),
        Column(
            "mean_confidence", "number", "0-1", "Mean score of the class over the event; not calibrated, missing with confidence."
        ),
        Column(
            "class_number",
            "integer",
            "class",
            "Place of the class among the network's scores, from 0; missing for one named by hand.",
        ),
        Column("class_id", "text", None, "Identifier of the class in a public list; missing where the class map has none."),
    ),
    rows=_event_rows,
)
