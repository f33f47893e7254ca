"""`CheckedEmbedder` lets nothing through that cannot be stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from helmert.errors import GarbageVectors, RejectedInput
from helmert.models import CheckedEmbedder
from helmert.models.base import EmbeddingBatch
from helmert.models.checked import check_batch
from helmert.spaces import EmbeddingSpace
from helmert.testing.embedder import Faults, Garbage, ToyEmbedder
from helmert.types import Vectors

TEXTS = ["one thing", "another thing", "a third"]
SPACE = EmbeddingSpace(model="m", dims=3)


def batch(vectors: Vectors) -> EmbeddingBatch:
    return EmbeddingBatch(vectors=vectors, side="document", requested_model="m", reported_model=None, tokens=None)


def unit(rows: int, dims: int = 3) -> Vectors:
    vectors = np.zeros((rows, dims), dtype=np.float32)
    vectors[:, 0] = 1.0
    return vectors


class Fixed(ToyEmbedder):
    """A toy that answers with a batch made beforehand."""

    def __init__(self, answer: EmbeddingBatch, **options: object) -> None:
        super().__init__(dims=answer.vectors.shape[1])
        self.answer = answer

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        return self.answer


def test_good_batches_pass_unchanged() -> None:
    toy = ToyEmbedder()
    checked = CheckedEmbedder(toy)
    assert np.array_equal(checked.embed_documents(TEXTS).vectors, toy.embed_documents(TEXTS).vectors)
    assert checked.embed_queries(TEXTS).side == "query"
    assert checked.space == toy.space
    assert checked.limits == toy.limits
    assert checked.count_tokens("three little words") == 3


@pytest.mark.parametrize(
    ("garbage", "told"),
    [
        ("nan", "row 2 of 3 is not finite: value nan in column 0"),
        ("zero", "row 2 of 3 is a zero vector"),
        ("short", r"shape \(2, 32\) for 3 texts"),
        ("wrong_dims", "31 dimensions, its space has 32"),
    ],
)
def test_garbage_is_refused_and_named(garbage: Garbage, told: str) -> None:
    checked = CheckedEmbedder(ToyEmbedder(faults=Faults(garbage=garbage)))
    with pytest.raises(GarbageVectors, match=told) as caught:
        checked.embed_documents(TEXTS)
    assert "'toy'" in caught.value.message


def test_rows_that_changed_places_are_beyond_one_batch() -> None:
    """Stated, not wished for: this is what probes are for."""
    moved = CheckedEmbedder(ToyEmbedder(faults=Faults(garbage="reordered"))).embed_documents(TEXTS).vectors
    assert np.array_equal(moved[1:], ToyEmbedder().embed_documents(TEXTS).vectors[:-1])


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38])
def test_values_that_are_not_finite_are_named_with_their_place(value: float) -> None:
    vectors = unit(5)
    vectors[3, 2] = value
    with pytest.raises(GarbageVectors, match=r"row 3 of 5 .* in column 2"):
        check_batch(batch(vectors), space=SPACE, side="document", count=5)


@pytest.mark.parametrize(("length", "passes"), [(1.0005, True), (0.9995, True), (1.002, False), (0.998, False)])
def test_lengths_are_held_to_a_thousandth(length: float, passes: bool) -> None:
    vectors = unit(4)
    vectors[2] *= length
    if passes:
        check_batch(batch(vectors), space=SPACE, side="document", count=4)
    else:
        with pytest.raises(GarbageVectors, match=f"row 2 of 4 has length {length}"):
            check_batch(batch(vectors), space=SPACE, side="document", count=4)


def test_lengths_are_free_where_the_space_promises_none() -> None:
    check_batch(batch(unit(2) * 7), space=replace(SPACE, normalised=False), side="document", count=2)


def test_other_types_than_float32_are_refused() -> None:
    doubles = unit(2).astype(np.float64)
    with pytest.raises(GarbageVectors, match="float64"):
        check_batch(batch(doubles), space=SPACE, side="document", count=2)  # type: ignore[arg-type]


def test_a_flat_array_is_refused() -> None:
    with pytest.raises(GarbageVectors, match=r"shape \(3,\)"):
        check_batch(batch(unit(1)[0]), space=SPACE, side="document", count=3)


def test_the_wrong_side_is_refused() -> None:
    good = ToyEmbedder().embed_queries(TEXTS)
    with pytest.raises(GarbageVectors, match="answered for the query side, asked was the document side"):
        CheckedEmbedder(Fixed(good)).embed_documents(TEXTS)


@given(
    vectors=arrays.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.floats(width=32)),
    normalised=st.booleans(),
)
def test_what_passes_can_be_stored(vectors: Vectors, normalised: bool) -> None:
    """Whatever a provider makes up: it is refused, or every row is finite, not zero, of the right length."""
    count, dims = vectors.shape
    space = EmbeddingSpace(model="m", dims=dims, normalised=normalised)
    try:
        check_batch(batch(vectors), space=space, side="document", count=count)
    except GarbageVectors:
        return
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    assert np.isfinite(lengths).all()
    assert (lengths > 0).all()
    assert not normalised or np.abs(lengths - 1).max() < 1.1e-3


@pytest.mark.parametrize("empty", ["", " ", "\n\t ", "\u2003\u00a0"])
def test_empty_texts_are_refused_by_position_before_the_model_is_asked(empty: str) -> None:
    toy = ToyEmbedder()
    with pytest.raises(RejectedInput, match=r"Text 1 of 3 .* is empty"):
        CheckedEmbedder(toy).embed_documents(["fine", empty, "fine"])
    assert toy.calls == 0


def test_broken_unicode_is_refused_by_position() -> None:
    with pytest.raises(RejectedInput, match=r"Text 2 of 3 .* character 4 is the lone surrogate U\+D83D"):
        CheckedEmbedder(ToyEmbedder()).embed_queries(["fine", "größe", "half\ud83d emoji"])


def test_no_texts_need_no_call() -> None:
    toy = ToyEmbedder(dims=5)
    empty = CheckedEmbedder(toy).embed_queries([])
    assert empty.vectors.shape == (0, 5)
    assert empty.tokens == 0
    assert toy.calls == 0


def test_a_model_swapped_under_its_reported_name_is_found() -> None:
    faults = Faults(swap_after=2, swapped_name="toy-next")
    checked = CheckedEmbedder(ToyEmbedder(faults=faults))
    checked.embed_documents(TEXTS)
    checked.embed_queries(TEXTS)
    with pytest.raises(GarbageVectors, match=r"answered as 'toy' before and answers as 'toy-next' now"):
        checked.embed_documents(TEXTS)


def test_an_endpoint_may_call_the_model_as_it_likes_as_long_as_it_keeps_to_it() -> None:
    renamed = replace(ToyEmbedder().embed_documents(TEXTS), reported_model="toy-2026-11-01")
    checked = CheckedEmbedder(Fixed(renamed))
    checked.embed_documents(TEXTS)
    checked.embed_documents(TEXTS)


def test_an_endpoint_that_does_not_say_who_answers_is_no_evidence_of_a_swap() -> None:
    fixed = Fixed(replace(ToyEmbedder().embed_documents(TEXTS), reported_model="toy"))
    checked = CheckedEmbedder(fixed)
    checked.embed_documents(TEXTS)
    fixed.answer = replace(fixed.answer, reported_model=None)
    checked.embed_documents(TEXTS)


def test_closing_reaches_the_provider_that_holds_something() -> None:
    class Holding(ToyEmbedder):
        closed = False

        def close(self) -> None:
            self.closed = True

    holding = Holding()
    with CheckedEmbedder(holding) as checked:
        checked.embed_documents(TEXTS)
    assert holding.closed
    CheckedEmbedder(ToyEmbedder()).close()
