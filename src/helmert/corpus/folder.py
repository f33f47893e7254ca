"""A folder of `.txt` and `.md` files: one document per file, its id the path inside the folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from helmert.corpus.lines import BYTE_ORDER_MARK, not_utf8, unreadable
from helmert.corpus.rows import Reading, Row
from helmert.errors import BadInput

SUFFIXES = frozenset({".txt", ".md"})


def read_folder(path: Path) -> Reading:
    """The text files below a folder, sorted by id. Names that start with a dot are left out."""
    for identity in sorted(_identities(path)):
        yield _record(path, identity)


def _identities(folder: Path) -> Iterator[str]:
    try:
        for file in folder.rglob("*"):
            inside = file.relative_to(folder)
            hidden = any(part.startswith(".") for part in inside.parts)
            if not hidden and file.suffix.lower() in SUFFIXES and file.is_file():
                yield inside.as_posix()
    except OSError as error:
        raise unreadable(folder, error) from error


def _record(folder: Path, identity: str) -> Row | BadInput:
    path = folder / identity
    try:
        content = path.read_bytes().removeprefix(BYTE_ORDER_MARK)
    except OSError as error:
        return unreadable(path, error)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return _undecodable(path, content, error)
    return Row(path=str(path), line=None, fields={"id": identity, "text": text.replace("\r\n", "\n")})


def _undecodable(path: Path, content: bytes, error: UnicodeDecodeError) -> BadInput:
    line_start = content.rfind(b"\n", 0, error.start) + 1
    in_line = UnicodeDecodeError(
        error.encoding, content[line_start:], error.start - line_start, error.end - line_start, error.reason
    )
    return not_utf8(path, content.count(b"\n", 0, error.start) + 1, in_line)
