"""What the stages work with. The workspace builds it; stages never build anything themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from helmert.corpus import OnBad, Source
from helmert.evaluation import EvalSet, GatePolicy
from helmert.evaluation.chunks import ChunkFields
from helmert.migration.spool import Spool
from helmert.models.base import Embedder
from helmert.registry import Registry
from helmert.serving.follower import Follower
from helmert.serving.resolver import Resolver
from helmert.stores.base import FieldType, VectorStore
from helmert.telemetry import Listener
from helmert.types import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a promotion requires, and how an index is filled."""

    gate: GatePolicy
    max_age_hours: float
    """An evaluation older than this is stale."""
    max_changed: float
    """Share of documents that may have changed since the evaluation."""
    batch: int
    workers: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Live objects by name, and the outside world as arguments."""

    registry: Registry
    store: Callable[[str], VectorStore]
    """By the store's name in the configuration."""
    embedder: Callable[[str], Embedder]
    """By the model's name in the configuration."""
    source: Callable[[str, OnBad], Source]
    """By collection, and what a bad row does."""
    fields: Callable[[str], Mapping[str, FieldType]]
    """Filterable metadata fields by collection."""
    evalset: Callable[[str], EvalSet | None]
    """By collection; None when none is configured."""
    follower: Follower
    resolver: Resolver
    policy: Policy
    clock: Clock
    spool: Callable[[str], Spool]
    """By index: vectors that are paid for and not yet written."""
    seconds: Callable[[], float]
    """A clock that never goes backwards, for durations."""
    listener: Listener
    owner: str
    """Who acts: written to the ledger and into leases."""
    chunks: Callable[[str], ChunkFields | None] = lambda _: None
    """By collection: where its rows say which part of which document they are; None when they are documents."""
