"""What is known about queries, labels and documents of an evaluation set beside ids, texts and grades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from helmert.errors import UsageError

Origin = Literal["human", "click", "synthetic", "judge", "unknown"]
"""Who said that a document is relevant. A click is weak evidence; a judge is a language model."""

ORIGINS: tuple[Origin, ...] = get_args(Origin)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A part of a document's text, in characters: `text[start:end]`. Raises `UsageError` for an empty one."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise UsageError(f"A span needs 0 <= start < end; got {self.start} to {self.end}.")

    def overlap(self, other: Span) -> int:
        """How many characters both hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFacts:
    """Where one label came from, and which part of the document it is about.

    Raises `UsageError` for an origin that is not one of `ORIGINS` and a moment that is not ISO 8601.
    """

    origin: Origin = "unknown"
    by: str = ""
    """The person, log, prompt or model."""
    at: str = ""
    """When, in ISO 8601."""
    spans: tuple[Span, ...] = ()
    """The relevant passages, sorted; the whole document when there are none. They survive re-chunking."""

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            raise UsageError(f"The origin of a label is one of {', '.join(ORIGINS)}; got {self.origin!r}.")
        if self.at:
            try:
                datetime.fromisoformat(self.at)
            except ValueError as error:
                raise UsageError(
                    f"A label's moment must be written as in 2026-03-01T09:30:00Z; got {self.at!r}."
                ) from error
        object.__setattr__(self, "spans", tuple(sorted(set(self.spans))))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFacts:
    """How one query counts. Raises `UsageError` for a weight that is not above 0."""

    cluster: str = ""
    """Queries of one cluster are not independent, as paraphrases of one question or questions on one document."""
    weight: float = 1.0
    """How much traffic it stands for."""
    slices: Mapping[str, str] = field(default_factory=dict)
    """What it belongs to: {"language": "de", "kind": "code"}."""

    def __post_init__(self) -> None:
        if not 0.0 < self.weight < float("inf"):
            raise UsageError(f"The weight of a query must be above 0 and finite; got {self.weight}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the documents of a set were drawn from a larger corpus. A report must say so beside every number."""

    method: Literal["pooled", "random"]
    corpus: int
    """Documents of the whole corpus (N)."""
    sampled: int
    """Documents that were drawn: for `random` the distractors (n), without the judged documents that were kept."""
    seed: int = 0
    pool: Mapping[str, int] = field(default_factory=dict)
    """For `pooled`: system name to the depth its ranking was taken to."""
    corpus_digest: str = ""
    """Digest of the ids and texts of the whole corpus."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "method": self.method,
            "corpus": self.corpus,
            "sampled": self.sampled,
            "seed": self.seed,
            "pool": dict(self.pool),
            "corpus_digest": self.corpus_digest,
        }
