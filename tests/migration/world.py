"""A small world for migrations: documents in a list, toy models, an exact store, and a clock that is told the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from helmert.corpus import OnBad, ReadReport
from helmert.evaluation import EvalSet, GatePolicy, GateRule, Measure
from helmert.evaluation.chunks import ChunkFields
from helmert.migration import executor
from helmert.migration.context import Context, Policy
from helmert.migration.plan import Plan
from helmert.migration.planner import Wish, plan_parallel
from helmert.migration.spool import Spool
from helmert.migration.stages import Phase
from helmert.models.base import Embedder
from helmert.models.checked import CheckedEmbedder
from helmert.registry import MigrationRecord, Registry
from helmert.serving.follower import Follower
from helmert.serving.resolver import Resolver
from helmert.serving.searcher import Searcher
from helmert.serving.writer import Writer
from helmert.stores.base import FieldType, VectorStore
from helmert.stores.discovery import open_store
from helmert.telemetry import Event
from helmert.testing.embedder import ToyEmbedder
from helmert.types import Clock, Document, Query

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORDS = ("harbour", "lantern", "meadow", "copper", "violin", "granite", "saffron", "glacier", "orchard", "compass")


class Clocks:
    """A date and a stopwatch that move only when they are told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.now = START
        self.elapsed = 0.0

    def date(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.elapsed

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds


@dataclass
class ListSource:
    """Documents in memory, as a source."""

    held: list[Document]
    name: str = "a list"

    def documents(self, report: ReadReport | None = None) -> Iterator[Document]:
        for document in list(self.held):
            if report is not None:
                report.count_read()
            yield document


@dataclass
class World:
    """One collection, `docs`, and everything a migration of it works with."""

    registry: Registry
    vectors: VectorStore
    clocks: Clocks
    models: dict[str, Embedder]
    source: ListSource
    folder: Path
    """Where vectors wait that are not yet written."""
    evalsets: dict[str, EvalSet] = field(default_factory=dict)
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    chunks: ChunkFields | None = None
    heard: list[Event] = field(default_factory=list)
    policy: Policy = field(
        default_factory=lambda: Policy(
            gate=GatePolicy(rules=(GateRule(measure=Measure.parse("recall@10"), margin=0.2),), min_queries=5),
            max_age_hours=24.0,
            max_changed=0.01,
            batch=8,
            workers=1,
            currency="EUR",
        )
    )
    owner: str = "a test"

    def __post_init__(self) -> None:
        self.follower = self.new_follower(self.owner)
        self.resolver = Resolver(self.registry, store=self.store, embedder=self.embedder, seconds=self.clocks.seconds)
        self.searcher = Searcher(self.resolver)
        self.writer = Writer(self.registry, self.follower)

    def new_follower(self, owner: str, *, sleep: Callable[[float], None] | None = None) -> Follower:
        return Follower(
            self.registry,
            store=self.store,
            embedder=self.embedder,
            owner=owner,
            sleep=sleep or self.clocks.forward,
            patience=1.0,
        )

    def store(self, name: str) -> VectorStore:
        assert name in {"main", "spare"}
        return self.vectors

    def embedder(self, name: str) -> Embedder:
        return self.models[name]

    @property
    def context(self) -> Context:
        return Context(
            registry=self.registry,
            store=self.store,
            embedder=self.embedder,
            source=self._source,
            fields=lambda _: self.fields,
            evalset=self.evalsets.get,
            follower=self.follower,
            resolver=self.resolver,
            policy=self.policy,
            clock=self.clocks.date,
            spool=lambda index: Spool(self.folder / index),
            seconds=self.clocks.seconds,
            listener=self.heard.append,
            owner=self.owner,
            chunks=lambda _: self.chunks,
        )

    def _source(self, collection: str, on_bad: OnBad) -> ListSource:
        assert collection == "docs"
        return self.source

    def with_policy(self, **changes: object) -> None:
        self.policy = replace(self.policy, **changes)  # type: ignore[arg-type]

    def plan(self, model: str = "small", *, store: str = "main", force: bool = False) -> Plan:
        wish = Wish(collection="docs", alias="docs_current", store=store, model=model, on_bad="stop", force=force)
        return plan_parallel(wish, self.context)

    def apply(self, plan: Plan) -> MigrationRecord:
        return executor.apply(executor.begin(plan, self.context).id, self.context)

    def promote(self, migration: str, *, override: str | None = None) -> MigrationRecord:
        return executor.finish(migration, Phase.PROMOTE, self.context, override=override)

    def complete(self, migration: str) -> MigrationRecord:
        return executor.finish(migration, Phase.COMPLETE, self.context)

    def go_live(self, model: str = "small") -> str:
        """Build and promote the first index; its name."""
        record = self.apply(self.plan(model))
        self.promote(record.id)
        return record.target_index

    def close(self) -> None:
        self.vectors.close()
        self.registry.close()

    def contents(self, index: str) -> dict[str, str]:
        """Id and text of every row of an index."""
        return {id_: text for rows in self.vectors.scan(index) for id_, text in zip(rows.ids, rows.texts, strict=True)}


@cache
def empty_registry() -> bytes:
    """The file of a registry with tables and no rows; making one takes longer than most tests."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "registry.db"
        Registry.open(f"sqlite:///{file}").close()
        return file.read_bytes()


def new_registry(folder: Path, clock: Clock) -> Registry:
    file = folder / "registry.db"
    if not file.exists():
        file.write_bytes(empty_registry())
    return Registry.open(f"sqlite:///{file}", clock)


class Toys(dict[str, Embedder]):
    """The models `small`, `large` and `turned`, each made when it is first asked for."""

    def __missing__(self, name: str) -> Embedder:
        options = {"small": (16, 0), "large": (32, 0), "turned": (32, 1)}[name]
        made = ToyEmbedder(model=f"toy-{name}", dims=options[0], seed=options[1], label=name)
        self[name] = CheckedEmbedder(made)
        return self[name]


def new_world(folder: Path, documents: Sequence[Document] = ()) -> World:
    """A world whose registry and store are files in a folder, where they may stand already."""
    clocks = Clocks()
    return World(
        registry=new_registry(folder, clocks.date),
        vectors=open_store("sqlite:///vectors.db", base=folder),
        clocks=clocks,
        models=Toys(),
        source=ListSource(list(documents)),
        folder=folder,
    )


def toy(world: World, name: str) -> ToyEmbedder:
    """The toy behind a model of a world, for its counters and faults."""
    checked = world.models[name]
    assert isinstance(checked, CheckedEmbedder)
    assert isinstance(checked.inner, ToyEmbedder)
    return checked.inner


def document(number: int, text: str = "", **metadata: str | int | float | bool) -> Document:
    words = f"{WORDS[number % 10]} {WORDS[number // 10 % 10]} number{number}"
    return Document(id=f"d{number:03d}", text=text or words, metadata=metadata)


def documents(count: int) -> list[Document]:
    return [document(number) for number in range(count)]


def labelled(count: int, *, name: str = "labelled") -> EvalSet:
    """Query n asks for the words of document n."""
    queries = tuple(Query(id=f"q{number}", text=document(number).text) for number in range(count))
    return EvalSet(name=name, queries=queries, qrels={f"q{number}": {f"d{number:03d}": 1} for number in range(count)})
