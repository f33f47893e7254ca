"""`helmert compare`: the gate on two run files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helmert.cli.output import Screen
from helmert.cli.running import Json

Junit = Annotated[Path | None, typer.Option(help="Write the gate's findings as JUnit XML.")]
Markdown = Annotated[Path | None, typer.Option(help="Write the gate's findings as Markdown.")]


def compare(  # noqa: PLR0913 - one argument for each option of the command line
    baseline: Annotated[Path, typer.Argument(help="TREC run of the system in use.")],
    candidate: Annotated[Path, typer.Argument(help="TREC run of the system that would take over.")],
    *,
    evalset: Annotated[Path, typer.Option(help="Labelled queries: a BEIR folder, TREC qrels or JSONL.")],
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="A measure that must not get worse; may be repeated.")
    ] = None,
    margin: Annotated[float | None, typer.Option(help="The loss to exclude; 0.02 is two points of a hundred.")] = None,
    config: Annotated[Path | None, typer.Option(help="Rules of this helmert.toml; the nearest one if omitted.")] = None,
    must_pass: Annotated[Path | None, typer.Option(help="Ids of queries that must be answered, one per line.")] = None,
    junit: Junit = None,
    markdown: Markdown = None,
    allow_unpooled: Annotated[
        bool, typer.Option("--allow-unpooled", help="Compare although only one system was in the pool of the set.")
    ] = False,
    json: Json = False,
) -> None:
    """Apply the gate to two run files. Needs no store, no model and no helmert.toml."""
    from helmert.commands.comparing import Rules  # noqa: PLC0415
    from helmert.commands.comparing import compare as verb  # noqa: PLC0415
    from helmert.commands.gate_files import GateFiles  # noqa: PLC0415

    with Screen(json=json) as screen:
        outcome = verb(
            baseline,
            candidate,
            evalset=evalset,
            rules=Rules(config=config, measures=tuple(measure or ()), margin=margin, must_pass=must_pass),
            allow_unpooled=allow_unpooled,
            files=GateFiles(junit=junit, markdown=markdown),
        )
        screen.show(outcome)
    raise typer.Exit(outcome.exit_code)
