"""What a model on disk is identified by: a digest of its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from helmert.errors import ConfigError

SHORTEST_PIN = 8


def files_revision(*paths: Path) -> str:
    """16 hex characters of BLAKE2b over the contents of the files, in the order given. Names do not count."""
    whole = hashlib.blake2b(digest_size=8)
    for path in paths:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).digest())
    return whole.hexdigest()


def require_revision(found: str, *, wanted: str, where: Path) -> str:
    """The revision found, or `ConfigError` when `helmert.toml` pins another one.

    Args:
        found: digest of the files at hand.
        wanted: the option `revision`: empty, or the first 8 or more characters of the digest expected.
        where: the folder or file, for the message.
    """
    if wanted and (len(wanted) < SHORTEST_PIN or not found.startswith(wanted)):
        raise ConfigError(
            f"The model at {where} has revision {found!r}; helmert.toml asks for {wanted!r}.",
            next_step=f"Restore the pinned files, or set revision = {found!r} and run: helmert plan",
        )
    return found
