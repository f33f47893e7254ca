"""A workspace with documents, for benchmarks of the real product."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from helmert import commands
from helmert.types import Document
from helmert.workspace import Workspace

COLLECTION = "docs"
ALIAS = "docs_current"

_SETTINGS = """\
registry = "sqlite:///.helmert/registry.db"

[stores.default]
url = "lancedb:///lancedb"

{models}
[collections.docs]
source = "corpus.jsonl"
model = "first"

[backfill]
batch = {batch}
"""


def write_workspace(
    folder: Path,
    documents: Sequence[Document],
    models: Mapping[str, Mapping[str, object]],
    *,
    batch: int = 256,
) -> None:
    """Write `helmert.toml` and the documents. `models` are tables by name; `first` makes the first index."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "corpus.jsonl").open("wb") as corpus:
        for document in documents:
            row = {"_id": document.id, "text": document.text, "metadata": dict(document.metadata)}
            corpus.write(orjson.dumps(row) + b"\n")
    tables = "\n".join(
        f"[models.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in models.items()
    )
    (folder / "helmert.toml").write_text(_SETTINGS.format(models=tables, batch=batch), encoding="utf-8")


def build_first_index(workspace: Workspace) -> str:
    """Plan, build and promote the first index; returns its name."""
    commands.plan(workspace)
    applied = commands.apply(workspace)
    commands.promote(workspace)
    return applied.target_index
