"""Spaces that were ever used, and their fingerprints: what fixed texts became in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select

from helmert.errors import NotFound, UsageError
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.spaces import EmbeddingSpace
from helmert.types import Clock, Vectors

_STORED = np.dtype("<f4")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fingerprint:
    """A space's identity by behaviour: the vectors it gave to the texts of a probe set."""

    space: str
    """`EmbeddingSpace.record_hash`."""
    probe_set: str
    """Which texts, in which order."""
    vectors: Vectors
    """Shape (probes, dims)."""
    noise: NDArray[np.float32]
    """Shape (probes,): how far two answers to the same probe lay apart when nothing had changed."""
    reported_model: str | None
    """What the endpoint said answered."""
    recorded_at: datetime


class Spaces:
    """Remembers spaces by `record_hash`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def remember(self, space: EmbeddingSpace) -> str:
        """Keep a space and return its `record_hash`. Keeping it again changes nothing."""
        with self._database.transaction() as connection:
            connection.execute(
                self._database.insert_missing(tables.spaces).values(
                    record_hash=space.record_hash,
                    vector_hash=space.vector_hash,
                    definition=space.to_dict(),
                    recorded_at=self._clock(),
                )
            )
        return space.record_hash

    def get(self, record_hash: str) -> EmbeddingSpace:
        """The space of a `record_hash`. Raises `NotFound`."""
        with self._database.reading() as connection:
            found = connection.execute(
                select(tables.spaces.c.definition).where(tables.spaces.c.record_hash == record_hash)
            ).scalar()
        if found is None:
            raise NotFound(f"The registry knows no space {record_hash!r}.", next_step="Remember the space first.")
        return EmbeddingSpace.from_dict(found)

    def by_vector_hash(self, vector_hash: str) -> tuple[EmbeddingSpace, ...]:
        """All spaces whose stored vectors are interchangeable, oldest first."""
        query = (
            select(tables.spaces.c.definition)
            .where(tables.spaces.c.vector_hash == vector_hash)
            .order_by(tables.spaces.c.recorded_at, tables.spaces.c.record_hash)
        )
        with self._database.reading() as connection:
            return tuple(EmbeddingSpace.from_dict(found) for found in connection.execute(query).scalars())

    def record_fingerprint(
        self,
        *,
        space: str,
        probe_set: str,
        vectors: Vectors,
        noise: Sequence[float] | NDArray[np.float32],
        reported_model: str | None = None,
    ) -> Fingerprint:
        """Add a fingerprint; earlier ones stay. Raises `NotFound` for a space that was not remembered."""
        fingerprint = Fingerprint(
            space=space,
            probe_set=probe_set,
            vectors=np.ascontiguousarray(vectors, dtype=np.float32),
            noise=np.asarray(noise, dtype=np.float32),
            reported_model=reported_model,
            recorded_at=self._clock(),
        )
        self._check(fingerprint)
        with self._database.transaction() as connection:
            connection.execute(
                tables.fingerprints.insert().values(
                    space=space,
                    probe_set=probe_set,
                    probes=len(fingerprint.vectors),
                    vectors=fingerprint.vectors.astype(_STORED).tobytes(),
                    noise=fingerprint.noise.astype(_STORED).tobytes(),
                    reported_model=reported_model,
                    recorded_at=fingerprint.recorded_at,
                )
            )
        return fingerprint

    def fingerprints(self, space: str, probe_set: str) -> tuple[Fingerprint, ...]:
        """All fingerprints of a space with one probe set, oldest first."""
        table = tables.fingerprints
        query = select(table).where(table.c.space == space, table.c.probe_set == probe_set).order_by(table.c.number)
        with self._database.reading() as connection:
            return tuple(_fingerprint(row) for row in connection.execute(query))

    def known_fingerprint(self, vector_hash: str, probe_set: str) -> Fingerprint | None:
        """The first fingerprint ever taken of a space, under whichever label, provider or query recipe."""
        table, space = tables.fingerprints, tables.spaces
        query = (
            select(table)
            .join(space, space.c.record_hash == table.c.space)
            .where(space.c.vector_hash == vector_hash, table.c.probe_set == probe_set)
            .order_by(table.c.number)
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _fingerprint(row)

    def latest_fingerprint(self, space: str, probe_set: str) -> Fingerprint | None:
        """The newest fingerprint of a space with one probe set."""
        table = tables.fingerprints
        query = (
            select(table)
            .where(table.c.space == space, table.c.probe_set == probe_set)
            .order_by(table.c.number.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _fingerprint(row)

    def _check(self, fingerprint: Fingerprint) -> None:
        dims = self.get(fingerprint.space).dims
        probes = len(fingerprint.vectors)
        if fingerprint.vectors.shape != (probes, dims) or fingerprint.noise.shape != (probes,) or probes == 0:
            raise UsageError(
                f"A fingerprint of space {fingerprint.space} needs vectors of shape (probes, {dims}) and one "
                f"noise value per probe; got {fingerprint.vectors.shape} and {fingerprint.noise.shape}."
            )


def _fingerprint(row: Row[tuple[object, ...]]) -> Fingerprint:
    return Fingerprint(
        space=row.space,
        probe_set=row.probe_set,
        vectors=np.frombuffer(row.vectors, dtype=_STORED).reshape(row.probes, -1).astype(np.float32),
        noise=np.frombuffer(row.noise, dtype=_STORED).astype(np.float32),
        reported_model=row.reported_model,
        recorded_at=row.recorded_at,
    )
