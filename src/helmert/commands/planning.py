"""`helmert plan`: what a change of model would do and cost, before anything happens."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from helmert.commands.outcome import Outcome
from helmert.corpus import OnBad
from helmert.errors import UsageError
from helmert.migration.explainer import explain
from helmert.migration.plan import Plan
from helmert.migration.planner import Wish, plan_parallel
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Outcome):
    """The plan, its stages in words, and the file it was written to."""

    plan: Plan
    stages: tuple[str, ...]
    file: str


def plan(
    workspace: Workspace,
    collection: str | None = None,
    *,
    model: str | None = None,
    out: Path | None = None,
    force: bool = False,
    on_bad: OnBad | None = None,
) -> Planned:
    """Plan an index of a collection with another model; the collection's first index when nothing is live.

    Nothing is changed but the plan file, by default `.helmert/plans/<collection>.json`, which `apply` reads.
    `on_bad` goes before what the settings say of bad rows in the source, and becomes part of the plan.

    Raises:
        Refused: a migration is under way, or the model makes the space that is live and `force` is not set.
    """
    name = workspace.only_collection(collection)
    settings = workspace.collection(name)
    wish = Wish(
        collection=name,
        alias=workspace.alias(name),
        store=settings.store,
        model=model or settings.model,
        on_bad=on_bad or settings.on_bad,
        force=force,
    )
    made = plan_parallel(wish, workspace.context)
    file = out or plan_file(workspace, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(made.to_dict(), indent=2) + "\n", encoding="utf-8")
    argument = name if out is None else shlex.quote(str(out) if is_plan_path(str(out)) else f"./{out}")
    return Planned(plan=made, stages=tuple(explain(made)), file=str(file), next_step=f"helmert apply {argument}")


def is_plan_path(target: str) -> bool:
    """Whether what `apply` was given is the path of a plan; anything else is the name of a collection."""
    return target.endswith(".json") or "/" in target


def plan_file(workspace: Workspace, collection: str) -> Path:
    """Where the last plan of a collection is kept."""
    return workspace.folder / ".helmert" / "plans" / f"{collection}.json"


def read_plan(file: Path) -> Plan:
    """A plan from its file. Raises `UsageError` when it is missing or damaged."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"There is no plan at {file}.", next_step="helmert plan") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} is not a plan: {error}.", next_step="helmert plan") from error
    if not isinstance(data, dict):
        raise UsageError(f"{file} is not a plan: it holds no JSON object.", next_step="helmert plan")
    try:
        return Plan.from_dict(data)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", next_step=error.next_step) from error
