"""Write documents through a collection's alias: durable in the journal and live in the index on return."""

from __future__ import annotations

from collections.abc import Sequence

from helmert.serving.writer import Acknowledgement
from helmert.types import Document
from helmert.workspace import Workspace


def upsert(workspace: Workspace, documents: Sequence[Document], *, collection: str | None = None) -> Acknowledgement:
    """Insert or replace documents by id."""
    name = workspace.only_collection(collection)
    return workspace.writer.upsert(workspace.alias(name), documents)


def delete(workspace: Workspace, ids: Sequence[str], *, collection: str | None = None) -> Acknowledgement:
    """Remove documents by id."""
    name = workspace.only_collection(collection)
    return workspace.writer.delete(workspace.alias(name), ids)
