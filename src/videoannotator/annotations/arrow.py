"""Tables as Arrow record batches; PyArrow comes with the extra `tables`."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from videoannotator.annotations.columns import Column, Row
from videoannotator.errors import ExtraMissingException

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BATCH_ROWS = 8192


def missing_tables_extra(exc: ImportError) -> ExtraMissingException:
    """The error that says how to install what tables need."""
    return ExtraMissingException(
        f"Data frames and Parquet files need the package {exc.name}, which is not installed.",
        hint="Install it with: pip install 'videoannotator[tables]'",
        detail={"extra": "tables", "package": exc.name},
    )


def arrow_schema(columns: Iterable[Column]) -> "pa.Schema":
    """The Arrow schema of these columns; description and unit stand in each field's metadata.

    Raises:
        ExtraMissingException: PyArrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  optional extra
    except ImportError as exc:
        raise missing_tables_extra(exc) from exc
    types = {"number": pa.float64(), "integer": pa.int64(), "text": pa.string(), "boolean": pa.bool_()}
    return pa.schema(
        pa.field(
            column.name,
            types[column.kind],
            metadata={"description": column.description} | ({} if column.unit is None else {"unit": column.unit}),
        )
        for column in columns
    )


def arrow_batches(schema: "pa.Schema", rows: Iterable[Row]) -> Iterator["pa.RecordBatch"]:
    """The rows in batches of at most `BATCH_ROWS`; none when there are no rows."""
    import pyarrow as pa  # noqa: PLC0415  optional extra, and whoever has a schema has it

    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH_ROWS)):
        columns = zip(zip(*batch, strict=True), schema.types, strict=True)
        yield pa.record_batch([pa.array(values, kind) for values, kind in columns], schema=schema)


def arrow_table(columns: Iterable[Column], rows: Iterable[Row]) -> "pa.Table":
    """All the rows as one table.

    Raises:
        ExtraMissingException: PyArrow is not installed.
    """
    schema = arrow_schema(columns)
    import pyarrow as pa  # noqa: PLC0415  optional extra, and whoever has a schema has it

    return pa.Table.from_batches(arrow_batches(schema, rows), schema=schema)


def data_frame(table: "pa.Table") -> "pd.DataFrame":
    """The table for pandas: integers and booleans that may be missing, texts as strings, numbers as float64.

    Raises:
        ExtraMissingException: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415  optional extra
    except ImportError as exc:
        raise missing_tables_extra(exc) from exc
    import pyarrow as pa  # noqa: PLC0415  optional extra, and whoever has a table has it

    kinds = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(), pa.string(): pd.StringDtype()}
    return table.to_pandas(types_mapper=kinds.get)
