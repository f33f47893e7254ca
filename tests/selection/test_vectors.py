"""Vectors on disk: a text is paid for once, and never served by a model that is not there any more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import GarbageVectors, ProviderOutage, RejectedInput
from helmert.selection import vectors as module
from helmert.selection.vectors import VectorCache
from helmert.testing.embedder import Faults
from tests.selection.worlds import Ticking, texts, toy

HELD = texts(40)
CHECKS = 2
"""Canaries asked by themselves: on opening, and after something was embedded."""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 10)


def opened(folder: Path) -> VectorCache:
    return VectorCache(folder, seconds=Ticking())


def test_vectors_are_those_of_the_model_in_the_order_of_the_texts(tmp_path: Path) -> None:
    model = toy()
    found = opened(tmp_path).embed(model, "document", HELD)
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(HELD).vectors)
    assert found.computed == len(HELD)
    assert found.tokens > 0
    assert found.seconds > 0


def test_a_second_run_pays_for_nothing_but_the_canary(tmp_path: Path) -> None:
    first = opened(tmp_path).embed(toy(), "document", HELD)
    model = toy()
    again = opened(tmp_path).embed(model, "document", HELD)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert (again.computed, again.tokens, again.seconds) == (0, 0, 0.0)
    assert model.texts_seen == 1


def test_a_changed_corpus_pays_only_for_its_new_texts(tmp_path: Path) -> None:
    opened(tmp_path).embed(toy(), "document", HELD)
    changed = ["a new document at the front", *HELD[5:], "and one at the end"]
    cache = opened(tmp_path)
    assert cache.missing(toy(), "document", changed) == [changed[0], changed[-1]]
    found = cache.embed(toy(), "document", changed)
    assert found.computed == 2
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(changed).vectors)


def test_equal_texts_are_paid_once(tmp_path: Path) -> None:
    model = toy()
    found = opened(tmp_path).embed(model, "document", [HELD[0]] * 7)
    assert found.computed == 1
    assert (found.vectors == found.vectors[0]).all()


def test_after_an_outage_the_finished_blocks_are_not_paid_again(tmp_path: Path) -> None:
    broken = toy(faults=Faults(outage=range(4, 99)))
    with pytest.raises(ProviderOutage):
        opened(tmp_path).embed(broken, "document", HELD)
    model = toy()
    found = opened(tmp_path).embed(model, "document", HELD)
    assert found.computed == len(HELD) - 20
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(HELD).vectors)


def test_the_sides_of_a_model_are_kept_apart(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    model = toy(prefixes=("passage: ", "query: "))
    stored = cache.embed(model, "document", HELD).vectors
    asked = cache.embed(model, "query", HELD).vectors
    assert not np.allclose(stored, asked)


def test_another_query_prefix_shares_the_documents(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    plain, variant = toy(), toy(prefixes=("", "query: "))
    cache.embed(plain, "document", HELD, served_by="toy")
    found = cache.embed(variant, "document", HELD, served_by="toy")
    assert found.computed == 0
    assert variant.texts_seen == 0
    assert cache.embed(variant, "query", HELD, served_by="toy").computed == len(HELD)


def test_a_model_replaced_behind_its_name_is_not_served_the_old_vectors(tmp_path: Path) -> None:
    opened(tmp_path).embed(toy(), "document", HELD)
    replaced = toy(faults=Faults(swap_after=0))
    found = opened(tmp_path).embed(replaced, "document", HELD)
    assert found.replaced
    assert found.computed == len(HELD)
    expected = toy(faults=Faults(swap_after=0)).embed_documents(HELD).vectors
    np.testing.assert_array_equal(found.vectors, expected)


def test_the_old_vectors_serve_again_when_the_old_model_is_back(tmp_path: Path) -> None:
    opened(tmp_path).embed(toy(), "document", HELD)
    opened(tmp_path).embed(toy(faults=Faults(swap_after=0)), "document", HELD)
    found = opened(tmp_path).embed(toy(), "document", HELD)
    assert found.computed == 0
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(HELD).vectors)


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_a_model_replaced_during_the_run_leaves_none_of_its_vectors(tmp_path: Path, after: int) -> None:
    """Calls: a canary, four blocks, a canary."""
    with pytest.raises(GarbageVectors):
        opened(tmp_path).embed(toy(faults=Faults(swap_after=after)), "document", HELD)
    found = opened(tmp_path).embed(toy(), "document", HELD)
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(HELD).vectors)


def test_vectors_that_changed_places_in_a_batch_are_refused(tmp_path: Path) -> None:
    reordered = toy(faults=Faults(garbage="reordered", garbage_calls=range(2, 3)))
    with pytest.raises(GarbageVectors, match="another order"):
        opened(tmp_path).embed(reordered, "document", HELD)
    found = opened(tmp_path).embed(toy(), "document", HELD)
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(HELD).vectors)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut short", None])
def test_a_damaged_block_is_embedded_again(tmp_path: Path, damage: bytes | None) -> None:
    opened(tmp_path).embed(toy(), "document", HELD)
    block = next(path for path in tmp_path.rglob("*.npz") if path.stem != "canary")
    block.write_bytes(block.read_bytes()[:-50] if damage is None else damage)
    found = opened(tmp_path).embed(toy(), "document", HELD)
    assert found.computed == 10
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(HELD).vectors)


def test_a_half_written_block_is_not_seen(tmp_path: Path) -> None:
    opened(tmp_path).embed(toy(), "document", HELD[:10])
    folder = next(tmp_path.rglob("canary.npz")).parent
    (folder / "0123.99.part").write_bytes(b"half")
    assert opened(tmp_path).embed(toy(), "document", HELD[:10]).computed == 0


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    opened(tmp_path).embed(toy(), "document", HELD[:15])
    heard: list[int] = []
    opened(tmp_path).embed(toy(), "document", HELD, heard.append)
    assert heard == [15, 25, 35, 40]


def test_no_texts_ask_nothing(tmp_path: Path) -> None:
    model = toy()
    assert opened(tmp_path).embed(model, "document", []).vectors.shape == (0, 32)
    assert model.calls == 0


def refusing(count: int = 1) -> tuple[Faults, list[int]]:
    """A model that takes no text with a certain word, and the rows of these texts; `HELD` with some more."""
    return Faults(poison="forbidden"), list(range(3, 3 + 7 * count, 7))


def spoilt(rows: list[int]) -> list[str]:
    return [f"{text} forbidden" if row in rows else text for row, text in enumerate(HELD)]


@pytest.mark.parametrize("count", [1, 3])
def test_a_refused_text_costs_no_other_text_its_vector(tmp_path: Path, count: int) -> None:
    faults, rows = refusing(count)
    wanted = spoilt(rows)
    heard: list[int] = []
    found = opened(tmp_path).embed(toy(faults=faults), "document", wanted, heard.append)
    assert found.refused == tuple(rows)
    assert "refused" in found.refusal
    assert found.computed == len(HELD) - count
    assert heard[-1] == len(HELD)
    expected = toy().embed_documents(wanted).vectors
    expected[rows] = 0.0
    np.testing.assert_array_equal(found.vectors, expected)


def test_no_text_is_paid_twice_for_a_refused_one_beside_it(tmp_path: Path) -> None:
    faults, rows = refusing(3)
    model = toy(faults=faults)
    found = opened(tmp_path).embed(model, "document", spoilt(rows))
    canaries = model.texts_seen - found.computed
    assert canaries <= model.calls
    assert found.computed == len(HELD) - len(rows)


def test_refused_texts_are_remembered_and_one_of_them_asked_again(tmp_path: Path) -> None:
    faults, rows = refusing(3)
    wanted = spoilt(rows)
    opened(tmp_path).embed(toy(faults=faults), "document", wanted)
    model = toy(faults=faults)
    cache = opened(tmp_path)
    assert cache.missing(model, "document", wanted) == []
    found = cache.embed(model, "document", wanted)
    assert found.refused == tuple(rows)
    assert (model.calls, found.computed) == (2, 0), "the canary, and the shortest of the refused texts"


def test_texts_that_are_taken_now_are_refused_no_longer(tmp_path: Path) -> None:
    faults, rows = refusing(3)
    wanted = spoilt(rows)
    opened(tmp_path).embed(toy(faults=faults), "document", wanted)
    found = opened(tmp_path).embed(toy(), "document", wanted)
    assert (found.refused, found.computed) == ((), 3)
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(wanted).vectors)
    model = toy(faults=faults)
    assert opened(tmp_path).embed(model, "document", wanted).refused == ()
    assert model.calls == 1


def test_what_was_paid_before_an_outage_amid_refusals_is_kept(tmp_path: Path) -> None:
    """Calls: a canary, a refused block, and its first half, which is taken."""
    faults, rows = refusing()
    with pytest.raises(ProviderOutage):
        opened(tmp_path).embed(toy(faults=Faults(poison="forbidden", outage=range(4, 99))), "document", spoilt(rows))
    again = opened(tmp_path).embed(toy(faults=faults), "document", spoilt(rows))
    assert again.computed == len(HELD) - 5 - 1


def test_a_model_that_refuses_every_text_is_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(RejectedInput, match="refuses all 2 texts"):
            opened(tmp_path).embed(toy(faults=Faults(poison="no")), "document", ["no one", "no two"])


@pytest.mark.parametrize("damage", ["not hexadecimal", "\u00e9"])
def test_a_damaged_memory_of_refusals_is_no_memory(tmp_path: Path, damage: str) -> None:
    faults, rows = refusing()
    opened(tmp_path).embed(toy(faults=faults), "document", spoilt(rows))
    (memory,) = tmp_path.rglob("refused.txt")
    memory.write_text(damage, encoding="utf-8")
    assert opened(tmp_path).embed(toy(faults=faults), "document", spoilt(rows)).refused == tuple(rows)


@settings(max_examples=20)
@given(st.lists(st.sampled_from(HELD), min_size=1, max_size=30), st.lists(st.sampled_from(HELD), max_size=30))
def test_whatever_was_asked_before_the_answer_is_the_models(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[str], before: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = opened(folder)
    cache.embed(toy(), "document", before)
    found = cache.embed(toy(), "document", wanted)
    np.testing.assert_array_equal(found.vectors, toy().embed_documents(wanted).vectors)
    assert found.computed == len(set(wanted) - set(before))
