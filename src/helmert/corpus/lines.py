"""Lines of a text file as bytes, so that a broken one can be named by its number and passed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from helmert.errors import BadInput

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def byte_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number from 1 and line with its ending. Only a line feed ends a line; a byte order mark is cut.

    Raises `BadInput` when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> BadInput:
    """The error for a file or folder that the operating system does not give out."""
    return BadInput(
        f"cannot be read: {error.strerror or error}",
        path=str(path),
        next_step="Check the path and who may read it.",
    )


def not_utf8(path: Path, line: int, error: UnicodeDecodeError) -> BadInput:
    """The error for bytes that are not UTF-8."""
    byte = error.object[error.start : error.start + 1]
    return BadInput(
        f"not UTF-8: byte 0x{byte.hex()} at position {error.start} of the line",
        path=str(path),
        line=line,
        next_step="Save the file as UTF-8.",
    )
