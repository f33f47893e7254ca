"""How fast an index is filled, against the bare model called with the same texts in the same batches.

Product: the backfill stage of `helmert apply` when a live index gets another model, with the times that the
registry recorded for it. That is what a user waits for: reading the live index, embedding, checks, canaries, writing
to LanceDB, reporting progress. Floor: a loop over `embed_documents`, which writes nothing.

A second figure compares the whole of `apply` (creating, filling, compacting and indexing, proof per id, gate) with a
loop that embeds the same texts and appends them to a LanceDB table.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lancedb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/backfill.py`

from benchmarks import harness
from benchmarks.workspaces import build_first_index, write_workspace
from helmert import commands
from helmert.commands.applying import Applied
from helmert.models.base import Embedder
from helmert.telemetry import Event, StageFinished, StageStarted
from helmert.types import Document, Vectors
from helmert.workspace import Workspace

GOAL = "backfill throughput at least 0.9 of the bare model called in the same batch size"
SHARE = 0.9
STAGE = "backfill"
MINILM = Path(__file__).resolve().parent.parent / ".cache" / "models" / "all-MiniLM-L6-v2"
UNTIMED = 1e-9
"""A price. With one, `plan` does not call the model to measure it, which here would be time for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A model, and how much work it gets."""

    name: str
    model: Mapping[str, object]
    documents: int
    batch: int
    rounds: int
    by_hand: bool
    """Whether the loop that also writes takes part."""
    budget: float
    """Seconds after which no further round begins."""


def cases(onnx: Path | None, *, quick: bool) -> list[Case]:
    """A static model that embeds as fast as rows can be written, and, where there is one, a transformer."""
    fast = Case(
        name="wordllama 256",
        model={"provider": "wordllama", "dims": 256, "price_per_million": UNTIMED},
        documents=4_000 if quick else 30_000,
        batch=256,
        rounds=7 if quick else 15,
        by_hand=True,
        budget=10.0 if quick else 120.0,
    )
    if onnx is None:
        return [fast]
    transformer = Case(
        name=onnx.name,
        model={"provider": "onnx", "path": str(onnx.resolve()), "price_per_million": UNTIMED},
        documents=48 if quick else 256,
        batch=24 if quick else 64,
        rounds=5 if quick else 7,
        by_hand=not quick,
        budget=6.0 if quick else 120.0,
    )
    return [fast, transformer]


class StageClock:
    """Listens to a migration and knows what processor time its backfill took."""

    def __init__(self) -> None:
        self.cpu = 0.0

    def hear(self, event: Event) -> None:
        """A `Listener`."""
        match event:
            case StageStarted(stage=stage) if stage == STAGE:
                self.cpu = -time.process_time()
            case StageFinished(stage=stage) if stage == STAGE:
                self.cpu += time.process_time()
            case _:
                pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One live index, and three ways to embed its texts with the other model."""

    workspace: Workspace
    folder: Path
    clock: StageClock
    embedder: Embedder
    ids: Sequence[Sequence[str]]
    texts: Sequence[Sequence[str]]
    """What the live index holds, in batches of the size that the stage uses."""

    def embed(self) -> Mapping[str, harness.Cost]:
        """The floor: vectors, and nothing done with them."""

        def loop() -> None:
            for batch in self.texts:
                self.embedder.embed_documents(batch)

        return {"embed": harness.cost_of(loop)}

    def embed_and_write(self) -> Mapping[str, harness.Cost]:
        """The loop somebody would write by hand: embed a batch, append it, without checks and proofs."""
        place = self.folder / "by_hand"
        shutil.rmtree(place, ignore_errors=True)
        table = lancedb.connect(place).create_table("rows", schema=_schema(self.embedder.space.dims))

        def loop() -> None:
            for ids, texts in zip(self.ids, self.texts, strict=True):
                table.add(_columns(ids, texts, self.embedder.embed_documents(texts).vectors))

        return {"by hand": harness.cost_of(loop)}

    def migrate(self) -> Mapping[str, harness.Cost]:
        """The product. The index that was built is given up again, so that the next round starts from the same."""
        commands.plan(self.workspace, model="second")
        applied: list[Applied] = []
        whole = harness.cost_of(lambda: applied.append(commands.apply(self.workspace)))
        stage = harness.Cost(seconds=self._recorded(applied[0].migration), cpu=self.clock.cpu)
        commands.rollback(self.workspace)
        self.workspace.store("default").drop_index(applied[0].target_index)
        return {"stage": stage, "whole": whole}

    def _recorded(self, migration: str) -> float:
        """Seconds of the backfill as the registry has them."""
        runs = self.workspace.registry.migrations.stages.list(migration)
        (run,) = [run for run in runs if run.stage == STAGE]
        assert run.started_at is not None
        assert run.finished_at is not None
        return (run.finished_at - run.started_at).total_seconds()


@contextmanager
def contest(case: Case, documents: Sequence[Document]) -> Iterator[Contest]:
    """A workspace whose live index holds the documents, made with a model that costs next to nothing."""
    clock = StageClock()
    models = {"first": {"provider": "wordllama", "dims": 64, "price_per_million": UNTIMED}, "second": case.model}
    with TemporaryDirectory(prefix="helmert-benchmark-") as name:
        folder = Path(name)
        write_workspace(folder, documents, models, batch=case.batch)
        with Workspace.open(folder, listener=clock.hear) as workspace:
            live = build_first_index(workspace)
            pages = list(workspace.store("default").scan(live, batch=10_000))
            ids = [id_ for page in pages for id_ in page.ids]
            texts = [text for page in pages for text in page.texts]
            yield Contest(
                workspace=workspace,
                folder=folder,
                clock=clock,
                embedder=workspace.embedder("second"),
                ids=_batches(ids, case.batch),
                texts=_batches(texts, case.batch),
            )


def measure(case: Case, documents: Sequence[Document]) -> dict[str, Any]:
    """The figures of one model."""
    with contest(case, documents) as three:
        three.embedder.embed_documents(three.texts[0][:8])
        works = [three.embed, three.migrate, *([three.embed_and_write] if case.by_hand else [])]
        costs = harness.by_turns(works, rounds=case.rounds, budget=case.budget)
        rows = sum(map(len, three.texts))
    figures = {
        "documents": rows,
        "batch": case.batch,
        "rounds": len(costs["embed"]),
        "bare_documents_per_second": harness.rounded(rows / harness.median(costs["embed"])),
        "backfill_documents_per_second": harness.rounded(rows / harness.median(costs["stage"])),
        **harness.compared("throughput", costs["embed"], costs["stage"]),
    }
    if case.by_hand:
        figures |= harness.compared("whole_migration_to_loop_by_hand", costs["whole"], costs["by hand"])
    return figures


def _batches(column: Sequence[str], size: int) -> list[Sequence[str]]:
    return [column[start : start + size] for start in range(0, len(column), size)]


def _schema(dims: int) -> pa.Schema:
    return pa.schema(
        [("id", pa.string()), ("text", pa.string()), ("vector", pa.list_(pa.float32(), dims))],
    )


def _columns(ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> pa.Table:
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
    return pa.table([pa.array(ids), pa.array(texts), flat], schema=_schema(vectors.shape[1]))


def main(given: Sequence[str] | None = None) -> int:
    """Measure every model and print the figures."""
    parser = harness.parser(__doc__ or "")
    parser.add_argument(
        "--onnx", type=Path, metavar="DIR", help="folder of an ONNX model (default: the MiniLM that make builds)"
    )
    arguments = parser.parse_args(given)
    if arguments.onnx is not None and not (arguments.onnx / "model.onnx").is_file():
        parser.error(f"argument --onnx: {arguments.onnx} holds no model.onnx")
    onnx = arguments.onnx or (MINILM if MINILM.is_dir() else None)
    figures: dict[str, dict[str, Any]] = {}
    for case in cases(onnx, quick=arguments.quick):
        with harness.faults_of_data(parser):
            documents = harness.documents(harness.folders(arguments), case.documents)
        figures[case.name] = measure(case, documents)
        print(f"{case.name}: {figures[case.name]}", flush=True)
    holds = all(found["throughput"]["ratio"] >= SHARE for found in figures.values())
    return harness.conclude("backfill", figures, goal=GOAL, holds=holds)


if __name__ == "__main__":
    sys.exit(main())
