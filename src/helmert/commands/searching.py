"""`helmert search`: ask a collection the way an application would."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.commands.outcome import Outcome
from helmert.stores.base import Filter
from helmert.types import Hit
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Outcome):
    """Hits, best first, and where they come from."""

    query: str
    alias: str
    index: str
    model: str
    generation: int
    hits: tuple[Hit, ...]


def search(
    workspace: Workspace,
    text: str,
    *,
    collection: str | None = None,
    k: int = 10,
    filter: Filter | None = None,  # noqa: A002
) -> Found:
    """The k documents of a collection nearest to a text, through its alias."""
    name = workspace.only_collection(collection)
    answer = workspace.searcher.search(workspace.alias(name), text, k, filter=filter)
    return Found(
        query=text,
        alias=answer.alias,
        index=answer.index,
        model=answer.model,
        generation=answer.generation,
        hits=answer.hits,
        next_step="helmert status",
    )
