"""The protocol of something that makes queries for documents.

How to write a generator
------------------------
1. One file with a class that has the members of `Generator`, and a function
   `open_generator(options: Mapping[str, object], corpus: Corpus) -> Generator`, registered in the entry-point group
   `helmert.generators`. Unknown options are a `ConfigError`.
2. `generate` is called from `concurrency` threads at a time. It may return fewer queries than asked for, or none.
3. `identity` changes whenever other queries could come out: what was made under another identity is made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from helmert.evaluation import Span
from helmert.types import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A query that a document is meant to answer."""

    text: str
    span: Span | None = None
    """The passage it was made from, where that is known."""


class Generator(Protocol):
    """Makes queries for documents."""

    @property
    def name(self) -> str:
        """What stands beside every label as its author: generator, model and digest of the prompt."""

    @property
    def identity(self) -> str:
        """Everything the queries depend on beside the document, as a short digest."""

    @property
    def concurrency(self) -> int:
        """How many documents may be worked on at the same time."""

    @property
    def caution(self) -> str:
        """One sentence: what its queries can and cannot show."""

    def generate(self, document: Document, count: int) -> Sequence[Generated]:
        """Up to `count` queries for one document. Raises what `helmert.errors` has for it."""

    def close(self) -> None:
        """Let go of connections."""
