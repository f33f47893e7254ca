"""Parquet files, a batch of rows at a time. Needs `pyarrow`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from helmert.corpus.lines import unreadable
from helmert.corpus.rows import Columns, Reading, Row
from helmert.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1024


def read_parquet(path: Path, *, columns: Columns) -> Reading:
    """The rows of a Parquet file, numbered from 1. Only the columns that are needed are read.

    Raises `MissingExtra` without `pyarrow`, `BadInput` for a file that is not Parquet or lacks a column.
    """
    try:
        import pyarrow.lib
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise MissingExtra("Reading Parquet files", extra="arrow") from error
    number = 0
    try:
        with ParquetFile(path) as file:
            wanted = _wanted(path, file.schema_arrow.names, columns)
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=wanted):
                yield from _records(path, number, batch)
                number += batch.num_rows
    except OSError as error:
        raise unreadable(path, error) from error
    except pyarrow.lib.ArrowException as error:
        raise BadInput(
            f"not a readable Parquet file: {error}", path=str(path), next_step="Write the file again."
        ) from error


def _wanted(path: Path, names: list[str], columns: Columns) -> list[str] | None:
    required = (columns.find_id(names), *columns.text_names(), *(columns.metadata_fields or ()))
    for name in required:
        if name not in names:
            raise BadInput(
                f"no column {name!r}; the file has {', '.join(names)}",
                path=str(path),
                next_step="Name the columns with id_field, text_fields and metadata_fields.",
            )
    if columns.metadata_fields is None:
        return None
    title = ("title",) if columns.text_fields is None and "title" in names else ()
    return list(dict.fromkeys((*required, *title)))


def _records(path: Path, before: int, batch: pa.RecordBatch) -> Iterator[Row | BadInput]:
    try:
        found = batch.to_pylist()
    except UnicodeDecodeError:
        yield from _one_by_one(path, before, batch)
        return
    for number, fields in enumerate(found, start=before + 1):
        yield Row(path=str(path), line=number, fields=fields)


def _one_by_one(path: Path, before: int, batch: pa.RecordBatch) -> Iterator[Row | BadInput]:
    """The rows of a batch in which some text is not UTF-8; Parquet writers do not check that."""
    for position in range(batch.num_rows):
        number = before + position + 1
        try:
            yield Row(path=str(path), line=number, fields=batch.slice(position, 1).to_pylist()[0])
        except UnicodeDecodeError as error:
            yield BadInput(
                f"not UTF-8: {error.reason}",
                path=str(path),
                line=number,
                next_step="Write the text column as UTF-8.",
            )
