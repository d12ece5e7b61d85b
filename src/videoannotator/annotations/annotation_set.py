"""All annotations of one recording, with what is needed to trust them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from videoannotator.annotations.arrow import arrow_table, data_frame
from videoannotator.annotations.columns import Row, RowContext, Table
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.identities import Identities
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.annotations.persons import PersonIdentity
from videoannotator.annotations.provenance import Provenance
from videoannotator.annotations.store import PipelineRecords
from videoannotator.annotations.tables import TABLES, stacked, widened
from videoannotator.errors import InvalidRequestException

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

RecordT = TypeVar("RecordT")


@dataclass(frozen=True)
class AnnotationSet:
    """All annotations of one recording.

    Records of a large set wait on disk until they are iterated; `close` (or leaving a `with` block) removes them.

    Attributes:
        media: the recording.
        outcomes: how each selected pipeline ended, by name.
        results: what each pipeline made, by name, one that failed up to there; a pipeline without an entry made nothing.
        frame_times: time of each frame; None when the video track was not read.
        provenance: what the run was made from.
    """

    media: MediaInfo
    outcomes: Mapping[str, PipelineOutcome]
    results: Mapping[str, PipelineRecords]
    frame_times: FrameTimes | None
    provenance: Provenance

    def records(self, record_type: type[RecordT]) -> Iterator[RecordT]:
        """All records of a type, such as `Scene` or `Utterance`, whichever of the completed pipelines made them."""
        completed = [name for name, outcome in self.outcomes.items() if outcome.status is PipelineStatus.COMPLETED]
        return chain.from_iterable(self.results[name].of_type(record_type) for name in completed if name in self.results)

    @cached_property
    def identities(self) -> Identities:
        """Who is behind the tracks of people and faces, as far as the completed pipelines say."""
        return Identities(self.records(PersonIdentity))

    @property
    def failed(self) -> tuple[PipelineOutcome, ...]:
        """The outcomes of the pipelines that failed."""
        return tuple(outcome for outcome in self.outcomes.values() if outcome.status is PipelineStatus.FAILED)

    def tables_of(self, pipeline: str) -> tuple[Table, ...]:
        """The tables that a pipeline's annotations can be read as, also when it found nothing; none unless it completed."""
        outcome = self.outcomes.get(pipeline)
        if outcome is None or outcome.status is not PipelineStatus.COMPLETED:
            return ()
        made = set(outcome.records or {})
        if pipeline in self.results:
            made.update(kind.__name__ for kind in self.results[pipeline].types)
        return tuple(table for table in TABLES if table.record_type.__name__ in made)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that the completed pipelines give, those without rows included."""
        present = {table.name for pipeline in self.outcomes for table in self.tables_of(pipeline)}
        return tuple(table.name for table in TABLES if table.name in present)

    def rows(self, table: Table, pipeline: str) -> Iterator[Row]:
        """The rows of one pipeline's table, read from disk as they are asked for."""
        records: Iterable[object] = self.results[pipeline].of_type(table.record_type) if pipeline in self.results else ()
        return table.rows(pipeline, records, RowContext(self.frame_times, self.identities))

    def to_arrow(self, table: str | None = None) -> "pa.Table":
        """One table, of all pipelines that give it, with descriptions and units in the metadata of its fields.

        Args:
            table: its name, one of `tables`; None for all of them below one another, with the column `table` first and nulls where
                a table does not have a column.

        Raises:
            InvalidRequestException: no pipeline of this run gives this table.
            ExtraMissingException: PyArrow is not installed.
        """
        if table is not None and table not in self.tables:
            raise InvalidRequestException(
                f"No completed pipeline of this run gives a table {table!r}.",
                hint=f"These are there: {', '.join(self.tables) or 'none'}.",
                detail={"tables": list(self.tables)},
            )
        sources = [(each, name) for each in TABLES for name in self.outcomes if each in self.tables_of(name)]
        if table is None:
            columns = stacked(each for each in TABLES if each.name in self.tables)
            rows = chain.from_iterable(widened(each, columns, self.rows(each, name)) for each, name in sources)
        else:
            columns = next(each.columns for each in TABLES if each.name == table)
            rows = chain.from_iterable(self.rows(each, name) for each, name in sources if each.name == table)
        return arrow_table(columns, rows)

    def to_pandas(self, table: str | None = None) -> "pd.DataFrame":
        """What `to_arrow` gives, as a data frame with types that allow missing values.

        Raises:
            InvalidRequestException: no pipeline of this run gives this table.
            ExtraMissingException: pandas or PyArrow is not installed.
        """
        return data_frame(self.to_arrow(table))

    def close(self) -> None:
        """Remove what waits on disk; the set cannot be read afterwards."""
        for results in self.results.values():
            results.close()

    def __enter__(self) -> "AnnotationSet":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
