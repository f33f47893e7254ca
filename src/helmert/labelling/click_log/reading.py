"""Logs of clicks: JSONL, CSV, TSV or Parquet with one click, or one count of clicks, per row.

| column | also called | what it holds |
|---|---|---|
| `query` | `query_text`, `q` | what was searched |
| `document` | `document_id`, `doc_id`, `clicked` | the id that was clicked |
| `query_id` | `qid` | optional |
| `rank` | `position` | optional: where it stood, from 1 |
| `timestamp` | `time`, `at` | optional, ISO 8601 |
| `user` | `user_id`, `session`, `session_id` | optional: clicks of one user on one pair count once |
| `count` | `clicks` | optional: how many clicks the row stands for |

Other columns are left alone. Capitals in the names of columns do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from helmert.corpus.delimited import read_delimited
from helmert.corpus.jsonl import read_jsonl
from helmert.corpus.parquet import read_parquet
from helmert.corpus.rows import EveryColumn, Reading, Row, shorten
from helmert.errors import BadInput, NotFound

_QUERY = ("query", "query_text", "q")
_DOCUMENT = ("document", "document_id", "doc_id", "clicked")
_QUERY_ID = ("query_id", "qid")
_RANK = ("rank", "position")
_MOMENT = ("timestamp", "time", "at")
_USER = ("user", "user_id", "session", "session_id")
_COUNT = ("count", "clicks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One row of a log."""

    query: str
    document: str
    query_id: str = ""
    rank: int | None = None
    """Where the document stood when it was clicked, from 1."""
    at: str = ""
    """ISO 8601; empty when the log does not say."""
    user: str = ""
    count: int = 1


def read_clicks(path: Path) -> Iterator[Click]:
    """Every row of a log. Rows with an empty query are no searches and are passed over.

    Raises `NotFound`, `MissingExtra` for Parquet without `pyarrow`, and `BadInput` with file, line, value and remedy.
    """
    if not path.is_file():
        raise NotFound(f"There is no log {path}.", next_step="Check the path.")
    for item in _reading(path):
        if isinstance(item, BadInput):
            raise item
        fields = {name.strip().lower(): value for name, value in item.fields.items()}
        query = _text(item, fields, _QUERY)
        if query.strip():
            yield _click(item, fields, query)


def _reading(path: Path) -> Reading:
    columns = EveryColumn()
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            return read_jsonl(path)
        case ".csv":
            return read_delimited(path, delimiter=",", columns=columns)
        case ".tsv":
            return read_delimited(path, delimiter="\t", columns=columns)
        case ".parquet":
            return read_parquet(path, columns=columns)
        case suffix:
            raise BadInput(
                f"the suffix {suffix!r} is not one of .jsonl, .ndjson, .csv, .tsv, .parquet",
                path=str(path),
                next_step="Rename or convert the log.",
            )


def _click(row: Row, fields: Mapping[str, object], query: str) -> Click:
    document = _text(row, fields, _DOCUMENT)
    if not document:
        raise _bad(row, "the clicked document is empty", "Leave searches without a click out of the log.")
    return Click(
        query=query,
        document=document,
        query_id=_optional(row, fields, _QUERY_ID),
        rank=_whole(row, fields, _RANK),
        at=_moment(row, fields),
        user=_optional(row, fields, _USER),
        count=_whole(row, fields, _COUNT) or 1,
    )


def _find(fields: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in fields), None)


def _text(row: Row, fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    name = _find(fields, names)
    if name is None:
        raise _bad(row, f"no column {names[0]!r}; there are {', '.join(fields)}", f"Call it {names[0]!r}.")
    return _optional(row, fields, names)


def _optional(row: Row, fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    name = _find(fields, names)
    value = fields[name] if name is not None else None
    match value:
        case None:
            return ""
        case bool() | float():
            pass
        case str() | int():
            return str(value)
    raise _bad(row, f"{name!r} is {shorten(value)}, not a text or a whole number", "Write it as text.")


def _whole(row: Row, fields: Mapping[str, object], names: tuple[str, ...]) -> int | None:
    name = _find(fields, names)
    value = fields[name] if name is not None else None
    if value is None or value == "":
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise _bad(row, f"{name!r} is {shorten(value)}, not a whole number from 1 on", "Count from 1.")
    return int(text)


def _moment(row: Row, fields: Mapping[str, object]) -> str:
    name = _find(fields, _MOMENT)
    value = fields[name] if name is not None else None
    if isinstance(value, date):
        return value.isoformat()
    text = _optional(row, fields, _MOMENT)
    try:
        return datetime.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise _bad(
            row, f"{name!r} is {shorten(value)}, not a moment as in 2026-03-01T09:30:00Z", "Write moments in ISO 8601."
        ) from None


def _bad(row: Row, reason: str, next_step: str) -> BadInput:
    return BadInput(reason, path=row.path, line=row.line, next_step=next_step)
