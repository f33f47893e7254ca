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
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from helmert.errors import UsageError
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.facts import LabelFacts, Span
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.run import Run
from helmert.types import Document, Scalar

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


def chunks_of(
    documents: Iterable[Document],
    *,
    document_field: str = "document_id",
    start_field: str = "start",
    end_field: str = "end",
) -> dict[str, Chunk]:
    """The chunks by id, from fields in the metadata of what is indexed.

    What has no `document_field` is a document of its own, as a whole. Positions may be numbers or digits, as CSV
    has them. Raises `UsageError` for a position that is not a whole number, one without the other, and an empty span.
    """
    chunks: dict[str, Chunk] = {}
    for document in documents:
        owner = document.metadata.get(document_field)
        ends = [document.metadata.get(name) for name in (start_field, end_field)]
        span = None
        if owner is not None and any(end not in (None, "") for end in ends):
            start, end = (_position(end, document.id) for end in ends)
            span = Span(start=start, end=end)
        name = document.id if owner is None else str(owner)
        chunks[document.id] = Chunk(id=document.id, document=name, span=span)
    return chunks


def lift_labels(evalset: EvalSet, chunks: Mapping[str, Chunk]) -> EvalSet:
    """The set with every label of a chunk as a label of that chunk's document and span.

    Do this with the chunks that were labelled, before they are cut anew. Labels of one document become one, with
    the highest grade and the spans of those that call it relevant. Labels of documents, and of ids that are in
    no chunk, stay. The spans of a label of a chunk are places in the chunk's own text.
    """
    documents = {chunk.document for chunk in chunks.values()}
    if not any(label.document in chunks and label.document not in documents for label in evalset.labels()):
        return evalset
    labels = Labels().add_all(_lifted(label, chunks, documents) for label in evalset.labels())
    return replace(evalset, qrels=labels.grades, label_facts=labels.facts)


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
    lifted = lift_labels(evalset, chunks)
    apart = _apart(run.documents, chunks)
    names: list[str] = []
    scores: list[float] = []
    lengths: list[int] = []
    for query in run.query_ids:
        ranking = run.ranking(query)
        names.extend(_named(query, hit, lifted, chunks) or apart.get(hit, hit) for hit, _ in ranking)
        scores.extend(score for _, score in ranking)
        lengths.append(len(ranking))
    folded = Run.from_columns(run.query_ids, lengths, names, scores)
    return replace(folded, duplicates=folded.duplicates + run.duplicates), lifted


def _named(query: str, hit: str, evalset: EvalSet, chunks: Mapping[str, Chunk]) -> str | None:
    """The document of which this hit satisfies the label, if it does."""
    chunk = chunks.get(hit)
    if chunk is None or chunk.document not in evalset.qrels.get(query, {}):
        return None
    return chunk.document if chunk.satisfies(evalset.label(query, chunk.document).facts) else None


def _apart(hits: Collection[str], chunks: Mapping[str, Chunk]) -> dict[str, str]:
    """Other names for chunks whose id is that of a document: as they are, they would be taken for its label."""
    documents = {chunk.document for chunk in chunks.values()}
    taken = documents | set(hits) | chunks.keys()
    renamed: dict[str, str] = {}
    for hit in hits:
        if hit in chunks and hit in documents:
            name = f"{hit} (chunk)"
            while name in taken:
                name += "*"
            renamed[hit] = name
            taken.add(name)
    return renamed


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
