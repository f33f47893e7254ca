"""The demo told from beginning to end, in plain sentences, with the verbs a user would type."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helmert import commands
from helmert.commands.applying import Applied
from helmert.commands.outcome import Outcome
from helmert.commands.reporting import migration_report
from helmert.demo.mixing import Mixed, mix
from helmert.demo.project import COLLECTION, FITTED, free_folder, write_project
from helmert.demo.stdlib_corpus import StdlibCollection
from helmert.report import Bar, Estimate, Fact, MixingResult, NextStep, render_html
from helmert.telemetry import Listener, silent
from helmert.types import Document, monotonic_seconds
from helmert.workspace import Workspace

QUESTION = "remove duplicate blank lines and trailing white space from a text"

NEWCOMER = Document(
    id="example.tidy",
    text="def tidy(text):\n    return '\\n'.join(line.rstrip() for line in text.splitlines() if line)",
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstrated(Outcome):
    """The figures of the demo."""

    documents: int
    queries: int
    recall_at_10_before: float
    recall_at_10_after: float
    recall_at_10_mixed: float
    mixed_refused: bool
    gate: str
    promoted: bool
    rolled_back: bool
    seconds: float
    folder: str
    report: str


def tell(
    wanted: Path,
    *,
    say: Say = lambda _: None,
    listener: Listener = silent,
    seconds: Callable[[], float] = monotonic_seconds,
) -> Demonstrated:
    """Run the main job in a new folder and leave it as a project to go on with.

    Args:
        wanted: the folder; when it is not empty a numbered one beside it is used.
        say: hears the story, line by line.
        listener: hears what long work reports.
        seconds: a clock that never goes backwards.
    """
    start = seconds()
    folder = free_folder(wanted)
    say(f"A project is made in {folder}/ from the Python standard library of this interpreter.")
    collection = write_project(folder)
    say(
        f"{len(collection.documents):,} functions, classes and methods are the documents (signature and code, no "
        f"docstring); {len(collection.queries):,} first lines of docstrings are the queries, each labelled with the "
        "code it describes."
    )
    with Workspace.open(folder, listener=listener) as workspace:
        return _Story(workspace, folder, collection, say).run(lambda: seconds() - start)


class _Story:
    def __init__(self, workspace: Workspace, folder: Path, collection: StdlibCollection, say: Say) -> None:
        self._workspace = workspace
        self._folder = folder
        self._collection = collection
        self._say = say

    def run(self, elapsed: Callable[[], float]) -> Demonstrated:
        self._first_version()
        applied = self._second_version()
        before, after = self._scores(applied)
        mixed = self._mix(applied.target_index, after)
        promoted = self._promote()
        self._search()
        rolled_back = self._roll_back()
        report = self._report(applied, mixed)
        took = elapsed()
        self._say(f"\nDone in {took:.0f} seconds. Open {report} in a browser; the project in {self._folder}/ is yours.")
        good = promoted and rolled_back and mixed.refused and applied.gate == "PASS"
        return Demonstrated(
            documents=len(self._collection.documents),
            queries=len(self._collection.queries),
            recall_at_10_before=before,
            recall_at_10_after=after,
            recall_at_10_mixed=mixed.recall,
            mixed_refused=mixed.refused,
            gate=applied.gate,
            promoted=promoted,
            rolled_back=rolled_back,
            seconds=round(took, 1),
            folder=str(self._folder),
            report=str(report),
            go=good,
            next_step=f"cd {shlex.quote(str(self._folder))} && helmert status",
        )

    def _first_version(self) -> None:
        self._say("\n1. Version 1: a small model, 64 numbers per text.  (helmert plan, apply, promote)")
        commands.plan(self._workspace)
        commands.apply(self._workspace)
        adjusted = commands.promote(self._workspace)
        self._say(f"   {adjusted.alias} is live on {adjusted.index}.")

    def _second_version(self) -> Applied:
        self._say("\n2. Version 2 beside it: a larger model, 256 numbers.  (helmert plan --model large, apply)")
        commands.plan(self._workspace, model="large")
        applied = commands.apply(self._workspace)
        for row in self._rows(applied):
            self._say(
                f"   recall@10 of {row['index']}: {row['mean']:.3f}, 95% interval [{row['low']:.3f}, {row['high']:.3f}]"
            )
        self._say(f"   Gate: {applied.gate}.")
        return applied

    @staticmethod
    def _rows(applied: Applied) -> list[Mapping[str, Any]]:
        scores: Any = applied.judgement["scores"]
        return [row for row in scores if row["measure"] == "recall@10"]

    def _scores(self, applied: Applied) -> tuple[float, float]:
        before, after = self._rows(applied)
        return before["mean"], after["mean"]

    def _mix(self, index: str, after: float) -> Mixed:
        self._say("\n3. What if the query comes from another model of the same width?  (helmert fit fitted)")
        commands.fit(self._workspace, FITTED)
        evalset = self._workspace.evalset(COLLECTION)
        assert evalset is not None
        mixed = mix(self._workspace, index, FITTED, evalset)
        self._say(
            f"   256 numbers against 256 numbers: nothing crashes, and recall@10 falls from {after:.3f} to "
            f"{mixed.recall:.3f}. No database notices."
        )
        self._say(f"   Helmert, asked the same: {mixed.refusal}")
        return mixed

    def _promote(self) -> bool:
        self._say("\n4. Promote: alias, index and query model change as one.  (helmert promote)")
        return commands.promote(self._workspace).state == "promoted"

    def _search(self) -> None:
        self._say(f'\n5. Search through the alias.  (helmert search "{QUESTION}")')
        found = commands.search(self._workspace, QUESTION, k=3)
        for hit in found.hits:
            self._say(f"   {hit.score:.3f}  {hit.id}")
        commands.upsert(self._workspace, [NEWCOMER])
        self._say(f"   A document is written while version 2 is live: {NEWCOMER.id}.")

    def _roll_back(self) -> bool:
        self._say("\n6. Roll back. The write of a moment ago is brought over first.  (helmert rollback)")
        adjusted = commands.rollback(self._workspace, why="the demo shows it")
        self._say(f"   {adjusted.summary}")
        found = commands.search(self._workspace, NEWCOMER.text, k=1)
        kept = [hit.id for hit in found.hits] == [NEWCOMER.id]
        self._say(f"   {found.index} answers, and {'finds' if kept else 'does not find'} {NEWCOMER.id}.")
        return adjusted.state == "rolled_back" and kept

    def _report(self, applied: Applied, mixed: Mixed) -> Path:
        before, after = self._rows(applied)
        bars = (
            Bar(label="small, alone", estimate=_estimate(before)),
            Bar(label="large, alone", estimate=_estimate(after), tone="good"),
            Bar(
                label="queries of another model",
                estimate=Estimate(value=mixed.recall, low=mixed.interval.low, high=mixed.interval.high),
                tone="bad",
            ),
        )
        report = migration_report(
            self._workspace,
            applied.migration,
            summary=(
                f"Version 2 was judged {applied.gate}, promoted, searched and rolled back. "
                "The alias points at version 1 again, as it would after a change of mind."
            ),
            facts=(
                Fact(label="documents", value=f"{len(self._collection.documents):,}"),
                Fact(label="labelled queries", value=f"{len(self._collection.queries):,}"),
            ),
            mixing=MixingResult(
                text=(
                    "The index of the large model, searched with queries of a model of the same width that was fitted "
                    f"on these documents. A database accepts that. Helmert refuses: {mixed.refusal}"
                ),
                measure="recall@10",
                bars=bars,
            ),
            next_steps=(
                NextStep(text="See where everything stands", command="helmert status"),
                NextStep(text="Try the large model again", command="helmert plan --model large"),
                NextStep(text="Ask something", command='helmert search "parse a date"'),
            ),
        )
        path = self._folder / "report.html"
        path.write_text(render_html(report), encoding="utf-8")
        return path


def _estimate(row: Mapping[str, Any]) -> Estimate:
    return Estimate(value=row["mean"], low=row["low"], high=row["high"])
