"""What must hold where only the wheel and its required dependencies are installed.

Run by the Python of that environment. Prints a line for each thing it checked; an assertion or
any other exception is the failure.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from importlib.util import find_spec

import helmert
from helmert.errors import MissingExtra
from helmert.stores.discovery import open_store

CLIENTS = {
    "fastapi", "lancedb", "onnxruntime", "py3langid", "pyarrow", "safetensors",
    "sentence_transformers", "sklearn", "tokenizers", "uvicorn", "wordllama",
}  # fmt: skip
PLUG_INS = ("helmert.stores", "helmert.embedders", "helmert.generators")
NOT_FOR_IMPORT = ("helmert.__main__", "helmert.registry.alembic", "helmert.service.", "helmert.testing")
"""The program, scripts that only a schema migration loads, and rooms that need the extras `server` and `testing`."""


def clients_are_absent() -> None:
    """The optional clients are not here, so what follows shows that Helmert does without them."""
    present = sorted(name for name in CLIENTS if find_spec(name) is not None)
    assert not present, f"the clean environment is not clean: {present}"
    print(f"absent, as they should be: {', '.join(sorted(CLIENTS))}")


def every_module_imports() -> None:
    """Drivers and providers are readable without the packages they drive."""
    names = [module.name for module in pkgutil.walk_packages(helmert.__path__, prefix="helmert.")]
    imported = [name for name in names if not name.startswith(NOT_FOR_IMPORT)]
    for name in imported:
        importlib.import_module(name)
    print(f"{len(imported)} modules import without any extra")


def missing_clients_are_named() -> None:
    """Opening a store whose client is not installed says which extra brings it."""
    refusal = refused("lancedb:///vectors")
    assert refusal is not None, "the lancedb store opened without its client"
    assert refusal.extra == "lancedb", refusal.extra
    print(f"lancedb store: {refusal.message} {refusal.next_step}")


def refused(url: str) -> MissingExtra | None:
    """What opening a store says when its client is missing; None when it opens."""
    try:
        open_store(url).close()
    except MissingExtra as error:
        return error
    return None


def every_plug_in_loads() -> None:
    """Each registered store, embedder and generator resolves to something callable."""
    points = [point for group in PLUG_INS for point in entry_points(group=group)]
    assert points, "the wheel registers no plug-ins"
    for point in points:
        assert callable(point.load()), point
    print(f"plug-ins load: {', '.join(sorted(point.name for point in points))}")


if __name__ == "__main__":
    clients_are_absent()
    every_module_imports()
    every_plug_in_loads()
    missing_clients_are_named()
