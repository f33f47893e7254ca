"""`helmert eval ...`: the verbs that score. Without a verb of its own name, `eval` scores an index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from helmert.cli.output import Screen
from helmert.cli.running import Collection, Json, in_workspace


class IndexUnlessNamed(TyperGroup):
    """A group whose command `index` is meant when the first argument names no command: `eval docs`, `eval`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer does not name this type
        """Put `index` in front where no command and no help is asked for."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["index", *args])


app = typer.Typer(
    name="eval",
    cls=IndexUnlessNamed,
    help="Score an index on the collection's labelled queries.",
    rich_markup_mode=None,
    epilog="`helmert eval docs` is short for `helmert eval index docs`. Every command takes --json.",
)

Junit = Annotated[Path | None, typer.Option(help="Write the gate's findings as JUnit XML; needs --against.")]
Markdown = Annotated[Path | None, typer.Option(help="Write the gate's findings as Markdown; needs --against.")]


@app.command("index")
def evaluate(
    collection: Collection = None,
    index: Annotated[str | None, typer.Option(help="An index; the live one if omitted.")] = None,
    against: Annotated[str | None, typer.Option(help="Compare with this index and apply the gate.")] = None,
    run_out: Annotated[Path | None, typer.Option(help="Write the ranking as a TREC run file.")] = None,
    junit: Junit = None,
    markdown: Markdown = None,
    *,
    json: Json = False,
) -> None:
    """Score an index on the collection's labelled queries."""
    from helmert.commands import evaluate as verb  # noqa: PLC0415
    from helmert.commands.gate_files import GateFiles  # noqa: PLC0415

    files = GateFiles(junit=junit, markdown=markdown)
    in_workspace(
        json,
        lambda workspace: verb(
            workspace, collection, index=index, against=against, run_out=run_out, files=files if files else None
        ),
    )


@app.command()
def power(  # noqa: PLR0913 - one argument for each option of the command line
    *,
    queries: Annotated[int | None, typer.Option(help="How many queries there are or could be.")] = None,
    evalset: Annotated[Path | None, typer.Option(help="Labelled queries; their weights and clusters count.")] = None,
    margin: Annotated[float | None, typer.Option(help="One margin, 0.02 for two points; 1 to 5 if omitted.")] = None,
    sd: Annotated[float | None, typer.Option(help="Standard deviation of per-query differences.")] = None,
    baseline: Annotated[
        float | None, typer.Option(help="Recall of the system in use, one right document each.")
    ] = None,
    correlation: Annotated[float | None, typer.Option(help="Of the two systems' values; with --baseline.")] = None,
    pilot_runs: Annotated[
        tuple[Path, Path] | None, typer.Option(help="TREC runs of two systems; with --evalset.", metavar="RUN RUN")
    ] = None,
    measure: Annotated[str, typer.Option(help="The measure of the pilot, or of the typical spreads.")] = "recall@10",
    json: Json = False,
) -> None:
    """What a set of this size can find, and the queries a margin needs. Nothing is embedded."""
    from helmert.commands.power import Spread  # noqa: PLC0415
    from helmert.commands.power import power as verb  # noqa: PLC0415

    spread = Spread(sd=sd, baseline=baseline, correlation=correlation, pilot=pilot_runs)
    with Screen(json=json) as screen:
        outcome = verb(queries=queries, evalset=evalset, spread=spread, margin=margin, measure=measure)
        screen.show(outcome)
    raise typer.Exit(outcome.exit_code)
