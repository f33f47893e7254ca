"""Labels of documents and passages against an index of chunks, so that a set survives another way of cutting.

A label belongs to (document, spans). What a search finds are chunks, whose ids are new after every re-chunking. A
chunk satisfies a label of its document

* that has no spans: always, and so does a chunk of which nobody knows where it stands;
* that has spans: when it shares with one of them at least half of the shorter of the two.

The half keeps out a neighbour that touches a passage with its last word. It never leaves a label without a chunk:
the chunk that holds the middle of a span either lies inside the span, or holds half of it. So when the chunks
cover the document, in whatever sizes and with whatever overlaps, each of its labels can be satisfied.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from helmert.errors import UsageError
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.facts import LabelFacts, Span
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.run import Run
from helmert.types import Document, Metadata, Scalar

MOST_ROOM = 1000
"""Hits asked for beyond what measures look at, however many chunks a labelled document has."""
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a document, as an index holds it."""

    id: str
    document: str
    span: Span | None = None
    """Where it stands in the document's text; None when that is unknown, or when it is all of it."""

    def satisfies(self, facts: LabelFacts) -> bool:
        """Whether finding this chunk is finding what a label of its document is about."""
        return not facts.spans or self.span is None or any(_meets(self.span, span) for span in facts.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkFields:
    """The metadata fields that say of which document a chunk is, and from where to where it goes."""

    document: str = "document_id"
    start: str = "start"
    end: str = "end"

    def read(self, rows: Iterable[tuple[str, Metadata]]) -> dict[str, Chunk]:
        """The chunks by id, from ids and metadata.

        What has no `document` is a document of its own, as a whole. Positions may be numbers or digits, as CSV has
        them. Raises `UsageError` for a position that is not a whole number, one without the other, and an empty span.
        """
        return {name: self.chunk(name, metadata) for name, metadata in rows}

    def chunk(self, name: str, metadata: Metadata) -> Chunk:
        """One chunk. Raises `UsageError` as `read`."""
        owner = metadata.get(self.document)
        if owner in (None, ""):
            return Chunk(id=name, document=name)
        ends = [metadata.get(self.start), metadata.get(self.end)]
        span = None
        if any(end not in (None, "") for end in ends):
            start, end = (_position(end, name) for end in ends)
            span = Span(start=start, end=end)
        return Chunk(id=name, document=str(owner), span=span)


def chunks_of(
    documents: Iterable[Document],
    *,
    document_field: str = "document_id",
    start_field: str = "start",
    end_field: str = "end",
) -> dict[str, Chunk]:
    """The chunks by id, from fields in the metadata of what is indexed. Raises `UsageError` as `ChunkFields.read`."""
    fields = ChunkFields(document=document_field, start=start_field, end=end_field)
    return fields.read((document.id, document.metadata) for document in documents)


def lift_labels(evalset: EvalSet, chunks: Mapping[str, Chunk]) -> EvalSet:
    """The set with every label of a chunk as a label of that chunk's document and span.

    Do this with the chunks that were labelled, before they are cut anew. Labels of one document become one, with
    the highest grade and the spans of those that call it relevant. Labels of documents, and of ids that are in
    no chunk, stay. The spans of a label of a chunk are places in the chunk's own text.
    """
    documents = {chunk.document for chunk in chunks.values()}
    if not any(label.document in chunks and label.document not in documents for label in evalset.labels()):
        return evalset
    labels = Labels(overruling=False).add_all(_lifted(label, chunks, documents) for label in evalset.labels())
    return replace(evalset, qrels=labels.grades, label_facts=labels.facts)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """Which found chunks count as which labelled documents: what `fold_chunks` does, prepared for many runs."""

    evalset: EvalSet
    """Labels of documents."""
    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Query to id of a hit to what it is called there. Hits that are not listed keep their id."""

    @classmethod
    def of(cls, evalset: EvalSet, chunks: Mapping[str, Chunk], twins: Mapping[str, str] | None = None) -> Fold:
        """Compare every label with the chunks of its document.

        Args:
            evalset: labels of documents; those of chunks are for `lift_labels` first.
            chunks: what can be found, by id.
            twins: of chunks with equal texts, id to the one that can be found. It stands for all of them: it satisfies
                what any of them does, for as many documents as hold the text.
        """
        same = twins or {}
        parts: dict[str, list[Chunk]] = {}
        for chunk in chunks.values():
            parts.setdefault(chunk.document, []).append(chunk)
        names: dict[str, dict[str, tuple[str, ...]]] = {query: {} for query in evalset.qrels}
        for label in evalset.labels():
            called = names[label.query]
            for chunk in parts.get(label.document, ()):
                if chunk.satisfies(label.facts):
                    hit = same.get(chunk.id, chunk.id)
                    called[hit] = tuple(dict.fromkeys((*called.get(hit, ()), label.document)))
        for query, called in names.items():
            for hit in evalset.qrels[query]:
                if hit in chunks and hit not in called:
                    called[hit] = (_apart(hit, chunks, parts),)
        return cls(evalset=evalset, names=names)

    def apply(self, run: Run) -> Run:
        """The run with labelled documents in place of the chunks that satisfy them, each once, at its best score."""
        names: list[str] = []
        scores: list[float] = []
        lengths: list[int] = []
        for query in run.query_ids:
            called, before = self.names.get(query, {}), len(names)
            for hit, value in run.ranking(query):
                new = called.get(hit, (hit,))
                names.extend(new)
                scores.extend([value] * len(new))
            lengths.append(len(names) - before)
        folded = Run.from_columns(run.query_ids, lengths, names, scores)
        return replace(folded, duplicates=folded.duplicates + run.duplicates)

    def without(self, hits: Mapping[str, Collection[str]]) -> Fold:
        """As if these hits did not exist for these queries. Labels that nothing else satisfies are no labels then."""
        names = {
            query: {hit: new for hit, new in called.items() if hit not in hits.get(query, ())}
            for query, called in self.names.items()
        }
        kept = replace(self, names=names)
        qrels = {
            query: {
                document: grade
                for document, grade in grades.items()
                if (query, document) in kept.satisfying or (query, document) not in self.satisfying
            }
            for query, grades in self.evalset.qrels.items()
        }
        return replace(kept, evalset=replace(self.evalset, qrels=qrels))

    @cached_property
    def satisfying(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(query, name in a folded run) to the hits that are called so, sorted."""
        found: dict[tuple[str, str], list[str]] = {}
        for query, called in self.names.items():
            for hit in sorted(called):
                for name in called[hit]:
                    found.setdefault((query, name), []).append(hit)
        return {pair: tuple(hits) for pair, hits in found.items()}

    @property
    def out_of_reach(self) -> Iterator[tuple[str, str]]:
        """(query, relevant document) of which nothing can be found that satisfies the label."""
        for query, grades in self.evalset.qrels.items():
            for document, grade in grades.items():
                if grade > 0 and (query, document) not in self.satisfying:
                    yield query, document

    @cached_property
    def room(self) -> int:
        """How many hits of one query may fold away: so many more have to be asked for, `MOST_ROOM` at most."""
        away: Counter[str] = Counter()
        for (query, _), hits in self.satisfying.items():
            away[query] += len(hits) - 1
        return min(MOST_ROOM, max(away.values(), default=0))


def fold_chunks(run: Run, evalset: EvalSet, chunks: Mapping[str, Chunk]) -> tuple[Run, EvalSet]:
    """Turn found chunks into the labelled documents that they satisfy, to be scored with any measure.

    Each hit that satisfies a label of its query takes the name of the labelled document; of several for one label
    the best counts, once, and the others are dropped (`Run.duplicates`), so that hits below them move up. Every
    other hit stays what it is, a result that nobody called relevant. The set comes back with the labels of chunks
    lifted to their documents; a set that labels documents comes back as it is.

    Args:
        run: hits whose ids are those of chunks. Ids that no chunk has count as whole documents.
        evalset: labels of documents, with or without spans, or of these chunks.
        chunks: what was searched, by id.
    """
    fold = Fold.of(lift_labels(evalset, chunks), chunks)
    return fold.apply(run), fold.evalset


def _apart(hit: str, chunks: Collection[str], documents: Collection[str]) -> str:
    """Another name for a chunk whose id is that of a labelled document: as it is, it would be taken for its label."""
    name = f"{hit}#chunk"
    while name in chunks or name in documents:
        name += "#"
    return name


def _lifted(label: Label, chunks: Mapping[str, Chunk], documents: Collection[str]) -> Label:
    chunk = chunks.get(label.document)
    if chunk is None or label.document in documents:
        return label
    spans: tuple[Span, ...] = ()
    if chunk.span is not None:
        before = chunk.span.start
        inside = (Span(start=before + span.start, end=before + span.end) for span in label.facts.spans)
        spans = tuple(inside) or (chunk.span,)
    return replace(label, document=chunk.document, facts=replace(label.facts, spans=spans))


def _meets(chunk: Span, span: Span) -> bool:
    shorter = min(chunk.end - chunk.start, span.end - span.start)
    return 2 * chunk.overlap(span) >= shorter


def _position(value: Scalar | None, chunk: str) -> int:
    if value is not None and not isinstance(value, (bool, float)) and _WHOLE.fullmatch(str(value)):
        return int(value)
    raise UsageError(
        f"Chunk {chunk!r} stands from or to {value!r}, which is no position in a text.",
        next_step="Give every chunk both its start and its end as whole numbers, or neither.",
    )
