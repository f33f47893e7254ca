"""A project in a folder as a user has it: documents, labelled queries, settings, and two models behind an endpoint."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helmert.config import FILE_NAME
from helmert.testing.embedder import ToyEmbedder
from helmert.testing.openai_server import Server, serve
from helmert.types import Document
from helmert.workspace import Workspace
from tests.migration.world import document, documents, empty_registry

SETTINGS = """\
registry = "sqlite:///.helmert/registry.db"

[stores.default]
url = "sqlite:///.helmert/vectors.db"

[models.small]
provider = "openai"
url = "{small}"
model = "toy-small"
dims = 16
attempts = 1

[models.large]
provider = "openai"
url = "{large}"
model = "toy-large"
dims = 32
attempts = 1

[collections.docs]
source = "corpus.jsonl"
evalset = "labels"
model = "small"
fields = {{ lang = "text", year = "int", score = "float", draft = "bool" }}

[gate]
min_queries = 5

[[gate.rules]]
measure = "recall@10"
margin = 0.2
"""


@dataclass(frozen=True)
class Endpoints:
    """Where the models answer, for as long as the tests run."""

    small: Server
    large: Server

    @property
    def requests(self) -> int:
        return len(self.small.requests) + len(self.large.requests)


@contextmanager
def endpoints() -> Iterator[Endpoints]:
    small, large = ToyEmbedder(model="toy-small", dims=16), ToyEmbedder(model="toy-large", dims=32)
    with serve(small) as first, serve(large) as second:
        yield Endpoints(small=first, large=second)


@dataclass(frozen=True)
class Project:
    """A folder with a `helmert.toml`."""

    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / FILE_NAME

    def edit(self, before: str, after: str) -> None:
        """Change the settings as a person would."""
        text = self.settings.read_text(encoding="utf-8")
        assert before in text
        self.settings.write_text(text.replace(before, after), encoding="utf-8")

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        with Workspace.open(self.folder) as workspace:
            yield workspace


def write_corpus(path: Path, held: Sequence[Document]) -> None:
    path.write_text(
        "".join(json.dumps({"id": one.id, "text": one.text, **one.metadata}) + "\n" for one in held), encoding="utf-8"
    )


def new_project(folder: Path, servers: Endpoints, *, count: int = 30) -> Project:
    """Documents in two languages; query n asks for the words of document n."""
    held = [document(number, lang="de" if number % 2 else "en", year=2000 + number) for number in range(count)]
    write_corpus(folder / "corpus.jsonl", held)
    labels = folder / "labels"
    (labels / "qrels").mkdir(parents=True)
    queries = "".join(json.dumps({"_id": f"q{n}", "text": one.text}) + "\n" for n, one in enumerate(documents(count)))
    (labels / "queries.jsonl").write_text(queries, encoding="utf-8")
    judged = "".join(f"q{n}\t{one.id}\t1\n" for n, one in enumerate(held))
    (labels / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged, encoding="utf-8")
    (folder / ".helmert").mkdir()
    (folder / ".helmert" / "registry.db").write_bytes(empty_registry())
    project = Project(folder)
    project.settings.write_text(SETTINGS.format(small=servers.small.url, large=servers.large.url), encoding="utf-8")
    return project


def copied(project: Project, to: Path) -> Project:
    """A copy to work with, of a project that took a while to make."""
    shutil.copytree(project.folder, to, dirs_exist_ok=True)
    return Project(to)
