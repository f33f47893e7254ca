"""Synthetic sets: documents are asked about in a random order until enough queries are kept."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, LabelFacts, QueryFacts
from helmert.labelling.generators import Generated, Generator
from helmert.labelling.synthesis.answers import Answers
from helmert.labelling.synthesis.filters import Filters
from helmert.labelling.synthesis.round_trip import RoundTrip
from helmert.selection.corpus import Corpus
from helmert.telemetry import Listener, StageFinished, StageProgress, StageStarted, silent
from helmert.types import Clock, Document, Query

STAGE = "Generate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for. Raises `UsageError` for counts below 1."""

    name: str = "synthetic"
    """Of the set."""

    queries: int = 200
    per_document: int = 1
    seed: int = 0
    filters: Filters = field(default_factory=Filters)

    def __post_init__(self) -> None:
        if self.queries < 1 or self.per_document < 1:
            raise UsageError(
                f"At least one query, and one for each document; got {self.queries} and {self.per_document}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesised:
    """The set, and what happened to every query that was made."""

    evalset: EvalSet
    asked: int
    """Documents that the generator was asked about, now or before."""
    paid: int
    """Of them, those it was asked about now."""
    made: int
    """Queries it made."""
    silent: int
    """Documents it made no query for."""
    dropped: Mapping[str, int]
    """By reason."""
    alone: Mapping[str, int]
    """For each system of the round trip, how many queries it would have dropped by itself; empty without one."""
    wanted: int
    caution: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was made and dropped, and what the set can and cannot show."""
        return tuple(_sentences(self))


def synthesise(
    corpus: Corpus,
    generator: Generator,
    answers: Answers,
    order: Order,
    *,
    clock: Clock,
    round_trip: RoundTrip | None = None,
    listener: Listener = silent,
) -> Synthesised:
    """Make a set of synthetic queries, each labelled with the document that it was made from.

    Every query of a document is in the cluster of that document. Answers are kept on disk as soon as they are
    made, so a run that is interrupted goes on where it stopped and pays for nothing twice.

    Args:
        corpus: The documents.
        generator: What makes the queries.
        answers: What that generator has made before; takes what it makes now.
        order: How many, and which are dropped.
        clock: The moment that the labels bear.
        round_trip: Drop queries whose document no system finds.
        listener: Hears of the progress.

    Raises what the generator and the embedders raise.
    """
    work = _Work(corpus, generator, answers, order)
    listener(StageStarted(stage=STAGE, title=STAGE))
    for made in work.rounds():
        work.take(made, round_trip)
        listener(StageProgress(stage=STAGE, done=len(work.kept), total=order.queries))
    listener(StageFinished(stage=STAGE, title=STAGE, summary=f"{len(work.kept):,} queries kept of {work.made:,}"))
    return work.result(clock().isoformat())


class _Work:
    """Queries kept so far."""

    def __init__(self, corpus: Corpus, generator: Generator, answers: Answers, order: Order) -> None:
        self._corpus, self._generator, self._known, self._order = corpus, generator, answers, order
        self._seen: set[str] = set()
        self._dropped: Counter[str] = Counter()
        self._alone: Counter[str] = Counter()
        self.kept: dict[str, tuple[Query, str, Generated]] = {}
        self.made = self._asked = self._paid = self._silent = 0

    def rounds(self) -> Iterator[list[tuple[Document, Sequence[Generated]]]]:
        """Answers about as many documents at a time as seem to be missing, until enough queries are kept."""
        rows = [row for row, text in enumerate(self._corpus.texts) if text.strip()]
        order = np.random.default_rng(self._order.seed).permutation(len(rows))
        place = 0
        with ThreadPoolExecutor(self._generator.concurrency) as threads:
            while place < len(order) and len(self.kept) < self._order.queries:
                missing = -(-(self._order.queries - len(self.kept)) // self._order.per_document)
                chosen = [self._document(rows[row]) for row in order[place : place + missing]]
                place += len(chosen)
                yield self._answers(chosen, threads)

    def take(self, made: Sequence[tuple[Document, Sequence[Generated]]], round_trip: RoundTrip | None) -> None:
        """Filter what was made and keep what is left."""
        fresh: list[tuple[Query, str, Generated]] = []
        for document, queries in made:
            self._silent += not queries
            for query in queries:
                self.made += 1
                reason = self._order.filters.reason_against(query.text, document.text, self._seen)
                if reason:
                    self._dropped[reason] += 1
                else:
                    fresh.append((Query(id=_query_id(document.id, query.text), text=query.text), document.id, query))
        for entry in self._found(fresh, round_trip):
            if len(self.kept) < self._order.queries:
                self.kept[entry[0].id] = entry
            else:
                self._dropped["more than asked for"] += 1

    def result(self, at: str) -> Synthesised:
        """The set of what was kept."""
        by = self._generator.name
        evalset = EvalSet(
            name=self._order.name,
            queries=tuple(query for query, _, _ in self.kept.values()),
            qrels={query.id: {source: 1} for query, source, _ in self.kept.values()},
            query_facts={query.id: QueryFacts(cluster=source) for query, source, _ in self.kept.values()},
            label_facts={
                (query.id, source): LabelFacts(
                    origin="synthetic", by=by, at=at, spans=() if made.span is None else (made.span,)
                )
                for query, source, made in self.kept.values()
            },
        )
        return Synthesised(
            evalset=evalset,
            asked=self._asked,
            paid=self._paid,
            made=self.made,
            silent=self._silent,
            dropped=dict(self._dropped.most_common()),
            alone=dict(self._alone),
            wanted=self._order.queries,
            caution=self._generator.caution,
        )

    def _document(self, row: int) -> Document:
        return Document(id=self._corpus.ids[row], text=self._corpus.texts[row])

    def _answers(
        self, documents: Sequence[Document], threads: ThreadPoolExecutor
    ) -> list[tuple[Document, Sequence[Generated]]]:
        count = self._order.per_document
        unknown = [document for document in documents if self._known.get(document, count) is None]
        step = 4 * self._generator.concurrency
        for start in range(0, len(unknown), step):
            part = unknown[start : start + step]
            futures = [threads.submit(self._generator.generate, document, count) for document in part]
            try:
                for document, future in zip(part, futures, strict=True):
                    self._known.add(document, count, future.result())
                    self._paid += 1
            except BaseException:
                self._save(part, futures)
                raise
        self._asked += len(documents)
        return [(document, self._known.get(document, count) or ()) for document in documents]

    def _save(self, documents: Sequence[Document], futures: Sequence[Future[Sequence[Generated]]]) -> None:
        """After a failure: keep what was paid for all the same, and do not begin what was not."""
        for future in futures:
            future.cancel()
        for document, future in zip(documents, futures, strict=True):
            known = self._known.get(document, self._order.per_document) is not None
            if not known and not future.cancelled() and future.exception() is None:
                self._known.add(document, self._order.per_document, future.result())

    def _found(
        self, fresh: Sequence[tuple[Query, str, Generated]], round_trip: RoundTrip | None
    ) -> Iterator[tuple[Query, str, Generated]]:
        if round_trip is None or not fresh:
            yield from fresh
            return
        self._alone.update(dict.fromkeys(round_trip.ranker.systems, 0))
        found = round_trip.found_by(self._corpus, [(query, source) for query, source, _ in fresh])
        for query, source, generated in fresh:
            finders = found[query.id]
            self._alone.update(system for system in round_trip.ranker.systems if system not in finders)
            if finders:
                yield query, source, generated
            else:
                self._dropped["not found by any system"] += 1


def _query_id(document: str, text: str) -> str:
    return "syn-" + hashlib.blake2b(f"{document}\0{text}".encode(), digest_size=8).hexdigest()


def _sentences(made: Synthesised) -> Iterator[str]:
    kept = len(made.evalset.queries)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in made.dropped.items())
    yield (
        f"{made.made:,} queries were made for {made.asked:,} documents, {kept:,} kept"
        + (f"; dropped: {reasons}." if reasons else ".")
    )
    if made.silent:
        yield f"For {made.silent:,} documents none was made."
    if made.asked > made.paid:
        yield f"{made.asked - made.paid:,} documents had been asked about before and were not paid for again."
    if made.alone:
        each = ", ".join(f"{name} {count:,}" for name, count in made.alone.items())
        yield f"A round trip through one system alone would have dropped: {each}."
    if kept < made.wanted:
        yield f"{made.wanted:,} queries were asked for; the documents gave no more."
    yield made.caution
