"""Readers in other processes while the alias moves: no error, no mixed pair, and the move is seen within a second."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.checker import pointer, similarities
from tests.scenarios.conftest import NewWorld
from tests.scenarios.worlds import StoreKind, World

SEEN = 1.0
"""Seconds within which a search anywhere uses the new pair: what the product promises."""
SLACK = 2.0
"""More of them for a machine on which the readers do not get their turn."""
PATIENCE = 60.0
PROCESSES, THREADS = 2, 2
CLOSE = 1e-5


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What the alias stood for from some moment on."""

    generation: int
    index: str
    model: str


@pytest.mark.parametrize("store", ["lancedb", "sqlite"])
def test_readers_see_one_pair_after_the_other(store: StoreKind, new_world: NewWorld) -> None:
    world = new_world(store, "ready")
    pairs, moved = [here(world)], [0.0]
    scores = {}
    with reading(world) as logs:
        for verb in ("promote", "rollback"):
            world.go(verb)
            moved.append(time.monotonic())
            pairs.append(here(world))
            wait_until_seen(logs, pairs[-1].generation)
    for pair in pairs:
        scores[pair.generation] = similarities(world, pair.index, pair.model)
    lines = [line for log in logs for line in answers(log)]
    assert [line["error"] for line in lines if "error" in line] == []
    assert {(line["generation"], line["index"], line["model"]) for line in lines} == {
        (pair.generation, pair.index, pair.model) for pair in pairs
    }
    late = [
        line
        for line in lines
        for pair, moment in zip(pairs, moved, strict=True)
        if line["generation"] < pair.generation and line["asked"] > moment + SEEN + SLACK
    ]
    assert late == []
    assert [line for line in lines if not is_right(line, scores[line["generation"]])] == []
    for log in logs:
        for reader in range(THREADS):
            seen = [line["generation"] for line in answers(log) if line["reader"] == reader]
            assert seen == sorted(seen)


def is_right(line: dict[str, Any], scores: dict[str, dict[str, float]]) -> bool:
    """The documents are the nearest by the model and in the index that the answer names."""
    of = scores[line["query"]]
    nearest = sorted(of.values(), reverse=True)[: len(line["ids"])]
    return all(abs(of[id_] - best) < CLOSE for id_, best in zip(line["ids"], nearest, strict=True))


@contextmanager
def reading(world: World) -> Iterator[list[Path]]:
    """Readers in processes of their own, for the time of a block; the files they write."""
    logs = [world.folder / f"reader{number}.jsonl" for number in range(PROCESSES)]
    processes = [world.program("reading", str(log), str(THREADS)) for log in logs]
    try:
        wait_until_seen(logs, 1)
        yield logs
    finally:
        (world.folder / "stop").touch()
        ended = [process.communicate(timeout=PATIENCE) for process in processes]
    assert [(process.returncode, errors) for process, (_, errors) in zip(processes, ended, strict=True)] == [
        (0, "")
    ] * PROCESSES


def wait_until_seen(logs: list[Path], generation: int) -> None:
    """Until every thread of every reader has answered from a generation."""
    deadline = time.monotonic() + PATIENCE
    for log in logs:
        while {line["reader"] for line in answers(log) if line.get("generation", 0) >= generation} != {0, 1}:
            assert time.monotonic() < deadline, (log, generation)
            time.sleep(0.05)


def answers(log: Path) -> list[dict[str, Any]]:
    """What a reader has written so far."""
    if not log.exists():
        return []
    text = log.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def here(world: World) -> Pair:
    at = pointer(world)
    return Pair(generation=at.generation, index=at.index, model=at.model)
