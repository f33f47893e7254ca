"""WordLlama: a table of token vectors, averaged. 0.1 ms a text on one core, no network, no GPU.

The weights (`l2_supercat`, 32,000 tokens, 256 dimensions, MIT) lie in the `wordllama` wheel. They are read
from there directly: the package's own loader looks for its tokeniser in another folder than it ships it in
and then tries to download it, and its padded batches cost several times the work.

The model was trained so that the first 64 or 128 dimensions alone are a model too (Matryoshka representation
learning, Kusupati et al. 2022); the option `dims` cuts them out, and the vectors are scaled to length one
afterwards.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from helmert.errors import MissingExtra
from helmert.models.base import EmbeddingBatch, Limits, Side
from helmert.models.options import ProviderOptions, read_options
from helmert.models.revision import files_revision, require_revision
from helmert.models.scaling import to_unit_length
from helmert.spaces.space import EmbeddingSpace
from helmert.types import Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL = "wordllama/l2_supercat"
TEXTS_AT_ONCE = 512
"""Texts tokenised at once; bounds the memory of the tokeniser's records to about 20 MB."""
TOKENS_AT_ONCE = 16_384
"""Token vectors gathered at once; bounds the memory for one very long text to 16 MB."""


class WordLlamaOptions(ProviderOptions):
    """Options of the provider `wordllama`."""

    dims: Literal[64, 128, 256] = 256


class WordLlamaEmbedder:
    """Mean of token vectors, scaled to length one. There is no limit on the length of a text."""

    def __init__(self, *, tokenizer: Tokenizer, table: Vectors, space: EmbeddingSpace, limits: Limits) -> None:
        self._tokenizer = tokenizer
        self._table = table
        self._ones = np.ones(TOKENS_AT_ONCE, dtype=np.float32)
        self.space = space
        self.limits = limits

    def count_tokens(self, text: str) -> int:
        """Tokens of the text by the model's own tokeniser."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of documents."""
        return self._embed(texts, self.space.document_recipe.prefix, "document")

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of queries; the same as of documents unless a prefix is configured."""
        return self._embed(texts, self.space.query_recipe.prefix, "query")

    def _embed(self, texts: Sequence[str], prefix: str, side: Side) -> EmbeddingBatch:
        vectors = np.empty((len(texts), self.space.dims), dtype=np.float32)
        tokens = 0
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            stop = min(start + TEXTS_AT_ONCE, len(texts))
            tokens += self._sum_tokens([prefix + text for text in texts[start:stop]], vectors[start:stop])
        return EmbeddingBatch(
            vectors=to_unit_length(vectors),
            side=side,
            requested_model=self.space.model,
            reported_model=None,
            tokens=tokens,
        )

    def _sum_tokens(self, texts: list[str], out: Vectors) -> int:
        """Write the sum of each text's token vectors into a row of `out`; the number of tokens is returned.

        The mean differs from the sum by a factor that scaling to length one removes. A product with a vector
        of ones is 20 times faster than `np.add.reduceat` and, unlike it, lets other threads run.
        """
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        lists = [encoding.ids for encoding in encodings]
        counts = [len(ids) for ids in lists]
        flat = np.fromiter(chain.from_iterable(lists), dtype=np.intp, count=sum(counts))
        # The tokeniser may know added tokens that the table has no row for; the package reads the last row
        # there.
        np.minimum(flat, len(self._table) - 1, out=flat)
        start = 0
        for row, count in enumerate(counts):
            self._sum_rows(flat[start : start + count], out[row])
            start += count
        return start

    def _sum_rows(self, ids: np.ndarray[tuple[int], np.dtype[np.intp]], out: Vectors) -> None:
        if len(ids) <= TOKENS_AT_ONCE:
            np.dot(self._ones[: len(ids)], self._table.take(ids, axis=0), out=out)
            return
        out[:] = 0.0
        for start in range(0, len(ids), TOKENS_AT_ONCE):
            part = ids[start : start + TOKENS_AT_ONCE]
            out += self._ones[: len(part)] @ self._table.take(part, axis=0)


def open_embedder(options: Mapping[str, object], base: Path) -> WordLlamaEmbedder:
    """Open the model in the installed wheel. Raises `ConfigError` and `MissingExtra`."""
    del base
    settings = read_options(WordLlamaOptions, options, provider="wordllama")
    weights, tokenizer_file = _model_files()
    revision = require_revision(files_revision(weights, tokenizer_file), wanted=settings.revision, where=weights.parent)
    tokenizer, table = _load(weights, tokenizer_file)
    return WordLlamaEmbedder(
        tokenizer=tokenizer,
        table=np.ascontiguousarray(table[:, : settings.dims]),
        space=settings.space(
            provider="wordllama",
            model=MODEL,
            dims=settings.dims,
            revision=revision,
            label=settings.label or f"wordllama_{settings.dims}",
        ),
        limits=Limits(batch_texts=1024, price_per_million=settings.price_per_million),
    )


def _model_files() -> tuple[Path, Path]:
    """Weights and tokeniser in the wheel, found without importing the package: that configures logging."""
    spec = importlib.util.find_spec("wordllama")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        weights = Path(folder, "weights", "l2_supercat_256.safetensors")
        tokenizer = Path(folder, "tokenizers", "l2_supercat_tokenizer_config.json")
        if weights.is_file() and tokenizer.is_file():
            return weights, tokenizer
    raise MissingExtra("The provider wordllama", extra="local")


def _load(weights: Path, tokenizer_file: Path) -> tuple[Tokenizer, Vectors]:
    try:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra("The provider wordllama", extra="local") from error
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, load_file(weights)["embedding.weight"].astype(np.float32)
