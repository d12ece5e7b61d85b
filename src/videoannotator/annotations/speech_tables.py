"""What was said, as rows: by utterance and by word."""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.columns import FRAMES, PIPELINE, SPAN, Column, Row, RowContext, Table, frames, span
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voice_tables import SPEAKER


def _utterance_rows(pipeline: str, utterances: Iterable[Utterance], context: RowContext) -> Iterator[Row]:
    for number, said in enumerate(utterances, start=1):
        yield (
            pipeline,
            number,
            *span(said.start, said.end),
            *frames(said.start, said.end, context.times),
            said.text,
            said.language,
            said.confidence,
            len(said.words),
            said.speaker_id,
            said.speaker_label,
        )


def _word_rows(pipeline: str, utterances: Iterable[Utterance], context: RowContext) -> Iterator[Row]:
    number = 0
    for utterance_number, said in enumerate(utterances, start=1):
        for word in said.words:
            number += 1
            yield (
                pipeline,
                number,
                utterance_number,
                *span(word.start, word.end),
                *frames(word.start, word.end, context.times),
                word.text,
                said.language,
                word.confidence,
                word.timing.value,
                said.speaker_id,
                said.speaker_label,
                " ".join(word.other_speakers) or None,
            )


_LANGUAGE = Column("language", "text", None, "ISO 639-1 code of the language it was recognised in.")
_CONFIDENCE = Column("confidence", "number", "0-1", "How sure the recogniser was; missing when it does not say.")
_UTTERANCE_ID = Column("utterance_id", "integer", None, "Number of the utterance among those of its pipeline, from 1.")

UTTERANCES = Table(
    name="utterances",
    record_type=Utterance,
    columns=(
        PIPELINE,
        _UTTERANCE_ID,
        *SPAN,
        *FRAMES,
        Column("text", "text", None, "What was said, as recognised."),
        _LANGUAGE,
        _CONFIDENCE,
        Column("word_count", "integer", "word", "How many of its words have times of their own, in the table words."),
        *SPEAKER,
    ),
    rows=_utterance_rows,
)

WORDS = Table(
    name="words",
    record_type=Utterance,
    columns=(
        PIPELINE,
        Column("word_id", "integer", None, "Number of the word among those of its pipeline, from 1."),
        _UTTERANCE_ID,
        *SPAN,
        *FRAMES,
        Column("text", "text", None, "What was said, as recognised."),
        _LANGUAGE,
        _CONFIDENCE,
        Column(
            "timing",
            "text",
            None,
            "Where its times come from: aligned (pronunciation from the dictionary), guessed (pronunciation from the spelling), "
            "proportional (shared out by length), attention (of the recogniser) or corrected (put between its neighbours by hand).",
        ),
        *SPEAKER,
        Column("other_speakers", "text", None, "Who else speaks during the word, with spaces between; missing when nobody does."),
    ),
    rows=_word_rows,
)
