"""What the verbs of the command line share: their common arguments, and how a verb is run and shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from helmert.cli.output import Screen

if TYPE_CHECKING:
    from helmert.commands.outcome import Outcome
    from helmert.workspace import Workspace

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Collection = Annotated[str | None, typer.Argument(help="A collection of helmert.toml; the only one if omitted.")]
CollectionOption = Annotated[str | None, typer.Option("--collection", "-c", help="Which collection.")]


def in_workspace(json: bool, verb: Callable[[Workspace], Outcome]) -> None:  # noqa: FBT001
    """Run a verb in the workspace of the nearest `helmert.toml`, show its outcome, and exit with its code."""
    from helmert.workspace import Workspace  # noqa: PLC0415

    with Screen(json=json) as screen, Workspace.open(listener=screen.listen) as workspace:
        outcome = verb(workspace)
        screen.show(outcome)
    raise typer.Exit(outcome.exit_code)
