"""What a generator has made, on disk one document after the other, so that nothing is paid for twice."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from helmert.evaluation import Span
from helmert.labelling.generators import Generated
from helmert.types import Document, content_hash

Key = tuple[str, str, int]
"""Document id, hash of its text, and how many queries were asked for."""


class Answers:
    """Answers of one generator, by document. Use it as a context manager.

    One line for each document, written and brought down to the disk when the generator has answered. A line that a
    crash cut off is left out; the document is asked about again.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._path = folder / f"{identity}.jsonl"
        self._known = dict(self._read())
        self._stream = -1

    def get(self, document: Document, count: int) -> tuple[Generated, ...] | None:
        """What was made for this text; None when nobody asked yet."""
        return self._known.get(_key(document, count))

    def add(self, document: Document, count: int, made: Sequence[Generated]) -> None:
        """Keep what was made."""
        key = _key(document, count)
        row = {
            "document": key[0],
            "content": key[1],
            "count": key[2],
            "queries": [{"text": each.text, "span": _ends(each.span)} for each in made],
        }
        os.write(self._stream, orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        os.fsync(self._stream)
        self._known[key] = tuple(made)

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if os.fstat(self._stream).st_size and not self._path.read_bytes().endswith(b"\n"):
            os.write(self._stream, b"\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._stream)
        self._stream = -1

    def _read(self) -> list[tuple[Key, tuple[Generated, ...]]]:
        if not self._path.is_file():
            return []
        return [entry for line in self._path.read_bytes().split(b"\n") if (entry := _entry(line)) is not None]


def _key(document: Document, count: int) -> Key:
    return document.id, content_hash(document.text), count


def _ends(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]


def _entry(line: bytes) -> tuple[Key, tuple[Generated, ...]] | None:
    """An entry, or None for a line that was cut off."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    match row:
        case {"document": str(document), "content": str(content), "count": int(count), "queries": list(queries)}:
            made = tuple(
                Generated(
                    text=query["text"],
                    span=None if query["span"] is None else Span(start=query["span"][0], end=query["span"][1]),
                )
                for query in queries
            )
            return (document, content, count), made
    return None
