"""A project in a folder, what should be in its indexes, and the ways to act on it: verbs, processes, programs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from helmert.cli.main import run
from helmert.telemetry import Listener, silent
from helmert.types import Clock, Document, system_clock
from helmert.workspace import Workspace
from tests.scenarios.texts import Author, Labelled, write_corpus, write_queries

StoreKind = Literal["lancedb", "sqlite", "memory"]

ROOT = Path(__file__).resolve().parents[2]
ALIAS = "docs_current"
DOCUMENTS = 240
QUERIES = 80
SMALL, LARGE, TURNED, POOR = "small", "large", "turned", "poor"
TOYS: Mapping[str, Mapping[str, object]] = {
    SMALL: {"provider": "toy", "model": "toy-small", "dims": 24, "seed": 1},
    LARGE: {"provider": "toy", "model": "toy-large", "dims": 64, "seed": 2},
    TURNED: {"provider": "toy", "model": "toy-turned", "dims": 64, "seed": 3},
    POOR: {"provider": "toy", "model": "toy-poor", "dims": 3, "seed": 4},
}
"""`large` is better than `small`; `turned` is as good as `large` in another space of the same dims."""

SETTINGS = """\
[stores.default]
url = "{url}"

{models}
[collections.docs]
source = "corpus.jsonl"
model = "small"
evalset = "queries.jsonl"
fields = {{ lang = "text" }}

[gate]
min_queries = 30
max_changed = 0.1

[[gate.rules]]
measure = "recall@10"
margin = 0.1

[[gate.rules]]
measure = "nDCG@10"
margin = 0.1

[backfill]
batch = 16
workers = 2
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a verb returned and wrote."""

    code: int
    out: str
    err: str = ""

    @property
    def json(self) -> Any:
        """The object that `--json` wrote."""
        return json.loads(self.out)


@dataclass(frozen=True, kw_only=True)
class World:
    """One project. `truth` is written to beside the product and never read from it."""

    folder: Path
    store: StoreKind
    truth: dict[str, Document] = field(default_factory=dict)
    queries: list[Labelled] = field(default_factory=list)
    author: Author = field(default_factory=lambda: Author(99))
    """Writes what changes later."""

    def open(self, *, clock: Clock = system_clock, listener: Listener = silent) -> Workspace:
        """The project as one process sees it."""
        return Workspace.open(self.folder, clock=clock, listener=listener)

    def verb(self, *arguments: str) -> Told:
        """A verb of the command line with `--json`, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            replaced_arguments("helmert", *arguments, "--json"),
        ):
            code = _exit_code()
        return Told(code=code, out=out.getvalue(), err=err.getvalue())

    def go(self, *arguments: str) -> Any:
        """A verb that is expected to say go; what it told."""
        told = self.verb(*arguments)
        assert told.code == 0, (arguments, told)
        return told.json

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        """`python -m helmert` on its own."""
        return python("-m", "helmert", *arguments, folder=self.folder)

    def program(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """A program of the folder `programs` on this project."""
        return python("-m", f"tests.scenarios.programs.{name}", *arguments, folder=self.folder)

    def write(self, workspace: Workspace, upserts: Iterable[Document] = (), deletes: Iterable[str] = ()) -> None:
        """Documents through the alias, and in the truth once they are acknowledged."""
        documents, ids = list(upserts), list(deletes)
        if documents:
            workspace.writer.upsert(ALIAS, documents)
            self.truth.update({document.id: document for document in documents})
        if ids:
            workspace.writer.delete(ALIAS, ids)
            for id_ in ids:
                self.truth.pop(id_, None)

    def unjudged(self) -> list[str]:
        """Ids of the documents that no query has as its answer."""
        return sorted(self.truth.keys() - {query.relevant for query in self.queries})

    def change(self, workspace: Workspace, *, fresh: str, count: int = 3) -> None:
        """Add, rewrite, relabel and delete `count` documents each, none a labelled one; new ids begin with `fresh`."""
        known = self.unjudged()
        rewritten, relabelled, removed = known[:count], known[count : 2 * count], known[2 * count : 3 * count]
        self.write(workspace, self.author.documents(count, prefix=fresh))
        self.write(workspace, [self.author.document(id_) for id_ in rewritten])
        self.write(workspace, [replace(self.truth[id_], metadata={"lang": "it", "by": fresh}) for id_ in relabelled])
        self.write(workspace, deletes=removed)

    def edit(self, old: str, new: str, file: str = "helmert.toml") -> None:
        """Change a file of the project by hand."""
        path = self.folder / file
        before = path.read_text(encoding="utf-8")
        assert before.count(old) == 1, (old, before)
        path.write_text(before.replace(old, new), encoding="utf-8")

    def remodel(self, name: str, **options: object) -> None:
        """Change a model of `TOYS` in helmert.toml."""
        self.edit(model_table(name, TOYS[name]), model_table(name, options))

    def remodel_back(self, name: str, **options: object) -> None:
        """Undo `remodel`."""
        self.edit(model_table(name, options), model_table(name, TOYS[name]))

    def copy(self, folder: Path) -> World:
        """The same project in another folder, with a truth of its own."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder, truth=dict(self.truth), author=Author(99))


def make_world(folder: Path, store: StoreKind) -> World:
    """A project with documents and labelled queries, in which nothing has been built yet."""
    folder.mkdir(parents=True)
    author = Author(7)
    written = author.documents(DOCUMENTS)
    queries = author.queries(written, QUERIES)
    write_corpus(folder / "corpus.jsonl", written)
    write_queries(folder / "queries.jsonl", queries)
    models = "".join(model_table(name, options) for name, options in TOYS.items())
    settings = SETTINGS.format(url=_url(folder, store), models=models)
    (folder / "helmert.toml").write_text(settings, encoding="utf-8")
    return World(folder=folder, store=store, truth={document.id: document for document in written}, queries=queries)


def python(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """The interpreter on its own, with what this one can import, at work in a folder."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def replaced_arguments(*arguments: str) -> Iterator[None]:
    """The command line of this process for the time of a block."""
    before = sys.argv
    sys.argv = list(arguments)
    try:
        yield
    finally:
        sys.argv = before


def _exit_code() -> int:
    code: object = None
    try:
        run()
    except SystemExit as ended:
        code = ended.code
    assert isinstance(code, int)
    return code


def _url(folder: Path, store: StoreKind) -> str:
    match store:
        case "lancedb":
            return "lancedb:///.helmert/lancedb"
        case "sqlite":
            return "sqlite:///.helmert/vectors.db"
        case "memory":
            return f"memory://{folder}"


def model_table(name: str, options: Mapping[str, object]) -> str:
    """A model as it stands in helmert.toml."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in options.items()]
    return f"[models.{name}]\n" + "\n".join(lines) + "\n\n"
