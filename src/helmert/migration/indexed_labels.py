"""The labels of a set as indexes can satisfy them, where their rows are chunks of the labelled documents.

Every index has chunks of its own: after a re-chunking, the live index and the one beside it hold different ones. What
a row is a piece of stands in its metadata, so each index is asked about itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from helmert.evaluation import EvalSet, Run
from helmert.evaluation.chunks import Chunk, ChunkFields, Fold, lift_labels
from helmert.migration.context import Context
from helmert.registry import IndexRecord

CREDIT = "Rows are chunks: a hit counts as the document whose label it satisfies, the best of several once."


@dataclass(frozen=True, kw_only=True, eq=False)
class IndexedLabels:
    """A set whose labels are of documents, and how the hits of each index count for them."""

    evalset: EvalSet
    folds: Mapping[str, Fold] = field(default_factory=dict)
    """By index; empty when rows are documents."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the numbers should know."""
        return (CREDIT,) if self.folds else ()

    def room(self, index: str) -> int:
        """Hits of an index to ask for beyond those that are looked at, as several may be chunks of one document."""
        return self.folds[index].room if index in self.folds else 0

    def seen(self, index: str, run: Run) -> Run:
        """What an index found, in the names of the labelled documents."""
        return self.folds[index].apply(run) if index in self.folds else run


def indexed_labels(evalset: EvalSet, indexes: Sequence[IndexRecord], context: Context) -> IndexedLabels:
    """Read from the metadata of every index which chunks the labelled documents have in it.

    Labels of chunks become labels of their documents. Where the indexes hold different chunks under one id, the label
    is taken to be of the last index's: the live one, which people have seen. Raises `UsageError` for positions that
    are none, and what the stores raise.
    """
    fields = context.chunks(indexes[0].collection)
    if fields is None:
        return IndexedLabels(evalset=evalset)
    named = {document for grades in evalset.qrels.values() for document in grades}
    held = {index.name: _pieces(index, named, fields, context) for index in indexes}
    together = {name: chunk for chunks in held.values() for name, chunk in chunks.items()}
    lifted = lift_labels(evalset, together)
    more = {document for grades in lifted.qrels.values() for document in grades} - named
    if more:
        held = {index.name: _pieces(index, named | more, fields, context) for index in indexes}
    return IndexedLabels(evalset=lifted, folds={name: Fold.of(lifted, chunks) for name, chunks in held.items()})


def _pieces(index: IndexRecord, named: Collection[str], fields: ChunkFields, context: Context) -> dict[str, Chunk]:
    """The chunks of an index that have one of these names, or are pieces of what has: all others are no answers."""
    found: dict[str, Chunk] = {}
    for rows in context.store(index.store).scan(index.name):
        for name, metadata in zip(rows.ids, rows.metadata, strict=True):
            chunk = fields.chunk(name, metadata)
            if name in named or chunk.document in named:
                found[name] = chunk
    return found
