"""A local server that speaks the documented `/v1/embeddings` protocol over any embedder, and can break it on
demand.

```python
from pathlib import Path

from helmert.models import open_embedder
from helmert.testing.embedder import ToyEmbedder
from helmert.testing.openai_server import Misbehaviour, serve

with serve(ToyEmbedder(dims=32), misbehaviour=Misbehaviour(renamed_from=9)) as server:
    options = {"url": server.url, "model": "toy", "dims": 32}
    with open_embedder("openai", options, Path()) as embedder:
        print(embedder.embed_documents(["a text"]).vectors.shape)
        # > (1, 32)
```

It listens on a free port of the loopback interface and keeps what it was asked in `server.requests`.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, assert_never

import numpy as np

from helmert.errors import HelmertError, RejectedInput
from helmert.models.base import Embedder, EmbeddingBatch
from helmert.types import Vectors

NO_REQUESTS = range(0)

Encoding = Literal["honoured", "ignored", "refused", "narrow"]
"""What the server makes of `encoding_format: "base64"`: it keeps to it, answers with numbers all the same,
answers 400, or answers with base64 of one byte a number, as gateways in front of quantised models do."""

Disorder = Literal["truncated", "shuffled", "duplicated", "unindexed", "ragged"]
"""What is wrong with the list of vectors: the last is missing; their order is reversed though `index` is
right, which the protocol allows; the last carries the index of the first; no index at all; the last is too
short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """How the server departs from the protocol. Requests are counted from 1, failed ones included."""

    encoding: Encoding = "honoured"
    rate_limited_first: int = 0
    """So many requests at the start are answered with 429."""
    retry_after: str | None = "1"
    """The header `Retry-After` of those; None to leave it out."""
    unavailable: range = NO_REQUESTS
    """Requests answered with 503."""
    disorder: Disorder | None = None
    renamed_from: int | None = None
    """From this request on the answer names another model."""
    status: int | None = None
    """Every request is answered with this status and `body`."""
    body: bytes = b'{"error": {"message": "no"}}'
    silent: range = NO_REQUESTS
    """Requests that are not answered before the server stops."""
    without_usage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in."""

    path: str
    authorization: str | None
    body: Mapping[str, object]


@dataclass(kw_only=True)
class Server:
    """A running server."""

    url: str
    """The base of the protocol: "http://127.0.0.1:port/v1"."""
    embedder: Embedder
    misbehaviour: Misbehaviour
    requests: list[Received] = field(default_factory=list)
    """All requests so far, in the order of their arrival."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def receive(self, request: Received) -> int:
        """Keep a request; its number, from 1, is returned."""
        with self.lock:
            self.requests.append(request)
            return len(self.requests)

    def answer(self, number: int, body: Mapping[str, object]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the response to request `number`."""
        wrong = self.misbehaviour
        if wrong.status is not None:
            return wrong.status, {}, wrong.body
        if number <= wrong.rate_limited_first:
            return (
                429,
                {} if wrong.retry_after is None else {"Retry-After": wrong.retry_after},
                _error("slow down"),
            )
        if number in wrong.unavailable:
            return 503, {}, _error("back soon")
        if wrong.encoding == "refused" and "encoding_format" in body:
            return 400, {}, _error("unknown field", param="encoding_format")
        return self._embed(number, body)

    def _embed(self, number: int, body: Mapping[str, object]) -> tuple[int, dict[str, str], bytes]:
        texts = body.get("input")
        if not isinstance(texts, list):
            return 400, {}, _error("input must be a list", param="input")
        try:
            batch = self.embedder.embed_documents(texts)
        except RejectedInput as error:
            return 400, {}, _error(error.message, param="input")
        except HelmertError as error:
            return 500, {}, _error(error.message)
        return 200, {}, self._success(number, body, batch)

    def _success(self, number: int, body: Mapping[str, object], batch: EmbeddingBatch) -> bytes:
        wrong = self.misbehaviour
        vectors = batch.vectors
        if isinstance(body.get("dimensions"), int):
            vectors = vectors[:, : body["dimensions"]]
        rows = _encode(vectors, wrong.encoding) if body.get("encoding_format") == "base64" else vectors.tolist()
        renamed = wrong.renamed_from is not None and number >= wrong.renamed_from
        answer = {
            "object": "list",
            "data": _items(rows, wrong.disorder),
            "model": "another-model" if renamed else batch.reported_model,
            "usage": {"prompt_tokens": batch.tokens, "total_tokens": batch.tokens},
        }
        if wrong.without_usage:
            del answer["usage"]
        return json.dumps(answer).encode()


@contextmanager
def serve(embedder: Embedder, *, misbehaviour: Misbehaviour | None = None) -> Iterator[Server]:
    """A server for the time of a `with` block. Requests still waiting are let go at its end."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server = Server(
        url=f"http://127.0.0.1:{httpd.server_address[1]}/v1",
        embedder=embedder,
        misbehaviour=misbehaviour or Misbehaviour(),
    )
    httpd.RequestHandlerClass = _handler(server)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave in two writes; with Nagle's algorithm the second would wait for 40 ms.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            number = server.receive(
                Received(path=self.path, authorization=self.headers.get("Authorization"), body=body)
            )
            if number in server.misbehaviour.silent:
                server.stopping.wait()
                self.close_connection = True
                return
            status, headers, content = server.answer(number, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is the base class's
            """Nothing: what was asked is in `server.requests`."""

    return Handler


def _encode(vectors: Vectors, encoding: Encoding) -> list[object]:
    match encoding:
        case "honoured" | "refused":
            return [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors]
        case "narrow":
            return [base64.b64encode(np.round(row * 127).astype(np.int8).tobytes()).decode() for row in vectors]
        case "ignored":
            rows: list[object] = vectors.tolist()
            return rows
        case _:
            assert_never(encoding)


def _items(rows: Sequence[object], disorder: Disorder | None) -> list[dict[str, object]]:
    items = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
    match disorder:
        case None:
            pass
        case "truncated":
            items.pop()
        case "shuffled":
            items.reverse()
        case "duplicated":
            items[-1]["index"] = 0
        case "unindexed":
            for item in items:
                del item["index"]
        case "ragged":
            last = items[-1]["embedding"]
            items[-1]["embedding"] = last[:-8] if isinstance(last, str | list) else last
        case _:
            assert_never(disorder)
    return items


def _error(message: str, *, param: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "param": param, "type": "error"}}).encode()
