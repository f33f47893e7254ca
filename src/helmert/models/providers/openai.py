"""Any server that speaks the OpenAI-shaped `/v1/embeddings` protocol.

OpenAI and Azure, Mistral, Voyage, Jina, Together, vLLM, SGLang, llama.cpp, Ollama, text-embeddings-inference
and the gateways in front of them. Differences between them are options: `query_body` and `document_body`
carry fields as Voyage's `input_type` or Jina's `task`, the prefixes carry what E5, Nomic or Qwen3 expect in
front of a text.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from pydantic import Field, model_validator

from helmert.errors import GarbageVectors, ProviderMisconfigured, ProviderOutage, RejectedInput
from helmert.models.base import EmbeddingBatch, Limits, Side
from helmert.models.batching import split_texts
from helmert.models.checked import empty_batch
from helmert.models.openai_wire import OWN_FIELDS, Answer, BadEncoding, failure, read_answer, write_request
from helmert.models.options import ProviderOptions, SecretName, read_options, read_secret
from helmert.models.retrying import Patience, Sleep, call_patiently
from helmert.models.scaling import to_unit_length
from helmert.spaces.space import EmbeddingSpace, Recipe

if TYPE_CHECKING:
    import httpx2

BYTES_PER_TOKEN = 4
"""Four characters of English a token is the common rule. UTF-8 bytes agree with it there and come closer
elsewhere: a Chinese character is three bytes and about one token."""


class OpenAIOptions(ProviderOptions):
    """Options of the provider `openai`."""

    url: str = Field(pattern=r"^https?://[^/]")
    """The base ("https://api.openai.com/v1") or the whole address of the embeddings endpoint."""
    model: str = Field(min_length=1)
    dims: int | None = Field(default=None, ge=1)
    """Dimensions of the vectors; measured with one call when not given."""
    send_dimensions: bool = False
    """Ask the server for vectors of `dims` dimensions, where the model can shorten them."""
    api_key_env: SecretName | None = None
    """Name of the environment variable that holds the key; None for a server without keys."""
    normalise: bool = True
    """Scale vectors to length one. Without it they stay as the server gives them, of any length."""
    query_body: dict[str, str] = Field(default_factory=dict)
    document_body: dict[str, str] = Field(default_factory=dict)
    """Further fields of a request for this side."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Tokens of one text beyond which the server cuts or refuses it, where that is known."""
    batch_texts: int = Field(default=2048, ge=1)
    batch_tokens: int | None = Field(default=300_000, ge=1)
    concurrency: int = Field(default=4, ge=1, le=256)
    """Requests under way at the same time."""
    attempts: int = Field(default=5, ge=1)
    """Calls for one request in all, when the server is busy or out of order."""
    timeout: float = Field(default=60.0, gt=0.0)
    """Seconds to wait for the connection, and for each part of the answer."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.send_dimensions and self.dims is None:
            raise ValueError("send_dimensions needs dims")
        taken = OWN_FIELDS & (self.query_body.keys() | self.document_body.keys())
        if taken:
            raise ValueError(f"query_body and document_body may not set {', '.join(sorted(taken))}")
        return self


class Endpoint:
    """One embeddings endpoint: a request in, an answer out, or an error of our tree."""

    def __init__(self, *, client: httpx2.Client, settings: OpenAIOptions) -> None:
        self._client = client
        self._model = settings.model
        self._url = _endpoint_url(settings.url)
        self._dims = settings.dims
        self._send_dimensions = settings.send_dimensions
        self._ask_base64 = True
        self._base64_works = False

    def measure_dims(self, extra: Mapping[str, str]) -> int:
        """Dimensions of the vectors, by one call for plain numbers, whose count cannot be misread."""
        answer = self._post(["How long is a vector?"], extra, encoded=False)
        self._dims = int(answer.vectors.shape[1])
        return self._dims

    def ask(self, texts: Sequence[str], extra: Mapping[str, str]) -> Answer:
        """One request. Whether the server can do base64 is found out by trying, and remembered."""
        encoded = self._ask_base64
        try:
            answer = self._post(texts, extra, encoded=encoded)
        except (RejectedInput, BadEncoding) as error:
            proven = self._base64_works and not isinstance(error, BadEncoding)
            if not encoded or proven:
                raise
            answer = self._post(texts, extra, encoded=False)
            self._ask_base64 = False
            return answer
        self._ask_base64 = self._ask_base64 and answer.encoded
        self._base64_works = self._base64_works or answer.encoded
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def _where(self) -> str:
        parts = urlsplit(self._url)
        return f"Model {self._model!r} at {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def _post(self, texts: Sequence[str], extra: Mapping[str, str], *, encoded: bool) -> Answer:
        import httpx2

        dimensions = self._dims if self._send_dimensions else None
        body = write_request(texts, model=self._model, dimensions=dimensions, extra=extra, encoded=encoded)
        try:
            response = self._client.post(self._url, content=body)
        except httpx2.TimeoutException as error:
            raise ProviderOutage(f"{self._where} did not answer in time ({type(error).__name__}).") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise ProviderOutage(f"{self._where} cannot be reached: {error}.") from error
        except (httpx2.InvalidURL, httpx2.RequestError) as error:
            raise ProviderMisconfigured(f"{self._where} cannot be asked: {error}.") from error
        content = self._redacted(response.content)
        if response.status_code != 200:
            raise failure(response.status_code, response.headers, content, where=self._where)
        return read_answer(content, count=len(texts), dims=self._dims, where=self._where)

    def _redacted(self, content: bytes) -> bytes:
        """The body without the key: some servers repeat it when they refuse it."""
        secret = self._client.headers.get("authorization", "").removeprefix("Bearer ").encode()
        return content.replace(secret, b"***") if secret else content


class OpenAIEmbedder:
    """An `Embedder` over an endpoint: splits texts into requests, sends several at once, repeats failed ones."""

    def __init__(self, *, endpoint: Endpoint, space: EmbeddingSpace, settings: OpenAIOptions, sleep: Sleep) -> None:
        self._endpoint = endpoint
        self._patience = Patience(attempts=settings.attempts)
        self._sleep = sleep
        self._pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="helmert-embed")
        self.space = space
        self.limits = Limits(
            batch_texts=settings.batch_texts,
            batch_tokens=settings.batch_tokens,
            text_tokens=settings.max_tokens,
            price_per_million=settings.price_per_million,
        )

    def count_tokens(self, text: str) -> int:
        """An estimate: the model's tokeniser is on the server."""
        return max(1, math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN))

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of documents, with the document prefix and body fields."""
        return self._embed(texts, self.space.document_recipe, "document")

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of queries, with the query prefix and body fields."""
        return self._embed(texts, self.space.query_recipe, "query")

    def close(self) -> None:
        """Close connections and threads; requests under way are finished first."""
        self._pool.shutdown(cancel_futures=True)
        self._endpoint.close()

    def _embed(self, texts: Sequence[str], recipe: Recipe, side: Side) -> EmbeddingBatch:
        prepared = [recipe.prefix + text for text in texts]
        requests = list(split_texts(prepared, self.limits, self.count_tokens))
        if not requests:
            return empty_batch(self.space, side)

        def ask(request: slice) -> Answer:
            part = prepared[request]
            return call_patiently(lambda: self._endpoint.ask(part, recipe.body), self._patience, self._sleep)

        answers = [ask(requests[0])] if len(requests) == 1 else list(self._pool.map(ask, requests))
        vectors = np.concatenate([answer.vectors for answer in answers])
        return EmbeddingBatch(
            vectors=to_unit_length(vectors) if self.space.normalised else vectors,
            side=side,
            requested_model=self.space.model,
            reported_model=self._reported(answers),
            tokens=_sum_tokens(answers),
        )

    def _reported(self, answers: Sequence[Answer]) -> str | None:
        names = {answer.model for answer in answers if answer.model is not None}
        if len(names) > 1:
            raise GarbageVectors(
                f"Model {self.space.model!r}: requests of one batch were answered by "
                f"{', '.join(sorted(names))}. The model was changed while it was in use.",
                next_step="Find out what is served there; a changed model needs a new index: helmert plan",
            )
        return next(iter(names), None)


def open_embedder(options: Mapping[str, object], base: Path) -> OpenAIEmbedder:
    """Open an endpoint. Raises `ConfigError`, and what one call raises when `dims` has to be measured."""
    del base
    return connect(options, environ=os.environ, sleep=time.sleep)


def connect(options: Mapping[str, object], *, environ: Mapping[str, str], sleep: Sleep) -> OpenAIEmbedder:
    """`open_embedder` with the environment and the waiting as arguments."""
    settings = read_options(OpenAIOptions, options, provider="openai")
    with ExitStack() as on_failure:
        endpoint = Endpoint(client=_client(settings, environ), settings=settings)
        on_failure.callback(endpoint.close)
        dims = settings.dims
        if dims is None:
            patience = Patience(attempts=settings.attempts)
            dims = call_patiently(lambda: endpoint.measure_dims(settings.document_body), patience, sleep)
        on_failure.pop_all()
    return OpenAIEmbedder(endpoint=endpoint, space=_space(settings, dims), settings=settings, sleep=sleep)


def _client(settings: OpenAIOptions, environ: Mapping[str, str]) -> httpx2.Client:
    import httpx2

    headers = {"content-type": "application/json", "user-agent": "helmert"}
    if settings.api_key_env:
        headers["authorization"] = f"Bearer {read_secret(settings.api_key_env, environ)}"
    return httpx2.Client(
        headers=headers,
        # Threads that share this client wait for a free connection as long as it takes: that is no outage.
        timeout=httpx2.Timeout(settings.timeout, pool=None),
        limits=httpx2.Limits(max_connections=settings.concurrency),
    )


def _space(settings: OpenAIOptions, dims: int) -> EmbeddingSpace:
    return settings.space(
        provider="openai",
        model=settings.model,
        dims=dims,
        revision=settings.revision,
        normalised=settings.normalise,
        document_recipe=Recipe(
            prefix=settings.document_prefix, body=settings.document_body, max_tokens=settings.max_tokens
        ),
        query_recipe=Recipe(prefix=settings.query_prefix, body=settings.query_body, max_tokens=settings.max_tokens),
    )


def _endpoint_url(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not path.endswith("/embeddings"):
        path += "/embeddings"
    return urlunsplit(parts._replace(path=path, fragment=""))


def _sum_tokens(answers: Sequence[Answer]) -> int | None:
    counts = [answer.tokens for answer in answers if answer.tokens is not None]
    return sum(counts) if len(counts) == len(answers) else None
