"""`ToyEmbedder`: a small deterministic model with known geometry, and a switch for every way a provider
fails.

A text is a bag of words; each word has a fixed random vector, the text's vector is their sum, turned by a
rotation that belongs to the seed, and scaled to length one. Texts that share words are near each other. Two
seeds give two spaces that are exact rotations of each other: each as good as the other, comparing them gives
noise, and the best linear map between them is known.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

import numpy as np
from pydantic import Field

from helmert.errors import ProviderOutage, RateLimited, RejectedInput
from helmert.models.base import EmbeddingBatch, Limits, Side
from helmert.models.options import ProviderOptions, read_options
from helmert.models.retrying import Sleep
from helmert.models.scaling import to_unit_length
from helmert.spaces.space import EmbeddingSpace, Recipe
from helmert.types import Vectors

Garbage = Literal["nan", "zero", "short", "wrong_dims", "reordered"]
"""What is wrong with a garbage batch: a NaN in the last row, a zero row, the last row missing, one dimension
too few, or every row moved by one place, which no check of a single batch can see."""

WORD = re.compile(r"\w+")
BUCKETS = 8192
"""Words are hashed into so many vectors; two words share one with probability 1 in 8192."""
NO_CALLS = range(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How the model fails. Calls are counted from 1, over both sides, failed ones included."""

    rate_limited_every: int = 0
    """Every so many calls one is refused with `RateLimited`; 0 for never."""
    retry_after: float | None = None
    """Seconds that a refusal asks to wait."""
    outage: range = NO_CALLS
    """Calls that raise `ProviderOutage`."""
    garbage: Garbage | None = None
    garbage_calls: range | None = None
    """Calls that answer with garbage; None for all of them, once `garbage` is set."""
    swap_after: int | None = None
    """After so many calls the model is another one: vectors come from the rotation of the next seed."""
    swapped_name: str | None = None
    """What the swapped model reports as its name; None when it keeps the old name and nobody is told."""
    poison: str = ""
    """A batch with a text that contains this is refused with `RejectedInput`."""


class ToyOptions(ProviderOptions):
    """Options of the toy as a provider."""

    model: str = "toy"
    dims: int = Field(default=32, ge=2)
    seed: int = Field(default=0, ge=0)
    noise: float = Field(default=0.0, ge=0.0)
    latency: float = Field(default=0.0, ge=0.0)


class ToyEmbedder:
    """The toy model as an `Embedder`.

    Args:
        model: the model's id; two toys with another seed should have another id.
        dims: dimensions of the vectors.
        seed: chooses the rotation, and so the space.
        noise: length of a random vector added to each vector of length one before it is scaled again. It
        differs
            from call to call, as that of a model behind a load balancer does.
        latency: seconds that each call takes.
        faults: how it fails.
        sleep: waits for the latency.
        recipes: how documents and queries are prepared, in this order.
        limits: what fits into a request; 256 texts when not given.
        label: the space's label.

    Attributes:
        calls: calls so far.
        texts_seen: texts embedded so far, over all calls that succeeded.
    """

    def __init__(  # noqa: PLR0913 each argument is an independent switch of a test double
        self,
        *,
        model: str = "toy",
        dims: int = 32,
        seed: int = 0,
        noise: float = 0.0,
        latency: float = 0.0,
        faults: Faults | None = None,
        sleep: Sleep = time.sleep,
        recipes: tuple[Recipe, Recipe] = (Recipe(), Recipe()),
        limits: Limits | None = None,
        label: str = "",
    ) -> None:
        self.space = EmbeddingSpace(
            provider="toy",
            model=model,
            dims=dims,
            revision=f"seed-{seed}",
            document_recipe=recipes[0],
            query_recipe=recipes[1],
            label=label,
        )
        self.limits = limits or Limits(batch_texts=256)
        self.faults = faults or Faults()
        self.calls = 0
        self.texts_seen = 0
        self._table = word_table(dims=dims, seed=seed)
        self._swapped = word_table(dims=dims, seed=seed + 1) if self.faults.swap_after is not None else None
        self._noise = noise
        self._noise_source = np.random.default_rng(seed)
        self._latency = latency
        self._sleep = sleep
        self._lock = threading.Lock()

    def count_tokens(self, text: str) -> int:
        """Words of the text, at least 1."""
        return max(1, len(WORD.findall(text)))

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of documents, or the fault that is set for this call."""
        return self._embed(texts, self.space.document_recipe.prefix, "document")

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of queries, or the fault that is set for this call."""
        return self._embed(texts, self.space.query_recipe.prefix, "query")

    def _embed(self, texts: Sequence[str], prefix: str, side: Side) -> EmbeddingBatch:
        with self._lock:
            self.calls += 1
            call = self.calls
        if self._latency:
            self._sleep(self._latency)
        self._refuse(texts, call)
        swapped = self.faults.swap_after is not None and call > self.faults.swap_after
        vectors = self._vectors([prefix + text for text in texts], swapped=swapped)
        with self._lock:
            self.texts_seen += len(texts)
        name = self.faults.swapped_name if swapped else None
        return EmbeddingBatch(
            vectors=self._spoilt(vectors, call),
            side=side,
            requested_model=self.space.model,
            reported_model=name or self.space.model,
            tokens=sum(self.count_tokens(text) for text in texts),
        )

    def _refuse(self, texts: Sequence[str], call: int) -> None:
        faults = self.faults
        if call in faults.outage:
            raise ProviderOutage(f"Model {self.space.model!r}: call {call} met an outage.")
        if faults.rate_limited_every and call % faults.rate_limited_every == 0:
            raise RateLimited(
                f"Model {self.space.model!r}: call {call} was one too many.", retry_after=faults.retry_after
            )
        if faults.poison and any(faults.poison in text for text in texts):
            raise RejectedInput(f"Model {self.space.model!r}: one of {len(texts)} texts was refused.")

    def _vectors(self, texts: Sequence[str], *, swapped: bool) -> Vectors:
        table = self._swapped if swapped and self._swapped is not None else self._table
        sums = np.empty((len(texts), table.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            words = WORD.findall(text.lower()) or [text]
            table.take([_bucket(word) for word in words], axis=0).sum(axis=0, out=sums[row])
        vectors = to_unit_length(sums)
        if self._noise:
            with self._lock:
                noise = self._noise_source.standard_normal(vectors.shape)
            vectors += (self._noise / np.sqrt(vectors.shape[1]) * noise).astype(np.float32)
        return to_unit_length(vectors)

    def _spoilt(self, vectors: Vectors, call: int) -> Vectors:
        kind = self.faults.garbage
        calls = self.faults.garbage_calls
        return vectors if kind is None or (calls is not None and call not in calls) else spoil(vectors, kind)


def open_embedder(options: Mapping[str, object], base: Path) -> ToyEmbedder:
    """The toy as a provider, for tests that register it under an entry point of their own."""
    del base
    settings = read_options(ToyOptions, options, provider="toy")
    return ToyEmbedder(
        model=settings.model,
        dims=settings.dims,
        seed=settings.seed,
        noise=settings.noise,
        latency=settings.latency,
        recipes=(Recipe(prefix=settings.document_prefix), Recipe(prefix=settings.query_prefix)),
        limits=Limits(batch_texts=256, price_per_million=settings.price_per_million),
        label=settings.label,
    )


def rotation(*, dims: int, seed: int) -> Vectors:
    """The orthogonal matrix of shape (dims, dims) that belongs to a seed, uniformly distributed over seeds.

    The Q of a Gaussian matrix, with the signs of R's diagonal moved into it (Mezzadri 2007, section 5).
    A vector v of the seed 0 model is `v @ rotation(0).T @ rotation(s)` in the model of seed s.
    """
    q, r = np.linalg.qr(np.random.default_rng([seed, dims]).standard_normal((dims, dims)))
    turned: Vectors = (q * np.sign(np.diag(r))).astype(np.float32)
    return turned


def word_table(*, dims: int, seed: int) -> Vectors:
    """Vectors of all words, shape (BUCKETS, dims): the same for every seed but for its rotation."""
    base = np.random.default_rng(dims).standard_normal((BUCKETS, dims)).astype(np.float32)
    turned: Vectors = base @ rotation(dims=dims, seed=seed)
    return turned


def spoil(vectors: Vectors, kind: Garbage) -> Vectors:
    """A copy of a batch with the given defect."""
    spoilt = vectors.copy()
    match kind:
        case "nan":
            spoilt[-1, 0] = np.nan
        case "zero":
            spoilt[-1] = 0.0
        case "short":
            spoilt = spoilt[:-1]
        case "wrong_dims":
            spoilt = np.ascontiguousarray(spoilt[:, :-1])
        case "reordered":
            spoilt = np.roll(spoilt, 1, axis=0)
        case _:
            assert_never(kind)
    return spoilt


def _bucket(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(errors="replace"), digest_size=8).digest(), "big") % BUCKETS
