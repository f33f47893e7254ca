"""Versions, lives and positions of indexes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import NotFound, Refused, StillNeeded, StoreBusy
from helmert.registry import FOLLOWING, IndexState, Registry
from helmert.registry.indexes import may_become
from helmert.spaces import EmbeddingSpace
from tests.registry.staging import START, AddIndex, SteppingClock


def test_a_record_says_what_was_added(registry: Registry, add_index: AddIndex, space: EmbeddingSpace) -> None:
    added = add_index(state=IndexState.BUILDING, applied_seq=0)

    assert registry.indexes.get("docs_v1") == added
    assert (added.store, added.model) == ("main", "small")
    assert (added.space, added.vector_hash) == (space.record_hash, space.vector_hash)
    assert (added.version, added.state, added.rows, added.created_at) == (1, IndexState.BUILDING, 0, START)
    assert registry.spaces.get(added.space) == space


def test_versions_count_per_collection(registry: Registry, add_index: AddIndex) -> None:
    for collection in ("docs", "faq", "docs", "docs"):
        add_index(collection)

    assert [(i.collection, i.version) for i in registry.indexes.list()] == [
        ("docs", 1),
        ("docs", 2),
        ("docs", 3),
        ("faq", 1),
    ]
    assert registry.indexes.next_version("faq") == 2
    assert registry.indexes.next_version("new") == 1


def test_a_version_is_given_once(registry: Registry, add_index: AddIndex, space: EmbeddingSpace) -> None:
    add_index()

    with pytest.raises(StoreBusy, match="Version 1 of 'docs' was taken by 'docs_v1'"):
        registry.indexes.add(name="late", collection="docs", store="main", model="small", space=space, version=1)
    assert [i.name for i in registry.indexes.list()] == ["docs_v1"]


def test_an_index_lives_from_building_to_dropped(registry: Registry, add_index: AddIndex, clock: SteppingClock) -> None:
    name = add_index(state=IndexState.BUILDING).name
    life = ["built", "live", "held", "live", "held", "retired", "dropped"]
    for state in life:
        clock.forward(1)
        record = registry.indexes.set_state(name, IndexState(state))
        assert registry.indexes.get(name) == record
        assert (record.state, record.updated_at) == (state, clock.now)


@given(st.lists(st.sampled_from(IndexState), max_size=12))
def test_no_life_leads_back_from_where_an_index_follows_nothing(path: list[IndexState]) -> None:
    life = [IndexState.BUILDING, *path]
    allowed = all(may_become(before, after) for before, after in pairwise(life))
    follows = [state in FOLLOWING for state in life]

    assert not allowed or follows == sorted(follows, reverse=True)


def test_every_step_that_life_does_not_have_is_refused(registry: Registry, add_index: AddIndex) -> None:
    for before in IndexState:
        for after in IndexState:
            if before is not after and not may_become(before, after):
                name = add_index(state=IndexState.BUILDING).name
                for state in way_to(before):
                    registry.indexes.set_state(name, state)
                with pytest.raises(Refused, match=f"is {before} and cannot become {after}"):
                    registry.indexes.set_state(name, after)
                assert registry.indexes.get(name).state is before


def way_to(state: IndexState) -> list[IndexState]:
    """A shortest way from BUILDING."""
    ways: dict[IndexState, list[IndexState]] = {IndexState.BUILDING: []}
    queue = [IndexState.BUILDING]
    for reached in queue:
        for after in IndexState:
            if after not in ways and may_become(reached, after):
                ways[after] = [*ways[reached], after]
                queue.append(after)
    return ways[state]


def test_being_there_already_is_no_error(registry: Registry, add_index: AddIndex, clock: SteppingClock) -> None:
    before = add_index()
    clock.forward(1)

    assert registry.indexes.set_state(before.name, IndexState.BUILT) == before


def test_an_index_under_an_alias_cannot_be_retired(registry: Registry, add_index: AddIndex) -> None:
    index = add_index()
    registry.aliases.swap(
        "docs_current",
        expected_generation=0,
        index=index.name,
        model="m",
        space=index.space,
        who="t",
        why="t",
    )

    with pytest.raises(StillNeeded, match="alias 'docs_current' points at it"):
        registry.indexes.set_state(index.name, IndexState.RETIRED)


@pytest.mark.parametrize("positions", [[], [3, 1, 2], [1, 2, 3], [5, 5, 4], [2, 7, 6]])
def test_an_index_never_falls_behind_where_it_was(
    registry: Registry, add_index: AddIndex, positions: list[int]
) -> None:
    name = add_index().name
    for position in positions:
        registry.indexes.advance(name, position)

    assert registry.indexes.get(name).applied_seq == max(positions, default=0)


def test_an_index_is_found_or_not(registry: Registry, add_index: AddIndex) -> None:
    added = add_index()

    assert registry.indexes.find(added.name) == added
    assert registry.indexes.find("docs_v9") is None


def test_rows_are_noted(registry: Registry, add_index: AddIndex) -> None:
    add_index()

    assert registry.indexes.set_rows("docs_v1", 947).rows == registry.indexes.get("docs_v1").rows == 947


def test_lists_by_collection_and_state(registry: Registry, add_index: AddIndex) -> None:
    add_index()
    add_index(state=IndexState.BUILDING)
    add_index("faq")

    assert [i.name for i in registry.indexes.list("docs")] == ["docs_v1", "docs_v2"]
    assert [i.name for i in registry.indexes.list(states=[IndexState.BUILT])] == ["docs_v1", "faq_v1"]


def test_an_unknown_index_is_not_found_and_the_known_are_named(registry: Registry, add_index: AddIndex) -> None:
    add_index()

    with pytest.raises(NotFound, match="no index 'docs_v9'; it knows docs_v1"):
        registry.indexes.get("docs_v9")
