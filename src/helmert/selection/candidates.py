"""A candidate: one way of turning documents and queries into vectors that may be chosen."""

from __future__ import annotations

from dataclasses import dataclass

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
