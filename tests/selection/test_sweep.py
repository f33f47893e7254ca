"""The sweep: every cell from one embedding pass, with the loss against the same candidate at full size."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from helmert.evaluation import EvalSet, Measure, score
from helmert.selection.corpus import Corpus
from helmert.selection.material import Material
from helmert.selection.quantisation import as_signs, shortened
from helmert.selection.ranking import Ids, rank_exact
from helmert.selection.scorecard import Cell, Quantisation
from helmert.selection.sweep import Embeddings, default_dims, sweep
from helmert.selection.terms import SweepTerms, Terms
from helmert.types import Document, Query, Vectors

NDCG = Measure.parse("nDCG@10")


def world(
    *, documents: int = 120, queries: int = 60, dims: int = 64, noise: float = 1.2, seed: int = 0
) -> tuple[Embeddings, EvalSet]:
    """Query n is document n with noise."""
    rng = np.random.default_rng(seed)
    held = rng.standard_normal((documents, dims)).astype(np.float32)
    asked = held[:queries] + noise * rng.standard_normal((queries, dims)).astype(np.float32)
    ids = Ids(documents=[f"d{n}" for n in range(documents)], queries=[f"q{n}" for n in range(queries)])
    evalset = EvalSet(
        name="points",
        queries=tuple(Query(id=name, text=name) for name in ids.queries),
        qrels={f"q{n}": {f"d{n}": 1} for n in range(queries)},
    )
    return Embeddings(name="points", documents=held, queries=asked, ids=ids), evalset


def cells(embeddings: Embeddings, evalset: EvalSet, **terms: object) -> dict[tuple[int, Quantisation], Cell]:
    asked = Terms(sweep=SweepTerms(**terms))  # type: ignore[arg-type]
    material = Material(
        corpus=Corpus.of(Document(id=name, text=name) for name in embeddings.ids.documents), evalset=evalset
    )
    return {(cell.dims, cell.quantisation): cell for cell in sweep(embeddings, material, asked)}


def value(embeddings: Embeddings, evalset: EvalSet, documents: Vectors, queries: Vectors) -> float:
    run = rank_exact(documents, embeddings.ids.documents, queries, embeddings.ids.queries, 20)
    return score(run, evalset, [NDCG]).mean(NDCG)


def test_every_size_and_quantisation_has_a_cell() -> None:
    found = cells(*world())
    assert set(found) == {(dims, name) for dims in (64, 32) for name in get_args(Quantisation)}
    assert found[64, "float32"].loss.value == 0.0


def test_the_full_cell_is_what_exact_search_gives() -> None:
    embeddings, evalset = world()
    found = cells(embeddings, evalset)[64, "float32"].quality["nDCG@10"].value
    assert found == pytest.approx(value(embeddings, evalset, embeddings.documents, embeddings.queries))


def test_truncated_vectors_are_normalised_again() -> None:
    embeddings, evalset = world()
    stretched = replace(
        embeddings, documents=embeddings.documents * np.linspace(0.1, 9, 120, dtype=np.float32)[:, None]
    )
    one, other = (cells(each, evalset, dims=(32,))[32, "float32"] for each in (embeddings, stretched))
    assert one.quality == other.quality
    by_hand = value(embeddings, evalset, embeddings.documents[:, :32].copy(), embeddings.queries[:, :32].copy())
    assert one.quality["nDCG@10"].value == pytest.approx(by_hand)


def test_plain_binary_ranks_by_hamming_distance() -> None:
    embeddings, evalset = world(dims=511)
    found = cells(embeddings, evalset, dims=(511,), quantisations=("binary",))[511, "binary"]
    by_hand = value(embeddings, evalset, as_signs(embeddings.documents), as_signs(embeddings.queries))
    assert found.quality["nDCG@10"].value == pytest.approx(by_hand, abs=1e-9)
    assert found.bytes_per_vector == 64


def test_rescoring_a_shortlist_of_everything_is_int8() -> None:
    embeddings, evalset = world()
    found = cells(embeddings, evalset, dims=(64,), oversample=12)
    assert found[64, "binary+rescore"].quality == found[64, "int8"].quality
    assert found[64, "binary+rescore"].quality["nDCG@10"].value > found[64, "binary"].quality["nDCG@10"].value


def test_the_order_of_documents_does_not_matter_to_any_cell() -> None:
    """Binary codes of few dimensions tie by the dozen."""
    embeddings, evalset = world(dims=8, noise=0.6)
    order = np.random.default_rng(1).permutation(len(embeddings.documents))
    shuffled = replace(
        embeddings,
        documents=np.ascontiguousarray(embeddings.documents[order]),
        ids=replace(embeddings.ids, documents=[embeddings.ids.documents[row] for row in order]),
    )
    one, other = (cells(each, evalset, dims=(8,)) for each in (embeddings, shuffled))
    for key in one:
        for name, found in one[key].quality.items():
            assert found.value == pytest.approx(other[key].quality[name].value, abs=1e-12), key


def test_a_document_that_is_zero_after_truncation_is_lost_and_told_of() -> None:
    embeddings, evalset = world(dims=64)
    embeddings.documents[0, :32] = 0.0
    embeddings.queries[1, :32] = 0.0
    found = cells(embeddings, evalset)
    for name in get_args(Quantisation):
        assert "1 documents, never found, and 1 queries" in found[32, name].note, name
        assert "Without direction" not in found[64, name].note


def test_layer_norm_changes_truncated_vectors_and_is_told_of() -> None:
    embeddings, evalset = world()
    shifted = replace(embeddings, documents=embeddings.documents + 3, queries=embeddings.queries + 3)
    plain, normed = (cells(replace(shifted, layer_norm=on), evalset, dims=(32,))[32, "float32"] for on in (False, True))
    assert normed.quality["nDCG@10"].value > plain.quality["nDCG@10"].value
    assert "Layer-normalised" in normed.note
    by_hand = value(
        shifted,
        evalset,
        shortened(shifted.documents, 32, layer_norm=True),
        shortened(shifted.queries, 32, layer_norm=True),
    )
    assert normed.quality["nDCG@10"].value == pytest.approx(by_hand)


def test_a_cell_off_the_front_is_beaten_by_one_of_no_more_bytes() -> None:
    embeddings, evalset = world(queries=100, noise=1.5)
    found = cells(embeddings, evalset)
    assert found[64, "int8"].on_front
    for cell in found.values():
        if not cell.on_front:
            assert any(
                other.bytes_per_vector <= cell.bytes_per_vector
                and other.quality["nDCG@10"].value > cell.quality["nDCG@10"].value
                for other in found.values()
            )


def test_sizes_beyond_the_full_one_are_left_out() -> None:
    assert {dims for dims, _ in cells(*world(), dims=(128, 48))} == {48}
    assert {dims for dims, _ in cells(*world(), dims=(128,))} == {64, 32}


@pytest.mark.parametrize(
    ("full", "expected"),
    [(32, (32,)), (20, (20,)), (100, (100, 64, 32)), (1024, (1024, 512, 256, 128, 64, 32)), (1, (1,))],
)
def test_default_sizes_are_powers_of_two_below_the_full_one(full: int, expected: tuple[int, ...]) -> None:
    assert default_dims(full) == expected
