"""`EvalSet`: queries and what is relevant for each of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import orjson

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.facts import LabelFacts, QueryFacts, Sampling
from helmert.evaluation.labels import NOTHING_KNOWN, Grade, Label
from helmert.types import Query

Grades = Mapping[str, Grade]
"""The judged documents of one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotes:
    """What a reader left out of the set, so that nothing disappears without a trace."""

    unjudged: int = 0
    """Queries without any judgement, for example those of another split."""
    dangling: int = 0
    """Judgements of queries that the queries file does not hold."""
    repeated: int = 0
    """Judgements that one source gave more than once; `Labels` says which counts."""
    strangers: tuple[str, ...] = ()
    """The first of the unknown queries that `dangling` counts the judgements of, by id."""
    cause: str = ""
    """A guess why their ids do not meet those of the queries; empty without one."""
    repeats: tuple[tuple[str, str], ...] = ()
    """The first pairs of query and document that `repeated` counts."""


@dataclass(frozen=True, kw_only=True)
class EvalSet:
    """Queries with judged documents. A set of no queries is legal: every gate answers INCONCLUSIVE for it.

    Raises `UsageError` for a query id that occurs twice, judgements of a query that is not in the set, and
    grades that are not finite.
    """

    name: str
    queries: tuple[Query, ...]
    qrels: Mapping[str, Grades] = field(hash=False)
    """Query id to document id to grade."""
    notes: ReadNotes = field(default_factory=ReadNotes, compare=False)
    query_facts: Mapping[str, QueryFacts] = field(default_factory=dict, hash=False)
    """Query id to its cluster, weight and slices; queries without an entry have the defaults."""
    label_facts: Mapping[tuple[str, str], LabelFacts] = field(default_factory=dict, hash=False)
    """(query id, document id) to the label's origin and spans; labels without an entry are of unknown origin.

    What is said here and in `query_facts` about queries and labels that the set does not have counts for nothing.
    """
    sampling: Sampling | None = None
    """How its documents were drawn, when they are not a whole corpus."""

    def __post_init__(self) -> None:
        known = self._ids
        grades = [grade for judged in self.qrels.values() for grade in judged.values()]
        if not all(map(math.isfinite, grades)):
            raise UsageError(f"Evaluation set {self.name!r} has a grade that is not a finite number.")
        if len(known) != len(self.queries):
            raise UsageError(f"Evaluation set {self.name!r} holds a query id more than once.")
        strangers = sorted(self.qrels.keys() - known)
        if strangers:
            raise UsageError(
                f"Evaluation set {self.name!r} has judgements for {len(strangers)} unknown queries, "
                f"first {strangers[0]!r}."
            )

    @cached_property
    def answerable(self) -> tuple[Query, ...]:
        """The queries with at least one relevant document: the ones that can be scored."""
        return tuple(query for query in self.queries if _has_positive(self.qrels.get(query.id, {})))

    @property
    def without_positives(self) -> int:
        """Queries that no system could answer. They are left out of every mean."""
        return len(self.queries) - len(self.answerable)

    @cached_property
    def relevant_documents(self) -> frozenset[str]:
        """Ids of all documents that are relevant for some query."""
        return frozenset(doc for grades in self.qrels.values() for doc, grade in grades.items() if grade > 0)

    @cached_property
    def digest(self) -> str:
        """32 hex characters over queries and judgements, whatever their order. The name does not count.

        Clusters, weights, slices, spans and the sampling count where they are stated; origins do not.
        """
        state = hashlib.blake2b(digest_size=16)
        for query in sorted(self.queries, key=lambda query: query.id):
            grades = self.qrels.get(query.id, {})
            judged = [(doc, grades[doc] + 0.0) for doc in sorted(grades)]
            state.update(orjson.dumps((query.id, query.text, judged), option=orjson.OPT_APPEND_NEWLINE))
        for stated in self._stated():
            state.update(orjson.dumps(stated, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS))
        return state.hexdigest()

    def _stated(self) -> Iterator[dict[str, object]]:
        """What is stated beside ids, texts and grades and changes scores or verdicts, in a fixed order."""
        for query in sorted(self.query_facts.keys() & self._ids):
            facts = self.query_facts[query]
            if facts != _PLAIN:
                yield {
                    "query": query,
                    "cluster": facts.cluster,
                    "weight": facts.weight + 0.0,
                    "slices": dict(facts.slices),
                }
        for query, document in sorted(pair for pair, facts in self.label_facts.items() if facts.spans):
            if document in self.qrels.get(query, {}):
                spans = [(span.start, span.end) for span in self.label_facts[query, document].spans]
                yield {"query": query, "document": document, "spans": spans}
        if self.sampling is not None:
            yield {"sampling": self.sampling.to_dict()}

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(query.id for query in self.queries)

    def label(self, query: str, document: str) -> Label:
        """A judgement with what is known about it. Raises `KeyError` for a pair that is not judged."""
        return Label(
            query=query,
            document=document,
            grade=self.qrels[query][document],
            facts=self.label_facts.get((query, document), NOTHING_KNOWN),
        )

    def labels(self) -> Iterator[Label]:
        """Every judgement, in the order of the queries."""
        for query in self.queries:
            for document in self.qrels.get(query.id, {}):
                yield self.label(query.id, document)

    def facts(self, query: str) -> QueryFacts:
        """Cluster, weight and slices of a query."""
        return self.query_facts.get(query, _PLAIN)

    @cached_property
    def weights(self) -> FloatArray | None:
        """Weight of each answerable query; None when all weigh the same."""
        weights = np.array([self.facts(query.id).weight for query in self.answerable], dtype=np.float64)
        return weights if weights.size and np.ptp(weights) > 0 else None

    @cached_property
    def clusters(self) -> tuple[str, ...] | None:
        """Cluster of each answerable query, its own id where it has none; None when no cluster holds two."""
        names = tuple(self.facts(query.id).cluster or f"\0{query.id}" for query in self.answerable)
        return names if len(set(names)) < len(names) else None

    def dangling_documents(self, ids: Collection[str]) -> tuple[str, ...]:
        """Relevant documents that are not among `ids`, sorted. They can never be found, so they cap recall.

        `helmert.evaluation.overlap.likely_cause` guesses why.
        """
        known = ids if isinstance(ids, (set, frozenset, dict)) else frozenset(ids)
        return tuple(sorted(doc for doc in self.relevant_documents if doc not in known))

    def to_dict(self) -> dict[str, object]:
        """Counts and identity for reports, as plain values for JSON."""
        return {
            "name": self.name,
            "digest": self.digest,
            "queries": len(self.queries),
            "answerable": len(self.answerable),
            "judgements": sum(len(grades) for grades in self.qrels.values()),
            "unjudged": self.notes.unjudged,
            "dangling": self.notes.dangling,
            "repeated": self.notes.repeated,
        }


_PLAIN = QueryFacts()
"""What holds for a query of which nothing else is stated."""


def _has_positive(grades: Grades) -> bool:
    return any(grade > 0 for grade in grades.values())
