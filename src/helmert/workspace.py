"""Wiring: settings to live objects. The only place that builds things.

A workspace opens registry, stores, models and sources when they are first asked for and closes them together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self, TypeVar

from helmert import config
from helmert.corpus import OnBad, Source, open_source
from helmert.errors import NotFound, StoreFailure, UsageError
from helmert.evaluation import EvalSet, read_evalset
from helmert.migration.context import Context, Policy
from helmert.migration.spool import Spool
from helmert.models.base import Embedder
from helmert.models.checked import CheckedEmbedder
from helmert.models.discovery import open_embedder
from helmert.registry import Registry, this_process
from helmert.selection.corpus import Corpus
from helmert.selection.openloop import Timing
from helmert.selection.terms import Instruments
from helmert.selection.vectors import VectorCache
from helmert.serving.follower import Follower
from helmert.serving.resolver import Resolver
from helmert.serving.searcher import Searcher
from helmert.serving.writer import Writer
from helmert.stores.base import FieldType, VectorStore
from helmert.stores.discovery import open_store
from helmert.telemetry import Listener, silent
from helmert.types import Clock, monotonic_seconds, system_clock

Opened = TypeVar("Opened")


class Workspace:
    """Everything one `helmert.toml` describes, opened on demand.

    Use it as a context manager. `clock`, `seconds` and `sleep` are the only ways time enters.
    """

    def __init__(
        self,
        settings: config.Settings,
        folder: Path,
        *,
        listener: Listener = silent,
        clock: Clock = system_clock,
        seconds: Callable[[], float] = monotonic_seconds,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self._listener = listener
        self._clock = clock
        self._seconds = seconds
        self._sleep = sleep
        self._stores: dict[str, VectorStore] = {}
        self._embedders: dict[str, CheckedEmbedder] = {}
        self._evalsets: dict[str, EvalSet | None] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, start: Path | None = None, *, listener: Listener = silent, clock: Clock = system_clock) -> Self:
        """The workspace of the nearest `helmert.toml`, looking upwards from `start` (default: here)."""
        path = config.find_file((start or Path.cwd()).resolve())
        return cls(config.load(path), path.parent, listener=listener, clock=clock)

    @cached_property
    def registry(self) -> Registry:
        """The durable state."""
        return Registry.open(self._registry_url(), clock=self._clock)

    def store(self, name: str) -> VectorStore:
        """A store by its name in the configuration."""

        def build() -> VectorStore:
            return open_store(_named("store", name, self.settings.stores).url, base=self.folder)

        return self._once(self._stores, name, build)

    def embedder(self, name: str) -> Embedder:
        """A model by its name in the configuration. Its label, unless set, is that name."""
        return self._embedder(name, name, {})

    def prompted(self, name: str) -> Embedder:
        """The model of a prompt variant, `[selection.prompts.<name>]`, with the variant's prefixes."""
        prompt = _named("selection.prompt", name, self.settings.selection.prompts)
        label = f"{prompt.model}+{name}"
        return self._embedder(label, prompt.model, {"label": label, **prompt.options})

    def _embedder(self, key: str, name: str, changes: Mapping[str, object]) -> Embedder:
        def build() -> CheckedEmbedder:
            model = _named("model", name, self.settings.models)
            return open_embedder(model.provider, {"label": name, **model.options, **changes}, self.folder)

        return self._once(self._embedders, key, build)

    def model(self, name: str) -> config.ModelSettings:
        """The settings of a model."""
        return _named("model", name, self.settings.models)

    def collection(self, name: str) -> config.CollectionSettings:
        """The settings of a collection."""
        return _named("collection", name, self.settings.collections)

    def only_collection(self, name: str | None) -> str:
        """The name given, or that of the only collection there is. Raises `NotFound` when it is not clear."""
        if name is not None:
            self.collection(name)
            return name
        known = sorted(self.settings.collections)
        if len(known) != 1:
            listed = ", ".join(known) or "none"
            raise NotFound(f"Which collection? Defined: {listed}.", next_step="name one as the first argument")
        return known[0]

    def alias(self, collection: str) -> str:
        """The alias applications use for a collection."""
        return self.collection(collection).alias or f"{collection}_current"

    def source(self, collection: str, on_bad: OnBad | None = None) -> Source:
        """Where the documents of a collection come from; `on_bad` goes before what the settings say."""
        settings = self.collection(collection)
        return open_source(
            self.folder / settings.source,
            on_bad=on_bad or settings.on_bad,
            id_field=settings.id_field or None,
            text_fields=settings.text_fields or None,
            metadata_fields=settings.kept_fields,
        )

    def evalset(self, collection: str) -> EvalSet | None:
        """The labelled queries of a collection, read once; None when none are configured."""
        if collection not in self._evalsets:
            path = self.collection(collection).evalset
            self._evalsets[collection] = read_evalset(self.folder / path) if path else None
        return self._evalsets[collection]

    def corpus(self, collection: str) -> Corpus:
        """The documents of a collection in memory."""
        return Corpus.of(self.source(collection).documents())

    @cached_property
    def vector_cache(self) -> VectorCache:
        """Vectors of texts that candidates were tried on."""
        return VectorCache(self.folder / ".helmert" / "vectors", seconds=self._seconds)

    @contextmanager
    def scratch_store(self, collection: str) -> Iterator[VectorStore]:
        """A store of the collection's kind in a folder that is gone afterwards; behind a server, the store itself."""
        name = self.collection(collection).store
        scheme, _, rest = _named("store", name, self.settings.stores).url.partition("://")
        if not rest.startswith("/"):
            yield self.store(name)
            return
        folder = self.folder / ".helmert"
        folder.mkdir(exist_ok=True)
        with (
            TemporaryDirectory(prefix="scratch-", dir=folder) as scratch,
            open_store(f"{scheme}:///vectors", base=Path(scratch)) as store,
        ):
            yield store

    @property
    def instruments(self) -> Instruments:
        """What a selection works with, but for what belongs to one collection."""
        return Instruments(
            cache=self.vector_cache,
            clock=self._clock,
            timing=Timing(clock=self._seconds, sleep=self._sleep),
            listener=self._listener,
        )

    def fields(self, collection: str) -> Mapping[str, FieldType]:
        """The metadata fields of a collection that searches may filter on."""
        return self.collection(collection).fields

    @cached_property
    def resolver(self) -> Resolver:
        """Aliases to (index, query embedder)."""
        return Resolver(self.registry, store=self.store, embedder=self.embedder, seconds=self._seconds)

    @cached_property
    def searcher(self) -> Searcher:
        """Search through aliases."""
        return Searcher(self.resolver)

    @cached_property
    def follower(self) -> Follower:
        """Brings indexes up to the journal."""
        return Follower(self.registry, store=self.store, embedder=self.embedder, owner=self.owner, sleep=self._sleep)

    @cached_property
    def writer(self) -> Writer:
        """Write through aliases."""
        return Writer(self.registry, self.follower)

    @cached_property
    def owner(self) -> str:
        """Who acts: user, machine and process, for the ledger and for leases."""
        return this_process()

    def spool(self, index: str) -> Spool:
        """Where vectors wait that are paid for and not yet in an index."""
        return Spool(self.folder / ".helmert" / "spool" / index)

    @cached_property
    def context(self) -> Context:
        """What the stages of a migration work with."""
        return Context(
            registry=self.registry,
            store=self.store,
            embedder=self.embedder,
            source=self.source,
            fields=self.fields,
            evalset=self.evalset,
            chunks=lambda name: self.collection(name).chunks,
            follower=self.follower,
            resolver=self.resolver,
            policy=self._policy(),
            clock=self._clock,
            spool=self.spool,
            seconds=self._seconds,
            listener=self._listener,
            owner=self.owner,
        )

    def _policy(self) -> Policy:
        gate, backfill = self.settings.gate, self.settings.backfill
        return Policy(
            gate=gate.to_policy(self.folder),
            max_age_hours=gate.max_age_hours,
            max_changed=gate.max_changed,
            batch=backfill.batch,
            workers=backfill.workers,
            currency=self.settings.currency,
        )

    def _registry_url(self) -> str:
        prefix, url = "sqlite:///", self.settings.registry
        if not url.startswith(prefix):
            return url
        path = self.folder / url.removeprefix(prefix)
        if "?" in str(path.parent):
            raise UsageError(
                f"The registry cannot be at {path}: in its address a question mark ends the path.",
                next_step="rename the folder, or name another place for `registry` in helmert.toml",
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreFailure(
                f"The folder of the registry cannot be made: {error}.", next_step="correct `registry` in helmert.toml"
            ) from error
        return f"{prefix}{path}"

    def _once(self, cache: dict[str, Opened], name: str, build: Callable[[], Opened]) -> Opened:
        with self._lock:
            if name not in cache:
                cache[name] = build()
            return cache[name]

    def close(self) -> None:
        """Close what was opened."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()
        for embedder in self._embedders.values():
            embedder.close()
        self._embedders.clear()
        if "registry" in self.__dict__:
            self.registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _named(kind: str, name: str, known: Mapping[str, Opened]) -> Opened:
    try:
        return known[name]
    except KeyError:
        listed = ", ".join(sorted(known)) or "none"
        raise NotFound(
            f"No {kind} {name!r} in helmert.toml. Defined: {listed}.", next_step=f"add [{kind}s.{name}] to helmert.toml"
        ) from None
