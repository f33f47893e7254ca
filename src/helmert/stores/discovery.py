"""From a URL to an open store: the scheme selects the driver, built-in or third-party, by entry point."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Iterable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

from helmert.errors import ConfigError, NotFound
from helmert.stores.base import Capabilities, VectorStore
from helmert.stores.urls import scheme_of

GROUP = "helmert.stores"
"""The entry-point group; the name of an entry is the scheme, its value `module:open_store`."""


def open_store(url: str, *, base: Path | None = None, entry_points: Iterable[EntryPoint] | None = None) -> VectorStore:
    """Open the store behind a URL.

    Args:
        url: `lancedb:///vectors`, `sqlite:////srv/vectors.db`, or a third-party scheme.
        base: The folder that relative paths start from; the current folder when None.
        entry_points: Drivers to choose from; those of all installed packages when None.

    Raises:
        NotFound: No driver has this scheme. The message lists those that exist.
        ConfigError: The URL has no scheme, or the driver cannot be imported.
        MissingExtra: The driver's client library is not installed.
    """
    driver = _driver(url, entry_points)
    store: VectorStore = driver.open_store(url, Path.cwd() if base is None else base)
    return store


def capabilities(url: str, *, entry_points: Iterable[EntryPoint] | None = None) -> Capabilities:
    """What the store behind a URL can do, without opening it and without its client library.

    Raises `NotFound` and `ConfigError` as `open_store` does.
    """
    found: Capabilities = _driver(url, entry_points).CAPABILITIES
    return found


def _driver(url: str, entry_points: Iterable[EntryPoint] | None) -> ModuleType:
    """The driver's module, which has `open_store` and `CAPABILITIES`."""
    scheme = scheme_of(url)
    available = list(importlib.metadata.entry_points(group=GROUP) if entry_points is None else entry_points)
    matching = {entry.value: entry for entry in available if entry.name == scheme}
    match list(matching.values()):
        case []:
            known = ", ".join(sorted({entry.name for entry in available})) or "none"
            raise NotFound(
                f"No driver for store URL {url!r}: nothing is registered under scheme {scheme!r}. Known: {known}.",
                next_step=(f"Correct the scheme, or install the package that registers it in the group {GROUP}."),
            )
        case [entry]:
            return _imported(entry)
        case several:
            raise ConfigError(
                f"Several drivers claim scheme {scheme!r}: {', '.join(sorted(entry.value for entry in several))}.",
                next_step="Uninstall all but one of the packages that register it.",
            )


def _imported(entry: EntryPoint) -> ModuleType:
    try:
        module = importlib.import_module(entry.module)
    except ImportError as error:
        raise ConfigError(
            f"The driver of scheme {entry.name!r}, {entry.value}, cannot be imported: {error}.",
            next_step=("Repair that package. A driver imports its client library inside open_store, not at the top."),
        ) from error
    missing = [name for name in ("open_store", "CAPABILITIES") if not hasattr(module, name)]
    if missing:
        raise ConfigError(
            f"The driver of scheme {entry.name!r}, {entry.value}, lacks {' and '.join(missing)}.",
            next_step="See the docstring of helmert.stores.base for what a driver module must have.",
        )
    return module
