"""Whatever is done, a store stands where the exact reference store stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helmert.stores.base import IndexSpec, Rows, VectorStore
from helmert.stores.drivers.sqlite import SqliteStore
from helmert.testing.stores.samples import (
    CLOSE,
    DIMS,
    FIELDS,
    OTHER_SPACE,
    SPACE,
    assert_same_ranking,
    everything,
    normal,
    rows,
    unit,
    vectors_of,
)
from helmert.testing.stores.setting import StoreSetting
from helmert.types import Scalar

IDS = [f"id {number}" for number in range(12)]
VALUES: dict[str, list[Scalar]] = {
    "lang": ["en", "de", "it's"],
    "year": [0, 1, 2],
    "price": [0.5, 1.0, 1 / 3],
    "draft": [True, False],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert:
    """Write these rows."""

    batch: Rows

    def on(self, store: VectorStore, name: str) -> None:
        """Do it."""
        store.upsert(name, self.batch, space=SPACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete these ids."""

    ids: list[str]

    def on(self, store: VectorStore, name: str) -> None:
        """Do it."""
        store.delete(name, self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """Change the metadata."""

    patch: dict[str, str]

    def on(self, store: VectorStore, name: str) -> None:
        """Do it."""
        store.update_metadata(name, self.patch)


@dataclass(frozen=True, slots=True)
class Optimise:
    """Make searches fast."""

    def on(self, store: VectorStore, name: str) -> None:
        """Do it."""
        store.optimise(name)


Step = Upsert | Delete | Describe | Optimise

_facts = st.fixed_dictionaries({}, optional={name: st.sampled_from(known) for name, known in VALUES.items()})


@st.composite
def _upserts(draw: st.DrawFn) -> Upsert:
    ids = draw(st.lists(st.sampled_from(IDS), max_size=8))
    facts = [draw(_facts) for _ in ids]
    return Upsert(batch=rows(ids, normal(draw(st.integers(0, 2**20)), len(ids)), metadata=facts))


_steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        _upserts(),
        _upserts(),
        st.builds(Delete, ids=st.lists(st.sampled_from([*IDS, "absent"]), max_size=4)),
        st.builds(Describe, patch=st.dictionaries(st.sampled_from("abc"), st.text("xyz'\" ", max_size=4))),
        st.just(Optimise()),
    ),
    max_size=7,
)

_conditions = st.fixed_dictionaries(
    {},
    optional={name: st.lists(st.sampled_from(known), max_size=2) for name, known in VALUES.items()},
)


class CongruenceContract(StoreSetting):
    """See the module."""

    @pytest.fixture
    def reference(self, tmp_path: Path) -> Iterator[VectorStore]:
        """An empty exact store beside the one that is tested."""
        with SqliteStore(tmp_path / "reference" / "vectors.db") as opened:
            yield opened

    @pytest.fixture
    def numbers(self) -> Iterator[int]:
        """Fresh index numbers, so that each example starts empty."""
        return count(1)

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(steps=_steps, seed=st.integers(0, 2**20), k=st.integers(1, 15), conditions=_conditions)
    def test_same_as_the_reference(
        self,
        store: VectorStore,
        reference: VectorStore,
        numbers: Iterator[int],
        steps: list[Step],
        seed: int,
        k: int,
        conditions: dict[str, list[Scalar]],
    ) -> None:
        """The same steps leave the same rows, the same spec and the same answers."""
        name = f"docs__model_a_v{next(numbers)}__2026-03-01"
        for each in (store, reference):
            each.create_index(IndexSpec(name=name, dims=DIMS, space=SPACE, fields=FIELDS))
            for step in steps:
                step.on(each, name)
        _assert_same_rows(store, reference, name)
        queries = normal(seed, 2)
        for given_filter in (None, conditions):
            for exact in (False, True):
                found, wanted = (
                    each.search(name, queries, k, space=SPACE, filter=given_filter, exact=exact)
                    for each in (store, reference)
                )
                for hits, right in zip(found, wanted, strict=True):
                    assert_same_ranking(hits, [(hit.id, hit.score) for hit in right])
        with pytest.raises(Exception, match=OTHER_SPACE) as refusals:
            store.search(name, queries, k, space=OTHER_SPACE)
        with pytest.raises(type(refusals.value), match=OTHER_SPACE):
            reference.search(name, queries, k, space=OTHER_SPACE)


def _assert_same_rows(store: VectorStore, reference: VectorStore, name: str) -> None:
    wanted = everything(reference, name)
    assert everything(store, name) == wanted
    assert store.describe(name) == reference.describe(name)
    asked = [*IDS, "absent"]
    found, right = (each.fetch(name, asked, with_vectors=True) for each in (store, reference))
    assert list(found.ids) == list(right.ids)
    np.testing.assert_allclose(unit(vectors_of(found)), unit(vectors_of(right)), atol=CLOSE)
