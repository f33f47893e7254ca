"""`helmert`: one function per verb. Rooms are imported inside the functions, so that `--help` starts at once."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperGroup

from helmert.cli.comparing import compare
from helmert.cli.evalset_building import app as evalset_app
from helmert.cli.evaluating import app as eval_app
from helmert.cli.output import Screen
from helmert.cli.running import Collection, CollectionOption, Json, in_workspace
from helmert.cli.selecting import select
from helmert.errors import HelmertError, UsageError

if TYPE_CHECKING:
    from helmert.commands.outcome import Outcome
    from helmert.workspace import Workspace

IN_ORDER = (
    "init", "doctor", "fit", "evalset", "select", "plan", "apply", "eval", "compare", "promote", "rollback", "complete",
)  # fmt: skip
"""Verbs as a team meets them; the help lists the others after these."""


class InOrder(TyperGroup):
    """A group whose help tells the story of a migration, wherever its verbs are defined."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer does not name this type
        """The verbs of `IN_ORDER`, then the others."""
        listed = super().list_commands(ctx)
        return [*(name for name in IN_ORDER if name in listed), *(name for name in listed if name not in IN_ORDER)]


app = typer.Typer(
    name="helmert",
    cls=InOrder,
    help="Choose, version, change and watch the embedding model behind a vector search.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Exit codes: 0 go, 1 no-go, 2 usage, 3 operational failure. Documentation: docs/ in the repository.",
)

app.add_typer(evalset_app)
app.command()(select)
app.add_typer(eval_app)
app.command()(compare)

INTERRUPTED = 130
"""Exit code after Control-C, as shells report it; typer returns it."""

_WrongUsage: type[Exception] = typer.BadParameter.__bases__[0]
"""What typer raises for a command line that it cannot read; it names only this subclass of it."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where helmert.toml goes.")] = Path(),
    collection: Annotated[str, typer.Option(help="Name of the collection.")] = "docs",
    source: Annotated[str, typer.Option(help="The documents: JSONL, CSV, Parquet, a BEIR or text folder.")] = (
        "corpus.jsonl"
    ),
    evalset: Annotated[str, typer.Option(help="Labelled queries: a BEIR folder, TREC qrels or JSONL.")] = "",
    *,
    json: Json = False,
) -> None:
    """Write a first helmert.toml."""
    from helmert.commands import init as verb  # noqa: PLC0415

    with Screen(json=json) as screen:
        screen.show(verb(folder, collection=collection, source=source, evalset=evalset))


@app.command()
def doctor(*, json: Json = False) -> None:
    """Check configuration, registry, stores, models, documents, queries and indexes. Changes nothing."""
    from helmert.commands import doctor as verb  # noqa: PLC0415

    in_workspace(json, verb)


@app.command()
def fit(
    model: Annotated[str, typer.Argument(help="A model of helmert.toml with provider 'lsa'.")],
    collection: CollectionOption = None,
    *,
    json: Json = False,
) -> None:
    """Fit a model on the collection's own documents."""
    from helmert.commands import fit as verb  # noqa: PLC0415

    in_workspace(json, lambda workspace: verb(workspace, model, collection=collection))


@app.command()
def plan(
    collection: Collection = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="The model to change to.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the plan here, to review it and apply it later.")] = None,
    on_bad: Annotated[
        Literal["stop", "skip"] | None, typer.Option(help="What a bad row of the source does; helmert.toml if omitted.")
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Plan even if this space is live.")] = False,
    json: Json = False,
) -> None:
    """Show what a new index would cost and do, stage by stage. Nothing is changed."""
    from helmert.commands import plan as verb  # noqa: PLC0415

    in_workspace(json, lambda workspace: verb(workspace, collection, model=model, out=out, force=force, on_bad=on_bad))


@app.command()
def apply(
    target: Annotated[str | None, typer.Argument(help="A collection, or the path of a plan file.")] = None,
    *,
    json: Json = False,
) -> None:
    """Build the planned index, prove it complete, judge it. Run again after an interruption, it continues."""
    from helmert.commands import apply as verb  # noqa: PLC0415

    in_workspace(json, lambda workspace: verb(workspace, target))


@app.command()
def status(*, json: Json = False) -> None:
    """Show what is live, what is under way and what it waits for."""
    from helmert.commands import status as verb  # noqa: PLC0415

    in_workspace(json, verb)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="What to look for.")],
    collection: CollectionOption = None,
    k: Annotated[int, typer.Option("-k", help="How many documents.")] = 10,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="FIELD=VALUE on a declared field; may be repeated.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Search a collection through its alias."""
    from helmert.cli.filters import parse_filter  # noqa: PLC0415
    from helmert.commands import search as verb  # noqa: PLC0415

    def work(workspace: Workspace) -> Outcome:
        fields = workspace.fields(workspace.only_collection(collection))
        return verb(workspace, text, collection=collection, k=k, filter=parse_filter(where or [], fields))

    in_workspace(json, work)


@app.command()
def promote(
    collection: Collection = None,
    override: Annotated[
        str | None, typer.Option(metavar="REASON", help="Promote without a PASS; the reason goes into the ledger.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Point the alias at the new index and its model. Refused without a fresh PASS."""
    from helmert.commands import promote as verb  # noqa: PLC0415

    in_workspace(json, lambda workspace: verb(workspace, collection, override=override))


@app.command()
def rollback(
    collection: Collection = None,
    why: Annotated[str, typer.Option(help="The reason, for the ledger.")] = "asked for",
    *,
    json: Json = False,
) -> None:
    """Go back to the old index without losing a write, or give up a migration that is not promoted."""
    from helmert.commands import rollback as verb  # noqa: PLC0415

    in_workspace(json, lambda workspace: verb(workspace, collection, why=why))


@app.command()
def complete(collection: Collection = None, *, json: Json = False) -> None:
    """End the holdover of a promoted migration. Going back is a new migration after this."""
    from helmert.commands import complete as verb  # noqa: PLC0415

    in_workspace(json, lambda workspace: verb(workspace, collection))


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo's project goes.")] = Path("helmert-demo"),
    *,
    json: Json = False,
) -> None:
    """Run the main job on the Python standard library: build, compare, refuse, promote, search, roll back."""
    from helmert.demo import tell  # noqa: PLC0415

    with Screen(json=json) as screen:
        outcome = tell(folder, say=screen.say, listener=screen.listen)
        screen.show(outcome)
    raise typer.Exit(outcome.exit_code)


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point: run the command line and turn every error into a message, a next step and an exit code.

    `arguments` are those of the process when not given; without any, the help is shown.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    screen = Screen(json="--json" in given)
    try:
        code = app(given, standalone_mode=False) or 0
    except HelmertError as error:
        screen.fail(error)
        code = error.exit_code
    except _WrongUsage as error:
        screen.fail(_usage_error(error))
        code = UsageError.exit_code
    except OSError as error:
        code = _system_error(screen, error)
    except Exception as error:  # noqa: BLE001  (the last resort: anything unforeseen is an operational failure)
        screen.crash(error)
        code = 3
    if code == INTERRUPTED:
        screen.interrupted()
    raise SystemExit(code)


def _usage_error(error: Exception) -> UsageError:
    wrong: Any = error
    command = wrong.ctx.command_path if wrong.ctx else "helmert"
    return UsageError(wrong.format_message(), next_step=f"{command} --help")


def _system_error(screen: Screen, error: OSError) -> int:
    """A file that cannot be read or written is nobody's defect; other errors of the system are ours."""
    if error.errno == errno.ENOSPC:
        screen.fail(HelmertError("The disk is full.", next_step="free some room; the same command continues"))
    elif error.filename is None:
        screen.crash(error)
    else:
        screen.fail(
            HelmertError(f"{error.filename}: {error.strerror}.", next_step="check the path and its permissions")
        )
    return HelmertError.exit_code
