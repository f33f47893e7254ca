"""A transformer on this machine: a folder with `model.onnx` and `tokenizer.json`, run by onnxruntime.

The graph may ask for any of `input_ids`, `attention_mask` and `token_type_ids`, and may answer with token
vectors (texts, tokens, dims), which are pooled here, or with one vector a text (texts, dims). A text longer
than `max_tokens` is cut by the tokeniser, as the model's authors do; `count_tokens` counts the uncut text, so
that with `limits.text_tokens` one can say beforehand which texts lose their end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from helmert.errors import ConfigError, MissingExtra, NotFound
from helmert.models.base import EmbeddingBatch, Limits, Side
from helmert.models.options import ProviderOptions, read_options
from helmert.models.revision import files_revision, require_revision
from helmert.models.scaling import to_unit_length
from helmert.spaces.space import EmbeddingSpace, Recipe
from helmert.types import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

Pooling = Literal["mean", "cls"]
Tokens = NDArray[np.int64]
"""Shape (texts, tokens of the longest), padded with zeros at the end."""

RUN_TEXTS = 64
RUN_TOKENS = 8192
"""Texts and padded tokens in one run of the graph: bounds memory and keeps texts of like length together."""


class OnnxOptions(ProviderOptions):
    """Options of the provider `onnx`."""

    path: str = Field(min_length=1)
    """The folder; relative to `helmert.toml`."""
    model: str = ""
    """The model's id; the folder's name when empty."""
    dims: int | None = Field(default=None, ge=1)
    """Keep only the first dimensions, for models trained to allow that; all of them when not given."""
    pooling: Pooling = "mean"
    """How token vectors become one: their mean over the text, or the vector of the first token."""
    max_tokens: int = Field(default=256, ge=3)
    """Where texts are cut, special tokens included."""
    normalise: bool = True
    """Scale vectors to length one."""
    threads: int = Field(default=0, ge=0)
    """Threads of one run of the graph; 0 lets onnxruntime take all cores."""


class Graph:
    """The ONNX graph as a function from tokens to vectors that are not scaled yet."""

    def __init__(self, session: InferenceSession, pooling: Pooling) -> None:
        self._session = session
        self._inputs = [entry.name for entry in session.get_inputs()]
        self._output = session.get_outputs()[0].name
        self._pool: Callable[[Vectors, Tokens], Vectors] = _mean if pooling == "mean" else _first

    def __call__(self, ids: Tokens, mask: Tokens) -> Vectors:
        """Vectors of shape (texts, dims). `mask` is 1 where `ids` holds a token and 0 where it is padding."""
        offered = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        found: Vectors = self._session.run([self._output], {name: offered[name] for name in self._inputs})[0]
        return found if found.ndim == 2 else self._pool(found, mask)


class OnnxEmbedder:
    """An `Embedder` over a graph and a tokeniser. May be called from several threads."""

    def __init__(
        self, *, graph: Graph, cutting: Tokenizer, counting: Tokenizer, space: EmbeddingSpace, limits: Limits
    ) -> None:
        self._graph = graph
        self._cutting = cutting
        self._counting = counting
        self.space = space
        self.limits = limits

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text, special tokens included, also where the model would cut it."""
        return len(self._counting.encode(text).ids)

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of documents."""
        return self._embed(texts, self.space.document_recipe.prefix, "document")

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of queries; the same as of documents unless a prefix is configured."""
        return self._embed(texts, self.space.query_recipe.prefix, "query")

    def _embed(self, texts: Sequence[str], prefix: str, side: Side) -> EmbeddingBatch:
        encodings = self._cutting.encode_batch_fast([prefix + text for text in texts])
        vectors = np.empty((len(texts), self.space.dims), dtype=np.float32)
        for rows in runs([len(encoding.ids) for encoding in encodings]):
            vectors[rows] = self._graph(*_pad([encodings[row] for row in rows]))[:, : self.space.dims]
        return EmbeddingBatch(
            vectors=to_unit_length(vectors) if self.space.normalised else vectors,
            side=side,
            requested_model=self.space.model,
            reported_model=None,
            tokens=sum(len(encoding.ids) for encoding in encodings),
        )


def runs(lengths: Sequence[int]) -> list[list[int]]:
    """Positions of texts grouped so that those of like length share a run, longest first.

    A run is padded to its longest text, so sorting saves most of the padding. No run exceeds `RUN_TEXTS`
    texts, or `RUN_TOKENS` tokens with the padding unless one text alone does.
    """
    groups: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lambda at: -lengths[at]):
        if groups and len(groups[-1]) < min(RUN_TEXTS, RUN_TOKENS // max(1, lengths[groups[-1][0]])):
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups


def open_embedder(options: Mapping[str, object], base: Path) -> OnnxEmbedder:
    """Open a folder. Raises `ConfigError`, `NotFound` for missing files and `MissingExtra`."""
    settings = read_options(OnnxOptions, options, provider="onnx")
    folder = base / Path(settings.path).expanduser()
    weights, tokenizer_file = folder / "model.onnx", folder / "tokenizer.json"
    for file in (weights, tokenizer_file):
        if not file.is_file():
            raise NotFound(f"The provider onnx needs {file}, which does not exist.")
    revision = require_revision(files_revision(weights, tokenizer_file), wanted=settings.revision, where=folder)
    graph = Graph(_session(weights, settings.threads), settings.pooling)
    counting = _tokenizer(tokenizer_file, None)
    return OnnxEmbedder(
        graph=graph,
        cutting=_tokenizer(tokenizer_file, settings.max_tokens),
        counting=counting,
        space=_space(settings, folder, dims=_dims(graph, counting, settings.dims), revision=revision),
        limits=Limits(batch_texts=256, text_tokens=settings.max_tokens, price_per_million=settings.price_per_million),
    )


def _space(settings: OnnxOptions, folder: Path, *, dims: int, revision: str) -> EmbeddingSpace:
    # Mean pooling is what a server of the same weights does unless told otherwise; only the exception is
    # named.
    body = {} if settings.pooling == "mean" else {"pooling": settings.pooling}
    return settings.space(
        provider="onnx",
        model=settings.model or folder.resolve().name,
        dims=dims,
        revision=revision,
        normalised=settings.normalise,
        document_recipe=Recipe(prefix=settings.document_prefix, body=body, max_tokens=settings.max_tokens),
        query_recipe=Recipe(prefix=settings.query_prefix, body=body, max_tokens=settings.max_tokens),
    )


def _session(weights: Path, threads: int) -> InferenceSession:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra("The provider onnx", extra="local") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Idle threads sleep instead of spinning: an embedder shares its machine with a store and a backfill.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _tokenizer(file: Path, max_tokens: int | None) -> Tokenizer:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra("The provider onnx", extra="local") from error
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_tokens is not None:
        tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _dims(graph: Graph, tokenizer: Tokenizer, wanted: int | None) -> int:
    """Dimensions of the graph's vectors, measured with one text, or the smaller number asked for."""
    found = int(graph(*_pad([tokenizer.encode("dimensions")])).shape[1])
    if wanted is not None and wanted > found:
        raise ConfigError(f"Provider 'onnx': option 'dims' is {wanted}; the model has {found} dimensions.")
    return wanted or found


def _pad(encodings: Sequence[Encoding]) -> tuple[Tokens, Tokens]:
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = np.zeros((len(encodings), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        length = len(encoding.ids)
        ids[row, :length] = encoding.ids
        mask[row, :length] = 1
    return ids, mask


def _mean(found: Vectors, mask: Tokens) -> Vectors:
    weights = mask.astype(np.float32)
    weights /= weights.sum(axis=1, keepdims=True)
    pooled: Vectors = np.einsum("ntd,nt->nd", found, weights)
    return pooled


def _first(found: Vectors, mask: Tokens) -> Vectors:
    del mask
    return found[:, 0, :]
