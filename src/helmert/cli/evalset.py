"""`helmert evalset ...`: the verbs about evaluation sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helmert.cli.output import Screen
from helmert.cli.running import Json

app = typer.Typer(
    name="evalset",
    help="Make, check and label evaluation sets.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="The set: a BEIR folder, TREC qrels, JSONL, CSV, Parquet or JSON.")],
    corpus: Annotated[
        Path | None, typer.Option(help="Its documents; those of its folder, or of its collection, if omitted.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Which split of a BEIR folder.")] = None,
    queries: Annotated[Path | None, typer.Option(help="The queries of judgements that are without.")] = None,
    *,
    accept: Annotated[
        bool, typer.Option("--accept", help="First write the manifest anew, to describe the files as they are.")
    ] = False,
    json: Json = False,
) -> None:
    """Look for what makes scores on a set wrong, or mean less than they seem to."""
    from helmert.commands.evalset_checking import check as verb  # noqa: PLC0415

    with Screen(json=json) as screen:
        outcome = verb(path, corpus=corpus, split=split, queries=queries, accept=accept)
        screen.show(outcome)
    raise typer.Exit(outcome.exit_code)
