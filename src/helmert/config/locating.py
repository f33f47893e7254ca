"""On which line of a TOML file a key stands. A TOML parser forgets lines."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence

Path = tuple[str | int, ...]
"""Keys from the top of the file; a number is a place in an array of tables, from 0."""

_PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_KEY})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_KEY})\s*=")
_LONG_STRING = re.compile(r'"{3}|' + "'{3}")


def locate(text: str, keys: Sequence[str | int]) -> int:
    """The line on which the deepest of `keys` stands, counted from 1; 1 when none of them does.

    Table headers, arrays of tables, dotted and quoted keys are followed. What stands in an inline table or an array
    is found by the line of the key that opens it.
    """
    wanted, best, depth = tuple(keys), 1, 0
    for number, found in _keys(text):
        if len(found) > depth and found == wanted[: len(found)]:
            best, depth = number, len(found)
    return best


def _keys(text: str) -> Iterator[tuple[int, Path]]:
    """Every header and every assignment with its line."""
    table: Path = ()
    tables: Counter[Path] = Counter()
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if header := _HEADER.match(line):
            table = _within(_parts(header[2]), tables)
            if header[1] == "[[":
                tables[table] += 1
                table = (*table, tables[table] - 1)
            yield number, table
        elif assignment := _ASSIGNMENT.match(line):
            yield number, (*table, *_parts(assignment[1]))
        closing = _opened(line)


def _parts(key: str) -> tuple[str, ...]:
    """The parts of a dotted key, without quotes and escapes."""
    parts: list[str] = []
    inner: object = tomllib.loads(f"{key} = 0")
    while isinstance(inner, dict):
        ((part, inner),) = inner.items()
        parts.append(part)
    return tuple(parts)


def _within(parts: Sequence[str], tables: Counter[Path]) -> Path:
    """The path of a header; below an array of tables it belongs to the last table of that array."""
    path: Path = ()
    for place, part in enumerate(parts):
        path = (*path, part)
        if path in tables and place < len(parts) - 1:
            path = (*path, tables[path] - 1)
    return path


def _opened(line: str) -> str:
    """The quotes that a string over several lines still needs after this line; empty when there is none."""
    code = "" if line.lstrip().startswith("#") else line.split(" #", maxsplit=1)[0]
    closing = ""
    for quotes in _LONG_STRING.findall(code):
        closing = quotes if not closing else "" if quotes == closing else closing
    return closing
