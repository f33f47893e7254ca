"""`open_source`: the reader that fits a path."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from stat import S_ISDIR

from helmert.corpus.base import OnBad, Source
from helmert.corpus.delimited import read_delimited
from helmert.corpus.folder import read_folder
from helmert.corpus.jsonl import read_jsonl
from helmert.corpus.lines import unreadable
from helmert.corpus.parquet import read_parquet
from helmert.corpus.rows import Columns, RowSource
from helmert.errors import BadInput, UsageError

BEIR_CORPUS = "corpus.jsonl"


def open_source(
    path: str | Path,
    *,
    on_bad: OnBad = "stop",
    id_field: str | None = None,
    text_fields: Sequence[str] | None = None,
    metadata_fields: Sequence[str] | None = None,
) -> Source:
    """The source behind a path, chosen by suffix, or for a folder by what it contains.

    Accepted are `.jsonl` and `.ndjson`, `.csv`, `.tsv`, `.parquet`, a BEIR folder (its `corpus.jsonl`), and a
    folder of `.txt` and `.md` files. Nothing is read yet.

    Args:
        path: File or folder.
        on_bad: "stop" raises `BadInput` at the first bad row; "skip" leaves it out and reports it.
        id_field: Field with the id; by default `id` or `_id` (in a BEIR folder `_id`).
        text_fields: Fields that are joined by newlines; by default `title`, where there is one, and `text`.
        metadata_fields: Fields to keep; by default all others, and the title. Absent values are dropped.

    Raises:
        BadInput: the path does not exist or is of another kind.
        UsageError: fields were named for a folder of text files, or `text_fields` names none.
    """
    path = Path(path)
    if text_fields is not None and not text_fields:
        raise UsageError("text_fields names no field; leave it out to use title and text.")
    columns = Columns(
        id_field=id_field,
        text_fields=None if text_fields is None else tuple(text_fields),
        metadata_fields=None if metadata_fields is None else tuple(metadata_fields),
    )
    try:
        is_folder = S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise unreadable(path, error) from error
    return _open_folder(path, columns, on_bad) if is_folder else _open_file(path, columns, on_bad)


def _open_folder(path: Path, columns: Columns, on_bad: OnBad) -> Source:
    corpus = path / BEIR_CORPUS
    if corpus.is_file():
        beir = Columns(
            id_field=columns.id_field or "_id",
            text_fields=columns.text_fields,
            metadata_fields=columns.metadata_fields,
        )
        return RowSource(name=str(path), read=partial(read_jsonl, corpus), columns=beir, on_bad=on_bad)
    if columns != Columns():
        raise UsageError(f"{path} is a folder of text files; these have no fields to choose from.")
    return RowSource(name=str(path), read=partial(read_folder, path), columns=columns, on_bad=on_bad)


def _open_file(path: Path, columns: Columns, on_bad: OnBad) -> Source:
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            read = partial(read_jsonl, path)
        case ".csv":
            read = partial(read_delimited, path, delimiter=",", columns=columns)
        case ".tsv":
            read = partial(read_delimited, path, delimiter="\t", columns=columns)
        case ".parquet":
            read = partial(read_parquet, path, columns=columns)
        case suffix:
            raise BadInput(
                f"the suffix {suffix!r} is not one of .jsonl, .ndjson, .csv, .tsv, .parquet",
                path=str(path),
                next_step="Rename or convert the file, or name a folder of .txt and .md files.",
            )
    return RowSource(name=str(path), read=read, columns=columns, on_bad=on_bad)
