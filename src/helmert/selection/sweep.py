"""Fewer dimensions, fewer bits: what each way of storing a candidate's vectors loses, from one embedding pass.

Every cell is scored by exact search over what would be stored, so its loss is that of the representation and of no
index. Queries stay in float32, cut to the same dimensions, except for plain binary, which compares bits with bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helmert.evaluation import EvalSet, Run, Scores, score
from helmert.selection.estimates import Design, differences, quality
from helmert.selection.material import Material
from helmert.selection.pareto import Point, front
from helmert.selection.quantisation import (
    CLIPPED,
    Calibration,
    as_float16,
    as_signs,
    bytes_per_vector,
    shortened,
    without_direction,
)
from helmert.selection.ranking import TIE_ROOM, Ids, as_run, best_with_ties, products, rank_exact
from helmert.selection.scorecard import Cell, Quantisation
from helmert.selection.terms import Terms
from helmert.types import Vectors

SMALLEST = 32
"""Dimensions below which no size is tried unless it is asked for."""
MOST_SIZES = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Embeddings:
    """Full vectors of one candidate: what the sweep is computed from."""

    name: str
    documents: Vectors
    """Shape (documents, dims)."""
    queries: Vectors
    """Shape (queries, dims)."""
    ids: Ids
    layer_norm: bool = False

    def without_queries(self, rows: Sequence[int]) -> Embeddings:
        """Without some queries, as those that have no vector; itself when there is none of them."""
        if not rows:
            return self
        queries = np.delete(self.queries, rows, axis=0)
        names = [name for row, name in enumerate(self.ids.queries) if row not in set(rows)]
        return replace(self, queries=queries, ids=replace(self.ids, queries=names))


def default_dims(full: int) -> tuple[int, ...]:
    """The full size, then powers of two below it down to 32, the largest first; at most six in all.

    >>> default_dims(384)
    (384, 256, 128, 64, 32)
    """
    powers = [1 << bits for bits in range(full.bit_length(), 4, -1) if 1 << bits < full]
    return (full, *[size for size in powers if size >= SMALLEST][: MOST_SIZES - 1])


def sweep(embeddings: Embeddings, material: Material, terms: Terms) -> tuple[Cell, ...]:
    """Quality, bytes and loss of every size and quantisation, the largest size first.

    The loss is paired with the same candidate at full size in float32. A cell is on the front when no cell of fewer
    or equal bytes is better by more than chance.
    """
    assert terms.sweep is not None
    full = embeddings.documents.shape[1]
    sizes = [size for size in sorted(set(terms.sweep.dims), reverse=True) if size <= full] or default_dims(full)
    evalset = material.evalset
    whole = _score("float32", _Cut.of(embeddings, full, terms), material, terms)
    found: list[tuple[Cell, Scores]] = []
    for size in sizes:
        cut = _Cut.of(embeddings, size, terms)
        for quantisation in terms.sweep.quantisations:
            same = size == full and quantisation == "float32"
            scores = whole if same else _score(quantisation, cut, material, terms)
            found.append((_cell(embeddings, cut, quantisation, (scores, whole), evalset, terms), scores))
    return tuple(_with_front(found, evalset, terms))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cut:
    """Vectors of one size at length one."""

    documents: Vectors
    queries: Vectors
    ids: Ids
    calibration: Calibration

    @classmethod
    def of(cls, embeddings: Embeddings, dims: int, terms: Terms) -> _Cut:
        documents = shortened(embeddings.documents, dims, layer_norm=embeddings.layer_norm)
        return cls(
            documents=documents,
            queries=shortened(embeddings.queries, dims, layer_norm=embeddings.layer_norm),
            ids=embeddings.ids,
            calibration=Calibration.of(documents, np.random.default_rng(terms.seed)),
        )

    @property
    def dims(self) -> int:
        return int(self.documents.shape[1])


def _ranked(quantisation: Quantisation, cut: _Cut, terms: Terms, room: int) -> Run:
    depth = terms.cutoff + TIE_ROOM + room
    match quantisation:
        case "float32":
            return _by_cosine(cut.documents, cut, depth)
        case "float16":
            return _by_cosine(as_float16(cut.documents), cut, depth)
        case "int8":
            return _by_cosine(_int8(cut), cut, depth)
        case "binary":
            return as_run(best_with_ties(_agreements(cut), depth), cut.ids)
        case "binary+rescore":
            assert terms.sweep is not None
            return _rescored(cut, shortlist=terms.sweep.oversample * terms.cutoff, depth=depth)


def _by_cosine(documents: Vectors, cut: _Cut, depth: int) -> Run:
    return rank_exact(documents, cut.ids.documents, cut.queries, cut.ids.queries, depth)


def _int8(cut: _Cut) -> Vectors:
    decoded = cut.calibration.decode(cut.calibration.encode(cut.documents))
    decoded[without_direction(cut.documents)] = 0.0
    return decoded


def _agreements(cut: _Cut) -> Iterator[np.ndarray[tuple[int], np.dtype[np.float32]]]:
    """For each query, dims - 2 * Hamming distance to every document; nothing where there is no direction."""
    lost = without_direction(cut.documents)
    blind = without_direction(cut.queries)
    for none, row in zip(blind, products(as_signs(cut.queries), as_signs(cut.documents)), strict=True):
        row[:] = -np.inf if none else row
        row[lost] = -np.inf
        yield row


def _rescored(cut: _Cut, *, shortlist: int, depth: int) -> Run:
    """Shortlists by bits, with all that tie at their end, ordered by cosine of float query and int8 document."""
    decoded = _int8(cut).astype(np.float64)
    lengths = np.linalg.norm(decoded, axis=1)
    found = []
    for query, (rows, _) in zip(cut.queries, best_with_ties(_agreements(cut), max(shortlist, depth)), strict=True):
        cosines = (decoded[rows] * query.astype(np.float64)).sum(axis=1) / lengths[rows]
        order = np.lexsort((rows, -cosines))[:depth]
        found.append((rows[order], cosines[order]))
    return as_run(found, cut.ids)


def _score(quantisation: Quantisation, cut: _Cut, material: Material, terms: Terms) -> Scores:
    run = _ranked(quantisation, cut, terms, material.room)
    return score(material.seen(run), material.evalset, terms.shown)


def _cell(
    embeddings: Embeddings,
    cut: _Cut,
    quantisation: Quantisation,
    scored: tuple[Scores, Scores],
    evalset: EvalSet,
    terms: Terms,
) -> Cell:
    design = Design.of(evalset, terms.level)
    mine, whole = scored
    kept, searched = bytes_per_vector(quantisation, cut.dims, len(cut.documents))
    return Cell(
        candidate=embeddings.name,
        dims=cut.dims,
        quantisation=quantisation,
        bytes_per_vector=kept,
        searched_bytes=searched if searched < kept else None,
        quality=quality(mine, terms.shown, design),
        loss=design.difference(differences(mine, whole, terms.primary)),
        note=" ".join(_notes(embeddings, cut, quantisation, terms)),
    )


def _notes(embeddings: Embeddings, cut: _Cut, quantisation: Quantisation, terms: Terms) -> Iterator[str]:
    if quantisation in ("int8", "binary+rescore"):
        yield f"256 levels between the {100 * CLIPPED:g}% quantiles of each dimension over the corpus."
    if quantisation == "binary+rescore" and terms.sweep is not None:
        yield (
            f"The {terms.sweep.oversample * terms.cutoff} nearest by bits are ordered by float query and int8 "
            "documents, which may lie on disk."
        )
    lost = int(without_direction(cut.documents).sum())
    blind = int(without_direction(cut.queries).sum())
    if lost or blind:
        yield f"Without direction after truncation: {lost:,} documents, never found, and {blind:,} queries."
    if embeddings.layer_norm:
        yield "Layer-normalised before truncation."


def _with_front(found: Sequence[tuple[Cell, Scores]], evalset: EvalSet, terms: Terms) -> Iterator[Cell]:
    design = Design.of(evalset, terms.level)
    scores = {str(place): each for place, (_, each) in enumerate(found)}
    points = [
        Point(name=str(place), cost=cell.bytes_per_vector, quality=cell.quality[str(terms.primary)].value)
        for place, (cell, _) in enumerate(found)
    ]

    def better(one: str, other: str) -> bool:
        return design.difference(differences(scores[one], scores[other], terms.primary)).low > 0.0

    chosen = set(front(points, better))
    for place, (cell, _) in enumerate(found):
        yield replace(cell, on_front=str(place) in chosen)
