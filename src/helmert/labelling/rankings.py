"""Rankings of the whole corpus by every candidate and BM25: what pools, filters and the next labels are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from helmert.errors import UsageError
from helmert.evaluation import Run, find_twins
from helmert.selection.bm25 import NAME as BM25_NAME
from helmert.selection.bm25 import BM25Ranking
from helmert.selection.candidates import Candidate
from helmert.selection.corpus import Corpus
from helmert.selection.ranking import rank_exact
from helmert.selection.vectors import VectorCache
from helmert.telemetry import Listener, Notice, StageFinished, StageProgress, StageStarted, silent
from helmert.types import Query, content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """Ranks a corpus by several systems. Vectors go through the cache, so that no text is paid for twice."""

    candidates: tuple[Candidate, ...]
    cache: VectorCache
    listener: Listener = field(default=silent)

    def __post_init__(self) -> None:
        names = [candidate.name for candidate in self.candidates]
        if BM25_NAME in names or len(set(names)) < len(names):
            raise UsageError(f"Candidates need names of their own, other than {BM25_NAME}; got {', '.join(names)}.")

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of all systems, BM25 the last."""
        return (*(candidate.name for candidate in self.candidates), BM25_NAME)

    def rank(self, corpus: Corpus, queries: Sequence[Query], k: int) -> Mapping[str, Run]:
        """The k best documents of each query by system name; of BM25 also those tied with the last.

        Raises what the embedders raise; what was embedded before is on disk.
        """
        runs = {candidate.name: self._by_vectors(candidate, corpus, queries, k) for candidate in self.candidates}
        runs[BM25_NAME] = BM25Ranking(corpus.ids, corpus.texts).rank(queries, k)
        return runs

    def _by_vectors(self, candidate: Candidate, corpus: Corpus, queries: Sequence[Query], k: int) -> Run:
        title = f"Rank by {candidate.name}"
        unpaid = len(self.cache.missing(candidate.embedder, "document", corpus.texts))
        if unpaid:
            self.listener(Notice(text=f"{candidate.name}: {unpaid:,} of {len(corpus):,} documents are to be embedded."))
        self.listener(StageStarted(stage=title, title=title))

        def advance(done: int) -> None:
            self.listener(StageProgress(stage=title, done=done, total=len(corpus)))

        documents = self.cache.embed(candidate.embedder, "document", corpus.texts, advance, served_by=candidate.model)
        asked = self.cache.embed(
            candidate.embedder, "query", [query.text for query in queries], served_by=candidate.model
        )
        run = rank_exact(documents.vectors, corpus.ids, asked.vectors, [query.id for query in queries], k)
        summary = f"{len(corpus):,} documents, {documents.computed:,} of them embedded now"
        if documents.refused or asked.refused:
            summary += f"; refused by the model: {len(documents.refused):,} documents, {len(asked.refused):,} queries"
        self.listener(StageFinished(stage=title, title=title, summary=summary))
        return run


def distinct(corpus: Corpus) -> Corpus:
    """The corpus without empty texts and with one of each group of identical ones, the first by id."""
    hashes = {document: content_hash(text) for document, text in corpus.pairs() if text.strip()}
    twins = find_twins(hashes.items())
    return corpus.take(document for document in hashes if twins.get(document, document) == document)


def top(run: Run, query: str, k: int) -> tuple[str, ...]:
    """The first k documents of a query, and those tied with the last of them."""
    ranking = run.ranking(query)
    if not ranking:
        return ()
    last = ranking[min(k, len(ranking)) - 1][1]
    return tuple(document for document, score in ranking if score >= last)
