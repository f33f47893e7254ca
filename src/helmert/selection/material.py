"""What candidates are tried on: documents and queries after what nobody could embed or tell apart is taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, Run, find_twins, likely_cause, merge_evalset
from helmert.evaluation.chunks import Chunk, ChunkFields, Fold, lift_labels
from helmert.selection.corpus import Corpus
from helmert.selection.ranking import without
from helmert.types import Query, content_hash


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """Different, non-empty documents and answerable queries."""

    corpus: Corpus
    evalset: EvalSet
    """Judgements of twins stand under the first of them by id."""
    selves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Query id to the document that is left out of its results, as its text is the query itself."""
    notes: tuple[str, ...] = ()
    """What was taken out, in sentences."""
    fold: Fold | None = None
    """How chunks count for labels of documents; None when the corpus holds documents."""

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that are asked."""
        return self.evalset.answerable

    @property
    def room(self) -> int:
        """How many of a query's hits `seen` may drop: so many more are ranked."""
        return (1 if self.selves else 0) + (self.fold.room if self.fold else 0)

    def seen(self, run: Run) -> Run:
        """The run as it is scored: without what is left out, and with labelled documents in place of their chunks."""
        kept = without(run, lambda query: self.selves.get(query, frozenset())) if self.selves else run
        return self.fold.apply(kept) if self.fold else kept

    def rows_of(self, query: str, name: str) -> tuple[int, ...]:
        """Rows of the corpus that a name in a query's results or labels stands for; none when there is nothing."""
        hits = self.fold.satisfying.get((query, name), (name,)) if self.fold else (name,)
        return tuple(self.corpus.rows[hit] for hit in hits if hit in self.corpus.rows)


def prepare(
    corpus: Corpus, evalset: EvalSet, *, exclude_self: bool = False, fields: ChunkFields | None = None
) -> Material:
    """Leave out empty texts and all but one of identical documents; say what was left out.

    Documents whose texts differ only in white space or Unicode composition are twins: finding one is as good as
    finding the other, so they are embedded once and credited once.

    Args:
        corpus: The documents.
        evalset: The labelled queries.
        exclude_self: Leave a document that is its query word for word out of that query's results and labels.
            Off by default: with short texts, or ids that collide, it drops right answers in silence.
        fields: Where the corpus holds chunks, the fields that say of which document each is.

    Raises:
        UsageError: No document has text, no query could be answered, or a chunk's position is none.
    """
    hashes = {document: content_hash(text) for document, text in corpus.pairs() if not _blank(text)}
    if not hashes:
        raise UsageError(f"All {len(corpus)} documents are empty.", next_step="Check `text_fields` of the source.")
    twins = find_twins(hashes.items())
    kept = [document for document in hashes if twins.get(document, document) == document]
    whole = _askable(evalset)
    fold = _fold(whole, corpus, fields, hashes, twins) if fields else None
    merged = fold.evalset if fold else merge_evalset(whole, twins) if twins else whole
    equal = _equal_texts(merged, {hashes[document]: document for document in kept})
    if exclude_self:
        fold = fold.without(equal) if fold else None
        merged = fold.evalset if fold else _without_selves(merged, equal)
    if not merged.answerable:
        raise UsageError(
            f"Evaluation set {evalset.name!r} has no query with a text and a relevant document.",
            next_step="helmert evalset check",
        )
    return Material(
        corpus=corpus if len(kept) == len(corpus) else corpus.take(kept),
        evalset=merged,
        selves=equal if exclude_self else {},
        notes=(
            *_said(corpus, evalset, hashes, twins),
            *(_said_of_chunks(fold, corpus, fields) if fold and fields else _absent(evalset, corpus)),
            *_said_of_selves(len(equal), exclude_self=exclude_self),
        ),
        fold=fold,
    )


def _fold(
    evalset: EvalSet, corpus: Corpus, fields: ChunkFields, hashes: Mapping[str, str], twins: Mapping[str, str]
) -> Fold:
    """Every chunk that has a text counts, also those that one with the same text stands for."""
    chunks = _chunks(corpus, fields)
    held = {name: chunk for name, chunk in chunks.items() if name in hashes}
    return Fold.of(lift_labels(evalset, chunks), held, twins)


def _chunks(corpus: Corpus, fields: ChunkFields) -> dict[str, Chunk]:
    return fields.read(zip(corpus.ids, corpus.metadata, strict=True))


def _blank(text: str) -> bool:
    return not text or text.isspace()


def _askable(evalset: EvalSet) -> EvalSet:
    """The set without queries that have no text."""
    queries = tuple(query for query in evalset.queries if not _blank(query.text))
    if len(queries) == len(evalset.queries):
        return evalset
    ids = {query.id for query in queries}
    return replace(evalset, queries=queries, qrels={key: grades for key, grades in evalset.qrels.items() if key in ids})


def _equal_texts(evalset: EvalSet, by_hash: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Queries whose text is that of a document, with that document."""
    pairs = ((query.id, by_hash.get(content_hash(query.text))) for query in evalset.answerable)
    return {query: frozenset({document}) for query, document in pairs if document is not None}


def _without_selves(evalset: EvalSet, selves: Mapping[str, frozenset[str]]) -> EvalSet:
    qrels = {
        query: {document: grade for document, grade in grades.items() if document not in selves.get(query, ())}
        for query, grades in evalset.qrels.items()
    }
    return replace(evalset, qrels=qrels)


def _said(corpus: Corpus, evalset: EvalSet, hashes: Mapping[str, str], twins: Mapping[str, str]) -> Iterator[str]:
    empty = len(corpus) - len(hashes)
    if empty:
        yield f"Documents without text, left out: {empty:,}."
    silent = sum(_blank(query.text) for query in evalset.queries)
    if silent:
        yield f"Queries without text, left out: {silent:,}."
    if twins:
        yield (
            f"{len(twins):,} documents have the text of another one; they stand for "
            f"{len(set(twins.values())):,} different texts, each embedded and credited once."
        )
    if evalset.without_positives:
        yield f"Queries without a relevant document, left out: {evalset.without_positives:,}."


def _absent(evalset: EvalSet, corpus: Corpus) -> Iterator[str]:
    dangling = evalset.dangling_documents(corpus.rows)
    if dangling:
        cause = likely_cause(dangling, corpus.rows)
        yield (
            f"{len(dangling):,} relevant documents are not in the corpus, first {dangling[0]!r}; "
            f"no candidate can find them, so every value is too low.{f' {cause}' if cause else ''}"
        )


def _said_of_chunks(fold: Fold, corpus: Corpus, fields: ChunkFields) -> Iterator[str]:
    documents = {chunk.document for chunk in _chunks(corpus, fields).values()}
    yield (
        f"{len(corpus):,} chunks of {len(documents):,} documents: a hit counts as the document whose label it "
        f"satisfies, the best of several once."
    )
    gone = sorted({document for _, document in fold.out_of_reach})
    if gone:
        cause = likely_cause([document for document in gone if document not in documents], documents)
        yield (
            f"{len(gone):,} relevant documents are not in the corpus, or not with their labelled passages, first "
            f"{gone[0]!r}; no candidate can find them, so every value is too low.{f' {cause}' if cause else ''}"
        )


def _said_of_selves(count: int, *, exclude_self: bool) -> Iterator[str]:
    if count and exclude_self:
        yield f"{count:,} queries are the text of a document word for word; that document is left out of their results."
    elif count:
        yield (
            f"{count:,} queries are the text of a document word for word, which any model finds. "
            f"`exclude_self = true` under [selection] leaves that document out."
        )
