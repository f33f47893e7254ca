"""One JSON object per line; also the `corpus.jsonl` of a BEIR folder (`_id`, `title`, `text`, `metadata`)."""

from __future__ import annotations

from pathlib import Path

import orjson

from helmert.corpus.lines import byte_lines, not_utf8
from helmert.corpus.rows import Reading, Row, shorten
from helmert.errors import BadInput


def read_jsonl(path: Path) -> Reading:
    """The records of a JSONL file. Blank lines are no records."""
    for number, line in byte_lines(path):
        if line.strip():
            yield _record(path, number, line)


def _record(path: Path, number: int, line: bytes) -> Row | BadInput:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _broken(path, number, line, error)
    if not isinstance(value, dict):
        return BadInput(
            f"not a JSON object: {shorten(value)}",
            path=str(path),
            line=number,
            next_step='Write each document as {"id": ..., "text": ...} on its own line.',
        )
    return Row(path=str(path), line=number, fields=value)


def _broken(path: Path, number: int, line: bytes, error: orjson.JSONDecodeError) -> BadInput:
    try:
        text = line.decode()
    except UnicodeDecodeError as undecodable:
        return not_utf8(path, number, undecodable)
    return BadInput(
        f"not JSON: {error.msg} at column {error.colno}: {shorten(text.strip())}",
        path=str(path),
        line=number,
        next_step="Write one complete JSON object per line.",
    )
