"""`Plan`: a migration as data, with a JSON form that can be kept as a file and reviewed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from helmert.corpus import OnBad
from helmert.errors import UsageError
from helmert.migration.reading import read
from helmert.migration.stages import Phase, Stage, stage_from_dict, stage_to_dict

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a plan will cost. Every number says where it comes from in `basis`."""

    rows: int
    tokens: int
    cost: float
    currency: str
    seconds: float | None
    """Time of the backfill; None when it was not measured."""
    storage_bytes: int
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done to give a collection another model, decided before anything is done."""

    collection: str
    alias: str
    strategy: str
    store: str
    target_index: str
    target_model: str
    target_space: str
    """`EmbeddingSpace.vector_hash` of the target model when the plan was made."""
    source_index: str | None
    """The live index; None when this is the collection's first."""
    source_model: str | None
    expected_generation: int
    """Generation of the alias when the plan was made; 0 when it did not exist."""
    estimate: Estimate
    stages: tuple[Stage, ...]
    created_at: str
    on_bad: OnBad = "stop"
    """What a bad row of the source does; only the first index reads the source."""

    @property
    def digest(self) -> str:
        """16 hex characters over everything but the time; two equal plans have equal digests."""
        data = {key: value for key, value in self.to_dict().items() if key not in {"created_at", "digest"}}
        return hashlib.blake2b(json.dumps(data, sort_keys=True).encode(), digest_size=8).hexdigest()

    def in_phase(self, phase: Phase) -> tuple[Stage, ...]:
        """The stages one verb runs."""
        return tuple(stage for stage in self.stages if stage.phase is phase)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            **data,
            "format": FORMAT,
            "estimate": {**asdict(self.estimate), "basis": list(self.estimate.basis)},
            "stages": [stage_to_dict(stage) for stage in self.stages],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """The inverse of `to_dict`. Raises `UsageError` for another format, missing keys and wrong values."""
        if data.get("format") != FORMAT:
            raise UsageError(
                f"This is not a plan of format {FORMAT} (format is {data.get('format')!r}).",
                next_step="helmert plan",
            )
        try:
            fields: dict[str, Any] = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
            estimate = fields["estimate"]
            fields["estimate"] = read(Estimate, {**estimate, "basis": tuple(estimate["basis"])})
            fields["stages"] = tuple(stage_from_dict(stage) for stage in fields["stages"])
            return read(cls, fields)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"The plan is damaged: {error!r}.", next_step="helmert plan") from error


def stamp(now: datetime) -> str:
    """A moment as it is written into plans: ISO 8601 in UTC, to the second."""
    return now.isoformat(timespec="seconds")
