"""A candidate: one way of turning documents and queries into vectors that may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helmert.errors import HelmertError
from helmert.models.base import Embedder


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model with its prompts. The same model with another prefix is another candidate: it is another space."""

    name: str
    """As the scorecard calls it: the model's name in helmert.toml, or `model+prompt`."""
    model: str
    """The model's name in helmert.toml."""
    embedder: Embedder
    prompt: str = ""
    """Name of the prompt variant; empty for the model as it is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Everybody who takes part."""

    candidates: tuple[Candidate, ...]
    unavailable: Mapping[str, HelmertError] = field(default_factory=dict)
    """Candidates that could not even be opened, each with the reason."""
    live: str | None = None
    """The candidate whose index applications search now, when it takes part."""
    absent_live: str = ""
    """The live model's name when it does not take part."""
