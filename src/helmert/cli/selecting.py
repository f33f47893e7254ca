"""`helmert select`: the arguments of the verb."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helmert.cli.running import Collection, Json, in_workspace

Models = Annotated[
    str | None, typer.Option("--models", "-m", help="Candidates, separated by commas; all of helmert.toml if omitted.")
]
Evalset = Annotated[Path | None, typer.Option(help="Labelled queries in place of the collection's.")]
MeasureName = Annotated[str | None, typer.Option("--measure", help="The measure that orders and chooses: recall@10.")]
Rate = Annotated[float | None, typer.Option("--qps", help="Queries per second at the busiest hour.")]
Budget = Annotated[float | None, typer.Option(help="Milliseconds that the query side may take at p95.")]
Holdout = Annotated[float | None, typer.Option(help="Share of the queries to confirm the choice on: 0.5.")]
Priors = Annotated[list[Path] | None, typer.Option("--prior", help="Leaderboard results; may be repeated.")]
Html = Annotated[Path | None, typer.Option(help="Write the scorecard as one HTML file.")]
Markdown = Annotated[Path | None, typer.Option(help="Write the scorecard as Markdown.")]
JsonOut = Annotated[Path | None, typer.Option(help="Write the scorecard as JSON.")]


def select(  # noqa: PLR0913  (one parameter for each option of the command line)
    collection: Collection = None,
    *,
    models: Models = None,
    evalset: Evalset = None,
    measure: MeasureName = None,
    qps: Rate = None,
    budget_ms: Budget = None,
    holdout: Holdout = None,
    prior: Priors = None,
    html: Html = None,
    markdown: Markdown = None,
    json_out: JsonOut = None,
    no_sweep: Annotated[bool, typer.Option("--no-sweep", help="Leave out dimensions and quantisation.")] = False,
    no_latency: Annotated[bool, typer.Option("--no-latency", help="Leave out latency under load.")] = False,
    index_loss: Annotated[
        bool, typer.Option("--index-loss", help="Measure what an index loses, also of a small collection.")
    ] = False,
    allow_unpooled: Annotated[
        bool, typer.Option("--allow-unpooled", help="Compare candidates that were not in the pool, labelled.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare models on your own documents and queries: quality, latency, cost, dimensions, slices."""
    from helmert.commands.selecting import Files, Wish  # noqa: PLC0415
    from helmert.commands.selecting import select as verb  # noqa: PLC0415

    wish = Wish(
        models=[name.strip() for name in (models or "").split(",") if name.strip()],
        evalset=evalset,
        measure=measure,
        rate=qps,
        budget_ms=budget_ms,
        holdout=holdout,
        priors=prior or [],
        sweep=not no_sweep,
        latency=not no_latency,
        index_loss=True if index_loss else None,
        allow_unpooled=allow_unpooled,
    )
    files = Files(html=html, markdown=markdown, json=json_out)
    in_workspace(json, lambda workspace: verb(workspace, collection, wish, files))
