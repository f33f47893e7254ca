"""`helmert evalset sample`, `import-log`, `synthesize`, `next`, `label`, `agreement`: building evaluation sets.

Importing this module adds them to the verbs of `helmert evalset`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from helmert.cli.evalset import app
from helmert.cli.output import Screen
from helmert.cli.running import Collection, Json, in_workspace
from helmert.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from helmert.commands.evalset_labelling import PairsWish
    from helmert.labelling.session import Session, Shown

Out = Annotated[Path, typer.Argument(help="The folder of the new set; it must not exist.")]
Set = Annotated[Path, typer.Argument(help="The folder of the set.")]
Models = Annotated[str, typer.Option(help="Candidates, separated by commas; all of helmert.toml if omitted.")]
MeasureName = Annotated[str, typer.Option(help="What the choice is made by.")]

__all__ = ["app"]

_SHOWN_CHARACTERS = 2000


@app.command()
def sample(  # noqa: PLR0913, PLR0917 - one argument for each option of the command line
    out: Out,
    collection: Collection = None,
    method: Annotated[
        Literal["pooled", "random"], typer.Option(help="The best of every candidate, or documents drawn at random.")
    ] = "pooled",
    documents: Annotated[
        int | None, typer.Option(min=1, help="The most a pool may hold; how many are drawn at random (1000).")
    ] = None,
    depth: Annotated[int, typer.Option(min=1, help="How deep each ranking goes into the pool.")] = 50,
    models: Models = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the random draws.")] = 0,
    evalset: Annotated[Path | None, typer.Option(help="The queries; those of the collection if omitted.")] = None,
    queries: Annotated[Path | None, typer.Option(help="More queries, without labels: JSONL, or id, tab, text.")] = None,
    most_queries: Annotated[
        int | None, typer.Option(min=1, help="Draw so many of the queries; clusters stay whole, slices in proportion.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Draw a part of a collection's documents to evaluate on."""
    from helmert.commands.evalset_building import SampleWish  # noqa: PLC0415
    from helmert.commands.evalset_building import sample as verb  # noqa: PLC0415

    wish = SampleWish(
        method=method,
        documents=documents,
        depth=depth,
        models=_names(models),
        seed=seed,
        evalset=evalset,
        queries=queries,
        most_queries=most_queries,
    )
    in_workspace(json, lambda workspace: verb(workspace, out, collection, wish))


@app.command("import-log")
def import_log(  # noqa: PLR0913 - one argument for each option of the command line
    log: Annotated[Path, typer.Argument(help="Clicks: JSONL, CSV, TSV or Parquet with query and document.")],
    out: Out,
    collection: Collection = None,
    min_clicks: Annotated[int, typer.Option(min=1, help="Clicks that make a document a weak positive.")] = 2,
    min_share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of its query's clicks it needs.")] = 0.1,
    propensity: Annotated[
        float | None, typer.Option(min=0.0, help="Weigh a click at rank r by r to this power; usual is 1.")
    ] = None,
    *,
    drop_personal: Annotated[
        bool, typer.Option("--drop-personal", help="Leave out queries that look as if they held personal data.")
    ] = False,
    json: Json = False,
) -> None:
    """Turn a log of clicks into weak positives."""
    from helmert.commands.evalset_building import import_log as verb  # noqa: PLC0415
    from helmert.labelling.click_log import ImportRules  # noqa: PLC0415

    rules = ImportRules(min_clicks=min_clicks, min_share=min_share, propensity=propensity, drop_personal=drop_personal)
    in_workspace(json, lambda workspace: verb(workspace, log, out, collection, rules))


@app.command()
def synthesize(  # noqa: PLR0913, PLR0917 - one argument for each option of the command line
    out: Out,
    collection: Collection = None,
    queries: Annotated[int, typer.Option(min=1, help="How many queries are kept.")] = 200,
    generator: Annotated[str, typer.Option(help="extractive, chat, or one that is installed.")] = "extractive",
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for the generator, as url=... and model=...; may be repeated.")
    ] = None,
    per_document: Annotated[int, typer.Option(min=1, help="Queries asked for about one document.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Which documents, and which words of the extractive one.")] = 0,
    round_trip: Annotated[
        int | None, typer.Option(min=1, help="Drop queries whose document no system has among so many.")
    ] = None,
    models: Models = "",
    *,
    json: Json = False,
) -> None:
    """Make queries for documents. An interrupted run goes on and pays for nothing twice."""
    from helmert.commands.evalset_building import SynthesisWish  # noqa: PLC0415
    from helmert.commands.evalset_building import synthesize as verb  # noqa: PLC0415

    wish = SynthesisWish(
        generator=generator,
        options=_options(option or []),
        queries=queries,
        per_document=per_document,
        seed=seed,
        round_trip=round_trip,
        models=_names(models),
    )
    in_workspace(json, lambda workspace: verb(workspace, out, collection, wish))


@app.command("next")
def next_pairs(
    path: Set,
    collection: Collection = None,
    models: Models = "",
    measure: MeasureName = "nDCG@10",
    limit: Annotated[int, typer.Option(min=1, help="How many pairs.")] = 50,
    out: Annotated[Path | None, typer.Option(help="Write the pairs to this JSONL file.")] = None,
    *,
    json: Json = False,
) -> None:
    """Find the unjudged pairs whose labels would change the choice most."""
    from helmert.commands.evalset_labelling import next_pairs as verb  # noqa: PLC0415

    wish = _wish(models, measure, limit, out)
    in_workspace(json, lambda workspace: verb(workspace, path, collection, wish))


@app.command()
def label(  # noqa: PLR0913 - one argument for each option of the command line
    path: Set,
    collection: Collection = None,
    pairs: Annotated[Path | None, typer.Option(help="A file that `evalset next` wrote.")] = None,
    by: Annotated[str, typer.Option(help="Who judges; the name of the account if omitted.")] = "",
    models: Models = "",
    limit: Annotated[int, typer.Option(min=1, help="How many pairs.")] = 50,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 for a free one.")] = 0,
    *,
    web: Annotated[bool, typer.Option("--web", help="Judge on a page in the browser of this machine.")] = False,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="Judge what other people have judged already.")
    ] = False,
    json: Json = False,
) -> None:
    """Judge pairs of query and document. Every answer is kept at once."""
    from helmert.commands.evalset_labelling import LabelWish, open_session  # noqa: PLC0415
    from helmert.workspace import Workspace  # noqa: PLC0415

    wish = LabelWish(by=by, pairs=pairs, second_opinion=second_opinion, wish=_wish(models, "nDCG@10", limit, None))
    with Screen(json=json) as screen, Workspace.open(listener=screen.listen) as workspace:
        session = open_session(workspace, path, collection, wish)
        _judge_on_page(session, screen, port) if web else _judge_in_terminal(session, screen)


@app.command()
def agreement(path: Set, *, json: Json = False) -> None:
    """Show how far people who judged the same pairs agree."""
    from helmert.commands.evalset_labelling import agreement as verb  # noqa: PLC0415

    with Screen(json=json) as screen:
        screen.show(verb(path))


def _judge_in_terminal(session: Session, screen: Screen) -> None:
    from helmert.commands.evalset_labelling import label as verb  # noqa: PLC0415

    screen.show(verb(session, _asking(screen)))


def _judge_on_page(session: Session, screen: Screen, port: int) -> None:
    from helmert.commands.evalset_labelling import labelled  # noqa: PLC0415

    try:
        from helmert.service.labelling import serve  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra("The labelling page", extra="server") from error
    serve(session, port=port, say=screen.say)
    screen.show(labelled(session))


def _asking(screen: Screen) -> Callable[[Shown], str]:
    """Shows a pair on the screen and reads a key from a terminal, or a line from anything else."""

    def ask(shown: Shown) -> str:
        screen.say()
        screen.say(f"{shown.number} of {shown.total}   {shown.relevant} relevant, {shown.not_relevant} not")
        screen.say(f"Query     {shown.query}")
        screen.say(f"Document  {shown.document_id}")
        for line in shown.document[:_SHOWN_CHARACTERS].splitlines():
            screen.say(f"  {line}")
        if len(shown.document) > _SHOWN_CHARACTERS:
            screen.say(f"  ... {len(shown.document) - _SHOWN_CHARACTERS:,} more characters; --web shows all")
        screen.say("Relevant?  y yes, n no, s pass over, u take the last answer back, q stop")
        return typer.getchar() if sys.stdin.isatty() else sys.stdin.readline()

    return ask


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def _wish(models: str, measure: str, limit: int, out: Path | None) -> PairsWish:
    from helmert.commands.evalset_labelling import PairsWish  # noqa: PLC0415

    return PairsWish(models=_names(models), measure=measure, limit=limit, out=out)


def _options(given: list[str]) -> dict[str, object]:
    """NAME=VALUE pairs; `body.temperature=0.7` sets a field of a table."""
    options: dict[str, object] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"An option of a generator is NAME=VALUE; got {pair!r}.", next_step="--option model=NAME")
        table, dot, field = name.partition(".")
        if not dot:
            options[name] = value
            continue
        inner = options.setdefault(table, {})
        if not isinstance(inner, dict):
            raise UsageError(f"{table!r} is given as a value and as a table.", next_step=f"--option {table}.NAME=VALUE")
        inner[field] = _number(value)
    return options


def _number(value: str) -> object:
    """Fields of a request are numbers where they look like one."""
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
