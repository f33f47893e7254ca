"""Lines, JSON objects, ids and numbers of data files, with errors that name file, line and value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from helmert.errors import BadInput, NotFound

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a file."""

    path: Path
    line: int | None
    """From 1; for Parquet the row; None where a whole file is one value."""

    def error(self, message: str, *, next_step: str | None = None) -> BadInput:
        """An error about this place, to be raised by the caller."""
        return BadInput(message, path=str(self.path), line=self.line, next_step=next_step)


def numbered_lines(path: Path) -> Iterator[tuple[Place, str]]:
    """Yield the lines that are not blank, without their line ends and without a byte order mark.

    Raises `NotFound` for a missing file and `BadInput` for one that is not UTF-8 or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            for number, raw in enumerate(stream, start=1):
                place = Place(path=path, line=number)
                text = _decode(raw, place).rstrip("\r\n")
                if text.strip():
                    yield place, text
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.", next_step="Check the path.") from error
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}.", path=str(path)) from error


def json_objects(path: Path) -> Iterator[tuple[Place, dict[str, object]]]:
    """Yield one JSON object per line. Raises `BadInput` for a line that is something else."""
    for place, text in numbered_lines(path):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise place.error(
                f"not valid JSON ({error}): {shorten(text)}", next_step="Put one JSON object on each line."
            ) from error
        if not isinstance(value, dict):
            raise place.error(
                f"expected a JSON object, got {shorten(text)}", next_step="Put one JSON object on each line."
            )
        yield place, value


def json_object(path: Path) -> dict[str, object]:
    """The one JSON object that a file holds. Raises `NotFound`, and `BadInput` for a file that holds something else."""
    place = Place(path=path, line=None)
    try:
        value = orjson.loads(_whole_text(path))
    except orjson.JSONDecodeError as error:
        raise Place(path=path, line=error.lineno).error(
            f"not valid JSON ({error}).", next_step="Write the file again as one JSON object."
        ) from error
    if not isinstance(value, dict):
        raise place.error(
            f"expected a JSON object, got {shorten(value)}", next_step="Write the file again as one JSON object."
        )
    return value


def identifier(value: object, place: Place, what: str) -> str:
    """An id as text: 7 and "7" are the same. Raises `BadInput` unless whole number or non-empty text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value:
        return value
    raise place.error(
        f"{what} must be a non-empty text or a whole number; got {shorten(value)}.",
        next_step="Write ids as text: a column of numbers with gaps turns 7 into 7.0."
        if isinstance(value, float)
        else f"Give every line its {what}.",
    )


def query_text(value: object, place: Place, query: str) -> str:
    """The text of a query. Raises `BadInput` when it is missing or blank."""
    if isinstance(value, str) and value.strip():
        return value
    raise place.error(
        f"query {query!r} has no text; got {shorten(value)}.",
        next_step="Give the query a text or remove its line.",
    )


def written_grade(text: str, place: Place) -> int | float:
    """A grade written as text. Raises `BadInput` unless it is a finite number."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    raise _not_a_grade(text, place)


def json_grade(value: object, place: Place, *, where: str = "") -> int | float:
    """A grade from JSON. Raises `BadInput` unless it is a finite number; `where` is added to the message."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise _not_a_grade(value, place, where)


def shorten(value: object, limit: int = 80) -> str:
    """The value as it would be written in Python, cut to fit into a message."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}..."


def _not_a_grade(value: object, place: Place, where: str = "") -> BadInput:
    return place.error(
        f"the grade {shorten(value)}{where} is not a number.",
        next_step="Write grades as numbers: 1 or more for relevant, 0 for judged and not relevant.",
    )


def _whole_text(path: Path) -> str:
    """The file with its blank lines, so that a parser counts lines as an editor does."""
    lines: list[str] = []
    for place, line in numbered_lines(path):
        lines.extend([""] * ((place.line or 1) - 1 - len(lines)))
        lines.append(line)
    return "\n".join(lines)


def _decode(raw: bytes, place: Place) -> str:
    try:
        return raw.decode("utf-8-sig" if place.line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise place.error(
            f"byte {raw[error.start]:#04x} at column {error.start + 1} is not UTF-8.",
            next_step=f"Convert it: iconv -f latin1 -t utf-8 {place.path.name}",
        ) from error
