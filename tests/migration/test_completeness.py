"""The completeness proof against plain Python sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.migration.completeness import EXAMPLES, Comparison, Proof
from helmert.stores.base import Rows

SPACE = "space-a"
Expected = Sequence[tuple[str, str]]
"""Id and hash."""
Found = Sequence[tuple[str, str, str]]
"""Id, hash and space."""

ids = st.sampled_from([f"d{number}" for number in range(6)]) | st.text(alphabet="aé\u4e2d '\"%_-", max_size=3)
hashes = st.sampled_from(["h1", "h2"])
expected_sides = st.lists(st.tuples(ids, hashes), max_size=12, unique_by=lambda pair: pair[0])
found_sides = st.lists(st.tuples(ids, hashes, st.sampled_from([SPACE, SPACE, "space-b"])), max_size=14)


def batches(found: Sequence[tuple[str, ...]], size: int = 3) -> Iterator[Rows]:
    for start in range(0, len(found), size):
        part = found[start : start + size]
        yield Rows(
            ids=[row[0] for row in part],
            vectors=None,
            texts=[""] * len(part),
            hashes=[row[1] for row in part],
            metadata=[{}] * len(part),
            spaces=[row[2] for row in part] if len(part[0]) > 2 else None,
        )


def model(expected: Expected, found: Found, moving: frozenset[str]) -> Mapping[str, set[str]]:
    """Which ids differ, and how."""
    wanted = {id_: hash_ for id_, hash_ in expected if id_ not in moving}
    rows = [row for row in found if row[0] not in moving]
    copies = Counter(id_ for id_, _, _ in rows)
    return {
        "missing": wanted.keys() - copies.keys(),
        "stale": {id_ for id_, hash_, _ in rows if id_ in wanted and wanted[id_] != hash_},
        "orphan": copies.keys() - wanted.keys(),
        "duplicate": {id_ for id_, count in copies.items() if count > 1},
        "foreign": {id_ for id_, _, space in rows if space != SPACE},
    }


def prove(expected: Expected, found: Found, moving: Sequence[str] = ()) -> Proof:
    with Comparison(batches(expected), batches(found), space=SPACE, moving=lambda: moving) as comparison:
        return comparison.proof


@given(expected_sides, found_sides, st.frozensets(ids, max_size=3))
def test_the_proof_finds_what_sets_find(expected: Expected, found: Found, moving: frozenset[str]) -> None:
    truth = model(expected, found, moving)
    with Comparison(batches(expected), batches(found), space=SPACE, moving=lambda: moving) as comparison:
        proof = comparison.proof
        listed = {kind: list(comparison.ids(kind)) for kind in truth}
    assert listed == {kind: sorted(different) for kind, different in truth.items()}
    assert proof.differences == {kind: len(different) for kind, different in truth.items()}
    assert proof.examples == {kind: tuple(sorted(different)[:EXAMPLES]) for kind, different in truth.items()}
    assert proof.complete == (not any(truth.values()))
    assert proof.expected == len({id_ for id_, _ in expected} - moving)
    assert proof.found == sum(row[0] not in moving for row in found)


@given(expected_sides)
def test_a_faithful_copy_is_complete(expected: Expected) -> None:
    proof = prove(expected, [(*pair, SPACE) for pair in expected])
    assert proof.complete
    assert proof.expected == proof.found == len(expected)


def test_equal_counts_prove_nothing() -> None:
    proof = prove([("a", "h"), ("b", "h")], [("a", "h", SPACE), ("c", "h", SPACE)])
    assert proof.expected == proof.found == 2
    assert not proof.complete
    assert proof.examples["missing"] == ("b",)
    assert proof.examples["orphan"] == ("c",)


def test_rows_that_do_not_say_their_space_are_foreign() -> None:
    with Comparison(batches([("a", "h")]), batches([("a", "h")]), space=SPACE) as comparison:
        assert comparison.proof.differences["foreign"] == 1


def test_ids_on_the_move_are_asked_for_after_both_sides_were_read() -> None:
    read: list[str] = []

    def side(name: str, rows: Sequence[tuple[str, ...]]) -> Iterator[Rows]:
        yield from batches(rows)
        read.append(name)

    def moving() -> list[str]:
        assert sorted(read) == ["expected", "found"]
        return ["b"]

    sides = side("expected", [("a", "h"), ("b", "old")]), side("found", [("a", "h", SPACE), ("b", "new", SPACE)])
    with Comparison(*sides, space=SPACE, moving=moving) as comparison:
        assert comparison.proof.complete
        assert comparison.proof.found == 1


rows = st.lists(st.tuples(ids, hashes, st.sampled_from([SPACE, "space-b"])), max_size=8)


@given(rows, st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order(found: Found, random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert prove([], shuffled).digest == prove([], found).digest


@given(rows, rows)
def test_the_digest_is_that_of_the_content(found: Found, other: Found) -> None:
    assert (prove([], found).digest == prove([], other).digest) == (Counter(found) == Counter(other))


@given(rows)
def test_the_digest_is_of_the_target_alone(found: Found) -> None:
    assert prove([("x", "h")], found).digest == prove([], found).digest


@pytest.mark.parametrize("field", [0, 1, 2])
def test_the_digest_sees_every_field(field: int) -> None:
    row = ["a", "h1", SPACE]
    changed = [*row[:field], "other", *row[field + 1 :]]
    digests = {prove([], [(id_, hash_, space)]).digest for id_, hash_, space in (row, changed)}
    assert len(digests) == 2


def test_a_proof_is_told_in_one_sentence_with_the_first_ids() -> None:
    whole = prove([("a", "h")], [("a", "h", SPACE)])
    assert str(whole) == "1 rows, each with the text and the space it should have."
    assert whole.summary() == ""
    broken = prove([(f"d{n}", "h") for n in range(5)], [("x", "h", SPACE)])
    assert broken.summary() == "5 missing ('d0', 'd1', 'd2', …), 1 orphan ('x')"
    assert str(broken) == f"5 documents expected, 1 rows found: {broken.summary()}."
    assert broken.to_dict()["examples"] == {
        "missing": ["d0", "d1", "d2", "d3", "d4"],
        "stale": [],
        "orphan": ["x"],
        "duplicate": [],
        "foreign": [],
    }
