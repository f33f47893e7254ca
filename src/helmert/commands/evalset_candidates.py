"""What the verbs that build evaluation sets work with: the candidates, and the documents of a set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmert.commands.candidates import entered, open_candidate
from helmert.corpus import open_source
from helmert.errors import UsageError
from helmert.evaluation import EvalSet, read_evalset
from helmert.evaluation.readers.queries import read_queries
from helmert.labelling.rankings import Ranker
from helmert.selection.corpus import Corpus
from helmert.types import content_hash
from helmert.workspace import Workspace


def ranker(workspace: Workspace, names: Sequence[str] = ()) -> Ranker:
    """Every candidate of the configuration, or those named, and BM25.

    A candidate is a model, or a model with a prompt variant, `model+prompt`. One that cannot be opened is an error
    here: a pool without it would be no pool for it. Where no model is configured BM25 ranks alone.

    Raises `NotFound` for a name that the configuration does not have, and what opening a model raises.
    """
    chosen = entered(workspace, names) if names or workspace.settings.models else {}
    candidates = tuple(open_candidate(workspace, name, prompt) for name, prompt in chosen.items())
    return Ranker(candidates=candidates, cache=workspace.vector_cache, listener=workspace.instruments.listener)


def documents_of(workspace: Workspace, folder: Path, collection: str | None) -> Corpus:
    """The documents that a set is evaluated on: those in its folder, else those of the collection."""
    if (folder / "corpus.jsonl").is_file():
        return Corpus.of(open_source(folder).documents())
    return workspace.corpus(workspace.only_collection(collection))


def queries_to_sample(workspace: Workspace, collection: str, evalset: Path | None, queries: Path | None) -> EvalSet:
    """The labelled queries of a collection, or of another set, and those of a file of queries without labels.

    A query of the file whose text is in the set already is the same query. Raises `UsageError` when there is none at
    all, or a query of the file has the id of another one.
    """
    labelled = read_evalset(evalset) if evalset is not None else workspace.evalset(collection)
    if labelled is None and queries is None:
        raise UsageError(
            f"Collection {collection!r} has no queries.",
            next_step=f"set `evalset` in [collections.{collection}], or name a file of queries with --queries",
        )
    found = labelled or EvalSet(name=collection, queries=(), qrels={})
    if queries is None:
        return found
    asked = read_queries(queries)
    texts = {content_hash(query.text) for query in found.queries}
    fresh = [query for query in asked.queries if content_hash(query.text) not in texts]
    clash = {query.id for query in found.queries} & {query.id for query in fresh}
    if clash:
        raise UsageError(
            f"Query id {min(clash)!r} stands for one text in {found.name!r} and for another in {queries}.",
            next_step="Give the queries of the file ids of their own.",
        )
    facts = {query.id: asked.facts[query.id] for query in fresh if query.id in asked.facts}
    return EvalSet(
        name=found.name,
        queries=(*found.queries, *fresh),
        qrels=found.qrels,
        query_facts={**found.query_facts, **facts},
        label_facts=found.label_facts,
        sampling=found.sampling,
    )
