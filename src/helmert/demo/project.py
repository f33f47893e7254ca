"""The demo's project: a folder with real documents, labelled queries and a helmert.toml that a user can go on with."""

from __future__ import annotations

from pathlib import Path

from helmert.demo.stdlib_corpus import StdlibCollection, collect, write_beir

COLLECTION = "stdlib"
FITTED = "fitted"

_SETTINGS = """\
# The project that `helmert demo` made. Documents: public functions, classes and methods of the Python standard
# library; labelled queries: the first lines of their docstrings.

registry = "sqlite:///.helmert/registry.db"

[stores.default]
url = "lancedb:///.helmert/lancedb"

[models.small]
provider = "wordllama"
dims = 64

[models.large]
provider = "wordllama"
dims = 256

# Fitted on these documents; as wide as `large`, and another space all the same.
[models.fitted]
provider = "lsa"
path = "models/fitted"
dims = 256

[collections.stdlib]
source = "collection"
evalset = "collection"
model = "small"

[backfill]
batch = 256

[[gate.rules]]
measure = "recall@10"
margin = 0.02

[[gate.rules]]
measure = "nDCG@10"
margin = 0.02
"""


def free_folder(wanted: Path) -> Path:
    """The folder asked for, or the next free name beside it: an earlier demo is somebody's project by now."""
    number, folder = 1, wanted
    while folder.exists() and any(folder.iterdir()):
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder


def write_project(folder: Path) -> StdlibCollection:
    """Collect the standard library and write the project."""
    collection = collect()
    write_beir(collection, folder / "collection")
    (folder / "helmert.toml").write_text(_SETTINGS, encoding="utf-8")
    return collection
