"""The flat tables that annotations are read as: one row per annotation, every column described.

A new record type becomes readable as a table, and so in every tabular format, by one more entry in `TABLES`. Columns of the same
name have the same kind in every table, so that tables can stand below one another.
"""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.active_speaker_tables import SPEAKER_LINKS, SPEAKING_ON_SCREEN
from videoannotator.annotations.columns import Column, Row, Table
from videoannotator.annotations.conversation_tables import FLOOR_TRANSFERS, SPEAKER_MEASURES
from videoannotator.annotations.face_tables import FACE_TRACKS, FACES
from videoannotator.annotations.person_tables import IDENTITIES, PERSONS
from videoannotator.annotations.prosody_tables import PROSODY, SPEAKER_PROSODY
from videoannotator.annotations.scene_tables import SCENES
from videoannotator.annotations.sound_tables import SOUND_EVENTS, SOUND_MINUTES, SOUND_SEGMENTS
from videoannotator.annotations.speech_tables import UTTERANCES, WORDS
from videoannotator.annotations.voice_tables import TURNS

TABLES: tuple[Table, ...] = (
    *(SCENES, UTTERANCES, WORDS, TURNS, FLOOR_TRANSFERS, SPEAKER_MEASURES, PERSONS, IDENTITIES, FACES, FACE_TRACKS),
    *(SPEAKING_ON_SCREEN, SPEAKER_LINKS, PROSODY, SPEAKER_PROSODY, SOUND_SEGMENTS, SOUND_MINUTES, SOUND_EVENTS),
)
"""Every table there is."""


def stacked(tables: Iterable[Table]) -> tuple[Column, ...]:
    """The columns of tables that stand below one another: first `table`, the name of each row's table, then each column once."""
    columns = {"table": Column("table", "text", None, "Name of the table that the row comes from.")}
    for table in tables:
        for column in table.columns:
            columns.setdefault(column.name, column)
    return tuple(columns.values())


def widened(table: Table, columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[Row]:
    """Rows of `table` laid out for the columns that `stacked` gave; what the table does not have is None."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    wanted = [places.get(column.name) for column in columns[1:]]
    for row in rows:
        yield (table.name, *(None if place is None else row[place] for place in wanted))
