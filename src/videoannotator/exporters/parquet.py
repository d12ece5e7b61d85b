"""Tables as Apache Parquet."""

from collections.abc import Iterator
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.arrow import arrow_batches, arrow_schema, missing_tables_extra
from videoannotator.annotations.columns import Row, Table
from videoannotator.annotations.tables import TABLES
from videoannotator.exporters.base import ExportedFile, Exporter, writing


class ParquetTable(Exporter):
    """`<pipeline>.parquet`, or `<pipeline>.<table>.parquet` for a pipeline with several tables.

    Description and unit of every column stand in the metadata of its field (`pyarrow.parquet.read_schema(path).field("start_s")
    .metadata`). Row groups are small, so that a table of any length is written in little memory.
    """

    name = "parquet"
    display_name = "Tables (Parquet)"
    description = "One row per annotation with time and frame index, typed and compact, for data frames and databases."
    media_type = "application/vnd.apache.parquet"
    records = tuple(dict.fromkeys(table.record_type for table in TABLES))
    extra = "tables"
    packages = ("pyarrow",)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            tables = annotations.tables_of(pipeline)
            for table in tables:
                name = f"{pipeline}.parquet" if len(tables) == 1 else f"{pipeline}.{table.name}.parquet"
                _write(folder / name, table, annotations.rows(table, pipeline))
                yield ExportedFile(name, self.name, pipeline, f"Table of {table.name}.")


def _write(path: Path, table: Table, rows: Iterator[Row]) -> None:
    try:
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415  optional extra
    except ImportError as exc:
        raise missing_tables_extra(exc) from exc
    schema = arrow_schema(table.columns)
    # An open file, because pyarrow takes a path with a colon for the address of a remote store.
    with writing(path), path.open("wb") as file, ParquetWriter(file, schema) as writer:
        for batch in arrow_batches(schema, rows):
            writer.write_batch(batch)
