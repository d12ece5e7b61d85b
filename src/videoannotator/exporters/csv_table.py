"""Tables as CSV, with a data dictionary beside."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.columns import Row, Table, Value
from videoannotator.annotations.tables import TABLES
from videoannotator.exporters.base import ExportedFile, Exporter, writing

DICTIONARY = "data_dictionary.csv"
DICTIONARY_HEADER = ("table", "file", "column", "type", "unit", "description")


class CSVTable(Exporter):
    r"""`<pipeline>.csv`, or `<pipeline>.<table>.csv` for a pipeline with several tables, and `data_dictionary.csv`.

    RFC 4180 in UTF-8 without a byte order mark: a header line, lines that end in CR LF, quotes where needed. Numbers have a decimal
    point and the shortest form that reads back to the same value; booleans are `true` and `false`; a missing value is an empty
    field.

    Texts are written exactly as recognised. That has two consequences for readers: a word may be `NA` or `null`, so tell pandas
    `keep_default_na=False, na_values=[""]` (or use Parquet); and a text may begin with `=`, `+`, `-` or `@`, which a spreadsheet
    takes for a formula when the file is opened by double click, so import such a column as text.
    """

    name = "csv_table"
    display_name = "Tables (CSV)"
    description = (
        "One row per annotation with time and frame index, for statistics programs; a data dictionary explains every column."
    )
    media_type = "text/csv"
    records = tuple(dict.fromkeys(table.record_type for table in TABLES))

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        written: list[tuple[Table, str]] = []
        for pipeline in annotations.outcomes:
            tables = annotations.tables_of(pipeline)
            for table in tables:
                name = f"{pipeline}.csv" if len(tables) == 1 else f"{pipeline}.{table.name}.csv"
                _write(folder / name, [column.name for column in table.columns], annotations.rows(table, pipeline))
                written.append((table, name))
                yield ExportedFile(name, self.name, pipeline, f"Table of {table.name}.")
        if written:
            _write(folder / DICTIONARY, DICTIONARY_HEADER, _dictionary(written))
            yield ExportedFile(DICTIONARY, self.name, None, "What every column of the CSV tables means, and its unit.")


def _write(path: Path, header: Iterable[str], rows: Iterable[Row]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value


def _dictionary(written: Iterable[tuple[Table, str]]) -> Iterator[Row]:
    for table, name in written:
        for column in table.columns:
            yield table.name, name, column.name, column.kind, column.unit, column.description
