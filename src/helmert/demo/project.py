"""The demo's project: a folder with real documents, labelled queries and a helmert.toml that a user can go on with."""

from __future__ import annotations

from pathlib import Path

from helmert.commands import init
from helmert.demo.stdlib_corpus import StdlibCollection, collect, write_beir

COLLECTION = "stdlib"
FITTED = "fitted"

_FITTED = """
# Fitted on these documents; as wide as `large`, and another space all the same.
[models.fitted]
provider = "lsa"
path = "models/fitted"
dims = 256
"""


def free_folder(wanted: Path) -> Path:
    """The folder asked for, or the next free name beside it: an earlier demo is somebody's project by now."""
    number, folder = 1, wanted
    while folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder


def write_project(folder: Path) -> StdlibCollection:
    """Collect the standard library and write the project, as `helmert init` would, with one model more."""
    collection = collect()
    write_beir(collection, folder / "collection")
    written = init(folder, collection=COLLECTION, source="collection", evalset="collection")
    with Path(written.path).open("a", encoding="utf-8") as settings:
        settings.write(_FITTED)
    return collection
