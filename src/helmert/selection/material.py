"""What candidates are tried on: documents and queries after what nobody could embed or tell apart is taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, find_twins, likely_cause, merge_evalset
from helmert.selection.corpus import Corpus
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

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that are asked."""
        return self.evalset.answerable


def prepare(corpus: Corpus, evalset: EvalSet, *, exclude_self: bool = False) -> Material:
    """Leave out empty texts and all but one of identical documents; say what was left out.

    Documents whose texts differ only in white space or Unicode composition are twins: finding one is as good as
    finding the other, so they are embedded once and credited once.

    Args:
        corpus: The documents.
        evalset: The labelled queries.
        exclude_self: Leave a document that is its query word for word out of that query's results and labels.
            Off by default: with short texts, or ids that collide, it drops right answers in silence.

    Raises:
        UsageError: No document has text, or no query could be answered.
    """
    hashes = {document: content_hash(text) for document, text in corpus.pairs() if not _blank(text)}
    if not hashes:
        raise UsageError(f"All {len(corpus)} documents are empty.", next_step="Check `text_fields` of the source.")
    twins = find_twins(hashes.items())
    kept = [document for document in hashes if twins.get(document, document) == document]
    whole = _askable(evalset)
    merged = merge_evalset(whole, twins) if twins else whole
    equal = _equal_texts(merged, {hashes[document]: document for document in kept})
    chosen = _without_selves(merged, equal) if exclude_self else merged
    if not chosen.answerable:
        raise UsageError(
            f"Evaluation set {evalset.name!r} has no query with a text and a relevant document.",
            next_step="helmert evalset check",
        )
    return Material(
        corpus=corpus if len(kept) == len(corpus) else corpus.take(kept),
        evalset=chosen,
        selves=equal if exclude_self else {},
        notes=(
            *_said(corpus, evalset, hashes, twins),
            *_absent(evalset, corpus),
            *_said_of_selves(len(equal), exclude_self=exclude_self),
        ),
    )


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


def _said_of_selves(count: int, *, exclude_self: bool) -> Iterator[str]:
    if count and exclude_self:
        yield f"{count:,} queries are the text of a document word for word; that document is left out of their results."
    elif count:
        yield (
            f"{count:,} queries are the text of a document word for word, which any model finds. "
            f"`exclude_self = true` under [selection] leaves that document out."
        )
