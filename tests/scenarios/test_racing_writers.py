"""Documents are written and deleted in several threads while the model changes, changes back, and changes again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from time import sleep

import numpy as np
import pytest

from helmert.config import load
from helmert.registry import JournalEntry, Registry
from helmert.serving.follower import Followed, Follower
from helmert.serving.resolver import Resolver
from helmert.types import Document, content_hash
from helmert.workspace import Workspace
from tests.scenarios.checker import assert_right, faults, indexes, pointer, registry_rows, stored
from tests.scenarios.conftest import NewWorld
from tests.scenarios.texts import Author
from tests.scenarios.worlds import ALIAS, LARGE, SMALL, StoreKind, World

WRITERS = 3
PAUSE = 0.01
PATIENCE = 60.0
NEW = count()
"""Numbers for new ids, used once each."""


class Writing(threading.Thread):
    """Adds, rewrites and deletes documents of its own, and looks for each one behind the alias at once."""

    def __init__(self, world: World, workspace: Workspace, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"writer {number}")
        self.acknowledged = 0
        self.unseen: list[tuple[str, str]] = []
        self.failure: BaseException | None = None
        self._world = world
        self._workspace = workspace
        self._stop_asked = stop
        self._rng = np.random.default_rng(number)
        self._author = Author(100 + number)
        self._mine: list[str] = world.unjudged()[number::WRITERS]

    def run(self) -> None:
        try:
            while not self._stop_asked.wait(PAUSE):
                self._write()
                self.acknowledged += 1
        except BaseException as failure:  # noqa: BLE001 - the test's thread raises it again
            self.failure = failure

    def _write(self) -> None:
        if self._rng.random() < 0.3 and self._mine:
            id_ = self._mine.pop(int(self._rng.integers(len(self._mine))))
            self._world.write(self._workspace, deletes=[id_])
            self._look(id_, None)
            return
        if self._rng.random() < 0.5 and self._mine:
            id_ = self._mine[int(self._rng.integers(len(self._mine)))]
        else:
            id_ = f"w{next(NEW)}"
            self._mine.append(id_)
        document = self._author.document(id_)
        self._world.write(self._workspace, [document])
        self._look(id_, document)

    def _look(self, id_: str, document: Document | None) -> None:
        index = self._workspace.registry.aliases.get(ALIAS).index
        found = self._workspace.store("default").fetch(index, [id_])
        if list(found.texts) != ([document.text] if document else []):
            self.unseen.append((id_, index))


@contextmanager
def writing(world: World) -> Iterator[list[Writing]]:
    """Writers at work for the time of a block; none may fail or miss a write of its own."""
    stop = threading.Event()
    with world.open() as workspace:
        writers = [Writing(world, workspace, number, stop) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            yield writers
        finally:
            stop.set()
            for writer in writers:
                writer.join(PATIENCE)
    assert [writer.failure for writer in writers if writer.failure] == []
    assert [unseen for writer in writers for unseen in writer.unseen] == []
    assert all(writer.acknowledged for writer in writers)


@pytest.mark.parametrize("store", ["lancedb", "sqlite", "memory"])
def test_no_write_is_lost_and_no_delete_undone_whatever_the_migration_does(
    store: StoreKind, new_world: NewWorld
) -> None:
    world = new_world(store, "live")
    world.edit("max_changed = 0.1", "max_changed = 1.0")
    with writing(world):
        change_model(world, LARGE)
        world.go("rollback")
    assert_right(world, live=SMALL)
    with writing(world):
        change_model(world, LARGE)
    assert_right(world, live=LARGE)
    world.go("rollback")
    assert_right(world, live=SMALL)
    with writing(world):
        change_model(world, LARGE)
        world.go("complete")
    assert_right(world, live=LARGE)


@pytest.mark.parametrize("store", ["lancedb", "sqlite"])
def test_documents_that_several_writers_fight_for_end_as_the_journal_says(
    store: StoreKind, new_world: NewWorld
) -> None:
    world = new_world(store, "planned")
    world.edit("max_changed = 0.1", "max_changed = 1.0")
    contested = world.unjudged()[:4]

    def fight(number: int) -> None:
        rng, author = np.random.default_rng(number), Author(200 + number)
        with world.open() as workspace:
            for _ in range(25):
                id_ = str(rng.choice(contested))
                if rng.random() < 0.5:
                    workspace.writer.delete(ALIAS, [id_])
                else:
                    workspace.writer.upsert(ALIAS, [author.document(id_)])

    with ThreadPoolExecutor(WRITERS) as pool:
        fights = [pool.submit(fight, number) for number in range(WRITERS)]
        world.go("apply")
        world.go("promote")
        for each in fights:
            each.result(PATIENCE)
    for op, id_, text, metadata in registry_rows(
        world, "SELECT op, document, text, metadata FROM journal ORDER BY seq"
    ):
        world.truth.pop(id_, None)
        if op == "upsert":
            world.truth[id_] = Document(id=id_, text=text, metadata=json.loads(metadata))
    assert_right(world, live=LARGE)
    world.go("rollback")
    assert_right(world, live=SMALL)


def change_model(world: World, model: str) -> None:
    world.go("plan", "--model", model)
    assert world.go("apply")["gate"] == "PASS"
    world.go("promote")


def test_a_write_on_its_way_to_the_live_index_is_not_taken_for_an_orphan(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target may be ahead of the live index by what a writer has put into the journal and not yet applied."""
    world = new_world("sqlite", "planned")
    late = world.author.document("late")
    entry = JournalEntry(op="upsert", id=late.id, text=late.text, hash=content_hash(late.text), metadata=late.metadata)
    follow = Follower.follow
    (live,) = indexes(world)

    def follow_and_append(self: Follower, index: str) -> Followed:
        followed = follow(self, index)
        if index == live and late.id not in world.truth:
            with world.open() as writer:
                writer.registry.journal.append_many("docs", [entry])
            world.truth[late.id] = late
        return followed

    monkeypatch.setattr(Follower, "follow", follow_and_append)
    applied = world.go("apply")
    assert faults(world, live, SMALL) == {"missing": ["late"]}
    assert faults(world, applied["target_index"], LARGE) == {}
    (proof,) = (stage["summary"] for stage in applied["stages"] if stage["stage"] == "prove")
    assert "Repaired" not in proof
    world.go("promote")
    assert_right(world, live=LARGE)


@pytest.mark.parametrize("verb", ["promote", "rollback"])
def test_what_was_acknowledged_before_the_alias_moves_is_behind_it_when_it_has_moved(
    verb: str, new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world("sqlite", "promoted" if verb == "rollback" else "ready")
    late = world.author.document("late")
    acknowledged, settled, looked = threading.Event(), threading.Event(), []
    transaction, forget = Registry.transaction, Resolver.forget

    def wait_for_turn(seconds: float) -> None:
        settled.set()
        sleep(seconds)

    def write() -> None:
        settings = load(world.folder / "helmert.toml")
        with Workspace(settings, world.folder, sleep=wait_for_turn) as workspace:
            world.write(workspace, [late])
            acknowledged.set()
            settled.set()

    writer = threading.Thread(target=write)

    def write_and_begin(self: Registry) -> AbstractContextManager[None]:
        """Begin the transaction of the swap once the writer is through, or waits for its turn."""
        if not writer.ident:
            writer.start()
            assert settled.wait(PATIENCE)
        return transaction(self)

    def look(self: Resolver, alias: str) -> None:
        behind = {row.id for row in stored(world, pointer(world).index)}
        looked.append(not acknowledged.is_set() or late.id in behind)
        forget(self, alias)

    monkeypatch.setattr(Registry, "transaction", write_and_begin)
    monkeypatch.setattr(Resolver, "forget", look)
    world.go(verb)
    writer.join(PATIENCE)
    assert looked == [True]
    assert acknowledged.is_set()
    assert_right(world, live=LARGE if verb == "promote" else SMALL)
