"""What a search through an alias costs, against the same LanceDB query called directly.

Product: `Searcher.search(alias, text)`, which looks up where the alias points, embeds the text with the model that
belongs there, checks the space, searches and returns hits with cosine similarities. Direct: the plainest code of
somebody who knows table and model: the same embedder, then the synchronous client's `table.search(...).to_list()`
with the same metric, the same columns, the same table. Both answer every query, by turns, in one process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lancedb
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/overhead.py`

from benchmarks import harness
from benchmarks.workspaces import ALIAS, build_first_index, write_workspace
from helmert.models.base import Embedder
from helmert.workspace import Workspace

GOAL = "search through an alias costs at most 10% more than the same LanceDB query called directly"
LIMIT = 1.10
K = 10
COLUMNS = ["id", "text", "metadata", "_distance"]
WARM_UP = 30
"""Searches of each kind before the first one that counts."""

Search = Callable[[str], Sequence[str]]
"""Answers a text with ids."""


def direct(table: Any, embedder: Embedder) -> Search:  # noqa: ANN401 - lancedb has no types
    """The query as one writes it by hand."""

    def search(text: str) -> Sequence[str]:
        vector = embedder.embed_queries([text]).vectors[0]
        found = table.search(vector).distance_type("cosine").select(COLUMNS).limit(K).to_list()
        return [row["id"] for row in found]

    return search


def through_alias(workspace: Workspace) -> Search:
    """The query as an application of Helmert writes it."""
    searcher = workspace.searcher

    def search(text: str) -> Sequence[str]:
        return [hit.id for hit in searcher.search(ALIAS, text, K).hits]

    return search


def measure(product: Search, rival: Search, texts: Sequence[str]) -> dict[str, Any]:
    """Both searches on every text, the first of the two taking turns."""
    for text in texts[:WARM_UP]:
        product(text)
        rival(text)
    costs: dict[str, list[harness.Cost]] = {"product": [], "rival": []}
    agreeing = 0
    for number, text in enumerate(texts):
        found: dict[str, Sequence[str]] = {}
        pair = [("product", product), ("rival", rival)]
        for name, search in pair if number % 2 else pair[::-1]:
            costs[name].append(harness.cost_of(lambda: found.update({name: search(text)})))  # noqa: B023
        agreeing += set(found["product"]) == set(found["rival"])
    return {
        "queries": len(texts),
        "alias_ms": _milliseconds(costs["product"]),
        "direct_ms": _milliseconds(costs["rival"]),
        **harness.compared("overhead", costs["product"], costs["rival"]),
        "same_hits": harness.rounded(agreeing / len(texts)),
    }


def _milliseconds(costs: Sequence[harness.Cost]) -> dict[str, float]:
    taken = 1000 * np.array([cost.seconds for cost in costs])
    return {f"p{share}": harness.rounded(float(np.percentile(taken, share))) for share in (50, 95)}


def main(given: Sequence[str] | None = None) -> int:
    """Build one index, search it both ways and print the figures."""
    parser = harness.parser(__doc__ or "")
    arguments = parser.parse_args(given)
    data = harness.folders(arguments)
    with harness.faults_of_data(parser):
        documents = harness.documents(data, 9_000 if arguments.quick else 50_000)
        texts = harness.query_texts(data, 400 if arguments.quick else 3_000)
    with TemporaryDirectory(prefix="helmert-benchmark-") as name:
        folder = Path(name)
        write_workspace(folder, documents, {"first": {"provider": "wordllama", "dims": 256}})
        with Workspace.open(folder) as workspace:
            index = build_first_index(workspace)
            table = lancedb.connect(folder / "lancedb").open_table(index)
            rival = direct(table, workspace.embedder("first"))
            figures = {"rows": len(documents), "k": K, **measure(through_alias(workspace), rival, texts)}
    holds = figures["overhead"]["ratio"] <= LIMIT
    return harness.conclude("overhead", figures, goal=GOAL, holds=holds)


if __name__ == "__main__":
    sys.exit(main())
