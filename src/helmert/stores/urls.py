"""Store URLs: the scheme picks the driver, three slashes mean a relative path and four an absolute one."""

from __future__ import annotations

from pathlib import Path

from helmert.errors import ConfigError


def scheme_of(url: str) -> str:
    """The part before `://`. Raises `ConfigError` when there is none."""
    scheme, separator, _ = url.partition("://")
    if not separator or not scheme:
        raise ConfigError(
            f"Store URL {url!r} has no scheme.",
            next_step=("Write scheme, colon and slashes, as in lancedb:///vectors or sqlite:////srv/vectors.db."),
        )
    return scheme


def local_path(url: str, base: Path) -> Path:
    """The file or folder behind the URL of a database on disk.

    The spelling is that of SQLAlchemy: `sqlite:///vectors.db` is relative and starts at `base`,
    `sqlite:////srv/vectors.db` is absolute. What follows the third slash is taken as it is, without percent
    decoding.
    Raises `ConfigError` for a host name or an empty path.
    """
    scheme = scheme_of(url)
    rest = url.removeprefix(f"{scheme}://")
    if not rest.startswith("/") or rest == "/":
        raise ConfigError(
            f"Store URL {url!r} must name a path after three slashes.",
            next_step=f"Write {scheme}:///relative/path or {scheme}:////absolute/path.",
        )
    return base / rest[1:]
