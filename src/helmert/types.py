"""The few values that every room speaks: documents, queries, hits, clocks."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

Scalar = str | int | float | bool
"""What a metadata value may be. Nested values are for the application's own database."""

Metadata = Mapping[str, Scalar]

Vectors = NDArray[np.float32]
"""Shape (n, dims), float32, C-contiguous."""

Clock = Callable[[], datetime]
"""Gives the present moment, always with a time zone. An argument everywhere, so that tests own the time."""


def system_clock() -> datetime:
    """The machine's clock in UTC."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Seconds that never go backwards; for durations and cache ages, never for dates."""
    return time.monotonic()


def content_hash(text: str) -> str:
    """Identity of a document's text: 32 hex characters of BLAKE2b over the NFC form with white space collapsed.

    An edit that changes only white space or Unicode composition keeps the hash, so it is not embedded again.
    """
    collapsed = " ".join(text.split())
    if not collapsed.isascii():
        collapsed = unicodedata.normalize("NFC", collapsed)
    return hashlib.blake2b(collapsed.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A piece of text that can be found: what is embedded as one vector."""

    id: str
    text: str
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A text somebody searches with."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One result of a search. `score` is the cosine similarity, whatever the store counts in."""

    id: str
    score: float
    text: str = ""
    metadata: Metadata = field(default_factory=dict)
