"""Whatever is done to aliases, in whatever order: generation, history and ledger agree with a plain model."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from helmert.errors import AliasMoved, NotFound
from helmert.registry import Registry
from helmert.spaces import EmbeddingSpace

ALIASES = ("docs_current", "docs_next")
SPACE = EmbeddingSpace(model="maker/small", dims=4)


class AliasMachine(RuleBasedStateMachine):
    """Two clients of one registry that move aliases, roll back, and come too late."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self.folder.name) / 'registry.db'}"
        self.clients = (Registry.open(url), Registry.open(url))
        for version in (1, 2, 3):
            self.clients[0].indexes.add(
                name=f"docs_v{version}",
                collection="docs",
                store="main",
                model="small",
                space=SPACE,
                version=version,
            )
        self.moves: dict[str, list[tuple[str, str]]] = {alias: [] for alias in ALIASES}

    def swap(self, client: int, alias: str, expected: int, index: str, who: str) -> None:
        self.clients[client].aliases.swap(
            alias,
            expected_generation=expected,
            index=index,
            model="small",
            space=SPACE.record_hash,
            who=who,
            why="test",
        )

    @rule(
        client=st.integers(0, 1),
        alias=st.sampled_from(ALIASES),
        index=st.sampled_from(("docs_v1", "docs_v2", "docs_v3")),
        who=st.sampled_from(("alice", "bob")),
    )
    def move(self, client: int, alias: str, index: str, who: str) -> None:
        self.swap(client, alias, len(self.moves[alias]), index, who)
        self.moves[alias].append((index, who))

    @rule(client=st.integers(0, 1), alias=st.sampled_from(ALIASES), wrong=st.integers(0, 9))
    def come_too_late(self, client: int, alias: str, wrong: int) -> None:
        present = len(self.moves[alias])
        if wrong == present:
            return
        with pytest.raises(AliasMoved if present else NotFound):
            self.swap(client, alias, wrong, "docs_v1", "late")

    @precondition(lambda self: any(self.moves.values()))
    @rule(client=st.integers(0, 1), alias=st.sampled_from(ALIASES))
    def fail_after_the_move(self, client: int, alias: str) -> None:
        def move_and_fail() -> None:
            with self.clients[client].transaction():
                self.swap(client, alias, len(self.moves[alias]), "docs_v2", "undone")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            move_and_fail()

    @invariant()
    def everybody_agrees(self) -> None:
        for client in self.clients:
            for alias, moves in self.moves.items():
                assert client.aliases.generation(alias) == len(moves)
                assert [(m.index, m.who) for m in client.aliases.history(alias)] == moves
                if moves:
                    assert client.aliases.get(alias).index == moves[-1][0]
            assert len(client.ledger.read(kind="alias.moved")) == sum(map(len, self.moves.values()))

    def teardown(self) -> None:
        for client in self.clients:
            client.close()
        self.folder.cleanup()


AliasMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=10)
test_aliases_behave = AliasMachine.TestCase
