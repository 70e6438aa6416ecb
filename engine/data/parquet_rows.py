"""Rows of a Parquet file, as pandas and the hub's datasets write it."""

import io
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from engine.data.file_bytes import BYTES_AT_MOST
from engine.data.findings import FileRow, Findings
from engine.data.shapes import AS_NAMED, Layout, check_columns, matters
from engine.data.strict_json import Number
from engine.errors import DataError

ROWS_AT_ONCE = (
    64  # a file may repeat one long text in few bytes, so at most this is unpacked before its size is measured
)
UNFOLDED_AT_MOST = 10 * BYTES_AT_MOST


def parquet_rows(data: bytes, found: Findings, layout: Layout = AS_NAMED) -> Iterator[FileRow]:
    """The rows in their order, with numbers as text. `DataError` for a file that is not Parquet or unpacks to
    too much.
    """
    import pyarrow
    import pyarrow.parquet

    filename = found.filename
    unfolded, number = 0, 0
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        names = check_columns(file.schema_arrow.names, filename, layout)
        for batch in file.iter_batches(ROWS_AT_ONCE):
            unfolded += batch.nbytes
            if unfolded > UNFOLDED_AT_MOST:
                raise DataError(f"{filename} unpacks to more than {UNFOLDED_AT_MOST // 1024**2} MB")
            columns = [
                _values(batch.column(place)) if matters(name, layout) else [None] * batch.num_rows
                for place, name in enumerate(names)
            ]
            for cells in zip(*columns, strict=True):
                number += 1
                yield FileRow(f"row {number}", dict(zip(names, cells, strict=True)))
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DataError(f"{filename} is not a readable Parquet file: {reason}") from None


def _values(values: Any) -> list[Any]:
    """A column's cells. A float is written with the fewest digits that give the same value, as its author wrote it."""
    kinds = {"halffloat": numpy.float16, "float": numpy.float32}
    return [_value(value, kinds.get(str(values.type), float)) for value in values.to_pylist()]


def _value(value: Any, kind: Callable[[float], Any] = float) -> Any:
    if isinstance(value, list):
        return [_value(part) for part in value]
    if isinstance(value, dict):
        return {name: _value(part) for name, part in value.items()}
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isinf(value):
        return value
    if math.isnan(value):
        return None
    return Number(kind(value) if isinstance(value, float) else value)
