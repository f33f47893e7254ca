"""`EmbeddingSpace`: the identity of one coordinate system for vectors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import cached_property
from typing import Literal, Self

from helmert.errors import UsageError

Metric = Literal["cosine", "dot", "l2"]
METRICS: tuple[Metric, ...] = ("cosine", "dot", "l2")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a text is prepared before the model sees it. A forgotten prefix moves vectors as a new model does."""

    prefix: str = ""
    """Put before the text, as E5, Nomic and Qwen3 models expect ("query: ", "passage: ")."""
    body: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Extra request fields that change the vector, as `input_type` (Voyage, Cohere) or `task` (Jina)."""
    max_tokens: int | None = None
    """Where the text is cut; None when the model reads all of it."""


@dataclass(frozen=True, kw_only=True)
class EmbeddingSpace:
    """One coordinate system: vectors of equal spaces may be compared, others may not.

    Two hashes tell two kinds of change apart. `vector_hash` covers what a stored vector depends on: when it
    changes, documents must be embedded again. `record_hash` covers everything: when only that one changes
    (another label, another endpoint for the same weights, another query prefix), stored vectors stay valid.
    """

    model: str
    """The model's id as its maker calls it."""
    dims: int
    provider: str = ""
    """Who serves it. Cosmetic: the same weights behind another server are the same space."""
    revision: str = ""
    """Version or digest of the weights where one is known; the fitted file's digest for a corpus model."""
    family: str = ""
    """Name of a space that several models share (Voyage 4, Cohere 5). When set it stands in for the model."""
    metric: Metric = "cosine"
    """How vectors are meant to be compared. Cosmetic for stored vectors, since those stay the same."""
    normalised: bool = True
    """Vectors leave the embedder with length one."""
    document_recipe: Recipe = field(default_factory=Recipe)
    query_recipe: Recipe = field(default_factory=Recipe)
    label: str = ""
    """A short name for people and for index names. Cosmetic."""

    def __post_init__(self) -> None:
        if not self.model:
            raise UsageError("A space needs a model id; it is empty.")
        if self.dims < 1:
            raise UsageError(f"A space needs at least one dimension; model {self.model!r} says {self.dims}.")
        if self.metric not in METRICS:
            raise UsageError(f"Metric {self.metric!r} of model {self.model!r} is not one of {', '.join(METRICS)}.")

    @cached_property
    def vector_hash(self) -> str:
        """16 hex characters over what a stored vector depends on. A change forces re-embedding."""
        return _digest(
            {
                "maker": self.family or self.model,
                "revision": "" if self.family else self.revision,
                "dims": self.dims,
                "normalised": self.normalised,
                "document": _stated(self.document_recipe),
            }
        )

    @cached_property
    def record_hash(self) -> str:
        """16 hex characters over every field. A change of this one alone is cosmetic for stored vectors."""
        sides = {"document_recipe": _stated(self.document_recipe), "query_recipe": _stated(self.query_recipe)}
        return _digest({**_stated(self), **sides})

    @property
    def slug(self) -> str:
        """The label, or else model and dims, as lower-case letters, digits and single underscores."""
        raw = self.label or f"{self.model.rsplit('/', 1)[-1]}_{self.dims}"
        slug = re.sub(r"[^a-z0-9]+", "_", raw.lower()).strip("_")
        if not slug[:1].isalpha():
            slug = f"m_{slug}".rstrip("_")
        return slug if len(slug) <= 22 else f"{slug[:15].rstrip('_')}_{self.vector_hash[:6]}"

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; `from_dict` gives the same space back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """The inverse of `to_dict`."""
        values = dict(data)
        for side in ("document_recipe", "query_recipe"):
            recipe = values.get(side)
            if isinstance(recipe, Mapping):
                values[side] = Recipe(**recipe)
        return cls(**values)  # type: ignore[arg-type]

    def __str__(self) -> str:
        revision = f"@{self.revision[:12]}" if self.revision else ""
        return f"{self.label or self.model}{revision} ({self.dims} dims, {self.vector_hash[:8]})"


def _stated(value: Recipe | EmbeddingSpace) -> dict[str, object]:
    """The fields that differ from their defaults: a field added in a later version changes no hash."""
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if field.default is MISSING or getattr(value, field.name) != field.default
        if field.default_factory is MISSING or getattr(value, field.name) != field.default_factory()
    }


def _digest(value: Mapping[str, object]) -> str:
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()
