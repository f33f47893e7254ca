"""An embedding service that belongs to the test: it counts what is paid for, and calls the test at every request."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from helmert.models.base import EmbeddingBatch, Limits
from helmert.spaces import EmbeddingSpace
from helmert.testing.embedder import ToyEmbedder
from helmert.testing.openai_server import Server, serve
from tests.scenarios.checker import toy
from tests.scenarios.worlds import LARGE, World


def nothing(number: int) -> None:
    """Lets every request be answered."""


@dataclass
class Meter:
    """The model behind the service."""

    model: ToyEmbedder
    on_request: Callable[[int], None] = nothing
    """Hears the number of each request before it is answered; what it raises is answered instead."""
    requests: int = 0
    paid: Counter[str] = field(default_factory=Counter)
    """How often each text was embedded."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: Server | None = None

    @property
    def server(self) -> Server:
        """The service, whose misbehaviour may be changed."""
        assert self._server is not None
        return self._server

    @property
    def space(self) -> EmbeddingSpace:
        return self.model.space

    @property
    def limits(self) -> Limits:
        return self.model.limits

    def count_tokens(self, text: str) -> int:
        return self.model.count_tokens(text)

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        with self._lock:
            self.requests += 1
            number = self.requests
        self.on_request(number)
        batch = self.model.embed_documents(texts)
        with self._lock:
            self.paid.update(texts)
        return batch

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        return self.embed_documents(texts)

    def paid_for(self, world: World) -> int:
        """Texts of the world's documents that were embedded, each time counted."""
        return sum(self.paid[text] for text in {document.text for document in world.truth.values()})


@contextmanager
def hosted(world: World) -> Iterator[Meter]:
    """The large model of a project behind a service, for the time of a block. It has a price, so that a plan does
    not call it.
    """
    meter = Meter(toy(LARGE))
    with serve(meter) as server:
        meter._server = server
        world.remodel(
            LARGE,
            provider="openai",
            url=server.url,
            model="toy-large",
            dims=64,
            attempts=1,
            price_per_million=0.1,
        )
        yield meter
