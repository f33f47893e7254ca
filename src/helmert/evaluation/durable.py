"""Files that are there as a whole or not at all, also after the machine lost its power."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that does not exist yet, down to the disk."""
    with path.open("xb") as stream:
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(path: Path, content: bytes) -> None:
    """Put a new content in the place of a file: readers see the old one or the new one."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_file(fresh, [content])
    fresh.replace(path)
    sync_folder(path.parent)


def append_to_file(path: Path, content: bytes, *, after: int) -> None:
    """Add to a file, down to the disk. What stands behind byte `after`, a torn end, is cut off first."""
    with path.open("r+b") as stream:
        stream.truncate(after)
        stream.seek(after)
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Bring names in a folder down to the disk, where the system can do that."""
    if os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_aside(folder: Path) -> Path:
    """Where a folder stands while another is put in its place, and stays when that is interrupted."""
    return folder.with_name(f".{folder.name}.old")
