"""Collections with labels, and what real systems find in them, for benchmarks of statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import harness
from helmert.corpus import open_source
from helmert.errors import UsageError
from helmert.evaluation import EvalSet, Run, read_evalset
from helmert.models.discovery import open_embedder
from helmert.selection.bm25 import NAME as BM25
from helmert.selection.bm25 import BM25Ranking
from helmert.selection.corpus import Corpus
from helmert.selection.ranking import rank_exact

__all__ = ["BM25", "WIDTHS", "collections", "rank", "subset"]

WIDTHS = (64, 128, 256)
"""Dimensions of the static model; each is a system of its own."""


def collections(data: Sequence[Path]) -> Iterator[tuple[Corpus, EvalSet]]:
    """Each collection that has labels, or without collections the standard library."""
    if not data:
        library = harness.standard_library()
        evalset = EvalSet(name="standard library", queries=library.queries, qrels=library.qrels)
        yield Corpus.of(library.documents), evalset
        return
    labelled = [folder for folder in data if (folder / harness.QUERIES).is_file()]
    if not labelled:
        raise UsageError(f"None of the {len(data)} collections has {harness.QUERIES}.")
    for folder in labelled:
        yield Corpus.of(open_source(folder, on_bad="skip").documents()), read_evalset(folder)


def subset(evalset: EvalSet, ids: Sequence[str]) -> EvalSet:
    """The set with these queries alone."""
    wanted = set(ids)
    kept = tuple(query for query in evalset.queries if query.id in wanted)
    return replace(evalset, queries=kept, qrels={query: evalset.qrels[query] for query in ids})


def rank(corpus: Corpus, evalset: EvalSet, k: int) -> dict[str, Run]:
    """The k best documents of every answerable query, by BM25 and by the static model at each width."""
    queries = evalset.answerable
    ids = [query.id for query in queries]
    runs = {BM25: BM25Ranking(corpus.ids, corpus.texts).rank(queries, k)}
    for width in WIDTHS:
        model = open_embedder("wordllama", {"dims": width}, Path())
        documents = model.embed_documents(corpus.texts).vectors
        asked = model.embed_queries([query.text for query in queries]).vectors
        runs[f"wordllama {width}"] = rank_exact(documents, corpus.ids, asked, ids, k)
    return runs
