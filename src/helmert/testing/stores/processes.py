"""Several processes use one store, and one of them is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from helmert.stores.base import IndexSpec, VectorStore
from helmert.testing.stores.samples import NAME, OTHER_NAME, spec
from helmert.testing.stores.setting import StoreSetting
from helmert.testing.stores_worker import DIMS, SPACE, batch_of

SIZE = 40
"""Rows in one batch of a worker."""


class ProcessContract(StoreSetting):
    """See the module."""

    def test_another_process_sees_what_the_capabilities_say(self, store: VectorStore, url: str) -> None:
        """A shared store shows its indexes to other processes; any other refuses them or shows them none."""
        store.create_index(spec())
        with self.worker(url, "names") as process:
            answer, complaint = process.communicate()
        if store.capabilities.shared:
            assert (process.returncode, answer.split()) == (0, [NAME]), complaint
        else:
            assert process.returncode != 0 or answer.split() == [], "it is shared: declare it"

    def test_processes_write_at_the_same_time(self, store: VectorStore, url: str) -> None:
        """Two workers write the same batches while this process reads: every row is there once."""
        if not store.capabilities.shared:
            return self._assert_not_shared(store, url)
        store.create_index(_index())
        command = ("ingest", NAME, "0", "12", str(SIZE))
        with self.worker(url, *command) as one, self.worker(url, *command) as two:
            seen = 0
            while one.poll() is None or two.poll() is None:
                counted = _rows_per_batch(store)
                assert set(counted.values()) <= {SIZE}
                assert len(counted) >= seen
                seen = len(counted)
            complaints = one.communicate()[1] + two.communicate()[1]
        assert (one.returncode, two.returncode) == (0, 0), complaints
        assert _rows_per_batch(store) == dict.fromkeys(range(12), SIZE)
        return None

    @pytest.mark.parametrize("acknowledged", [1, 4])
    def test_killed_writer_loses_nothing_it_confirmed(self, store: VectorStore, url: str, acknowledged: int) -> None:
        """After kill -9 all confirmed batches are complete, none is there in part, and writing goes on."""
        if not store.capabilities.shared:
            return self._assert_not_shared(store, url)
        store.create_index(_index())
        with self.worker(url, "ingest", NAME, "0", "100000", str(SIZE)) as process:
            assert process.stdout is not None
            confirmed = [int(process.stdout.readline()) for _ in range(acknowledged)]
            process.kill()
            confirmed += [int(line) for line in process.stdout.read().splitlines()]
        counted = _rows_per_batch(store)
        assert set(confirmed) <= set(counted)
        assert set(counted.values()) == {SIZE}
        again = range(max(counted) + 3)
        for number in again:
            store.upsert(NAME, batch_of(number, SIZE), space=SPACE)
        assert _rows_per_batch(store) == dict.fromkeys(again, SIZE)
        return None

    def worker(self, url: str, *command: str) -> subprocess.Popen[str]:
        """A process that uses the store; see `helmert.testing.stores_worker`."""
        drivers = [f"--driver={entry.name}={entry.value}" for entry in self.entry_points or ()]
        return subprocess.Popen(  # noqa: S603 -- our own module, with the arguments above
            [sys.executable, "-m", "helmert.testing.stores_worker", *drivers, url, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def _assert_not_shared(self, store: VectorStore, url: str) -> None:
        """What a second process writes does not arrive here, or it may not write at all."""
        with self.worker(url, "create", OTHER_NAME) as process:
            process.communicate()
        assert OTHER_NAME not in store.list_indexes(), "it is shared: declare it"


def _index() -> IndexSpec:
    return IndexSpec(name=NAME, dims=DIMS, space=SPACE)


def _rows_per_batch(store: VectorStore) -> dict[int, int]:
    """How many rows of each batch are in the index. Fails when an id is there twice."""
    ids = [id_ for batch in store.scan(NAME) for id_ in batch.ids]
    assert len(set(ids)) == len(ids)
    return dict(Counter(int(id_.split("-")[1]) for id_ in ids))
