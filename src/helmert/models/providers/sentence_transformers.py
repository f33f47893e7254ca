"""Models of the `sentence-transformers` package, on CPU or GPU.

`encode_query` and `encode_document` are used where the model's version of the package has them, since they
add the prompts the model was trained with; those prompts are part of the space. The package brings PyTorch
and is an extra of its own. Our tests run this file against a stand-in with the same methods, not against the
package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from pydantic import Field

from helmert.errors import ConfigError, MissingExtra
from helmert.models.base import EmbeddingBatch, Limits, Side
from helmert.models.checked import empty_batch
from helmert.models.options import ProviderOptions, read_options
from helmert.models.scaling import to_unit_length
from helmert.spaces.space import EmbeddingSpace, Recipe
from helmert.types import Vectors


class TokenEncoder(Protocol):
    """The part of a model's tokeniser that is used."""

    def encode(self, text: str) -> Sequence[int]:
        """Token ids of the whole text, special tokens included."""


class Model(Protocol):
    """The part of `sentence_transformers.SentenceTransformer` that every version of the package has."""

    @property
    def max_seq_length(self) -> int | None:
        """Tokens that the model reads of a text."""

    @property
    def prompts(self) -> Mapping[str, str]:
        """What is put before a text, by name."""

    @property
    def default_prompt_name(self) -> str | None:
        """The prompt of `encode`, when it has one."""

    @property
    def tokenizer(self) -> TokenEncoder:
        """The model's tokeniser."""

    def encode(self, sentences: Sequence[str], /, *, batch_size: int, show_progress_bar: bool) -> Vectors:
        """Vectors of shape (sentences, dims)."""


Load = Callable[[str, "SentenceTransformersOptions"], Model]
"""Loads the model of this id or folder."""

PROMPTS: Mapping[Side, tuple[str, ...]] = {"query": ("query",), "document": ("document", "passage", "corpus")}
"""Names of the prompts that `encode_query` and `encode_document` look for, in this order."""


class SentenceTransformersOptions(ProviderOptions):
    """Options of the provider `sentence-transformers`. `revision` is the one of the model's repository."""

    model: str = Field(min_length=1)
    """Id in the model repository, or a folder relative to `helmert.toml`."""
    dims: int | None = Field(default=None, ge=1)
    """Keep only the first dimensions, for models trained to allow that."""
    device: str | None = None
    """As PyTorch names it: "cpu", "cuda:0"; None for the package's choice."""
    normalise: bool = True
    """Scale vectors to length one."""
    batch_texts: int = Field(default=32, ge=1)
    """Texts that the device works on at once."""


class SentenceTransformersEmbedder:
    """An `Embedder` over a loaded model."""

    def __init__(
        self,
        *,
        model: Model,
        space: EmbeddingSpace,
        settings: SentenceTransformersOptions,
    ) -> None:
        self._model = model
        self._batch = settings.batch_texts
        self.space = space
        self.limits = Limits(
            batch_texts=256, text_tokens=model.max_seq_length, price_per_million=settings.price_per_million
        )

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text, also where the model would cut it."""
        return len(self._model.tokenizer.encode(text))

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of documents, by `encode_document` where the model has it."""
        return self._embed(texts, self.space.document_recipe, "document")

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of queries, by `encode_query` where the model has it."""
        return self._embed(texts, self.space.query_recipe, "query")

    def _embed(self, texts: Sequence[str], recipe: Recipe, side: Side) -> EmbeddingBatch:
        if not texts:
            return empty_batch(self.space, side)
        found = _encode(self._model, [recipe.prefix + text for text in texts], side=side, batch=self._batch)
        vectors = np.ascontiguousarray(found[:, : self.space.dims], dtype=np.float32)
        return EmbeddingBatch(
            vectors=to_unit_length(vectors) if self.space.normalised else vectors,
            side=side,
            requested_model=self.space.model,
            reported_model=None,
            tokens=None,
        )


def open_embedder(options: Mapping[str, object], base: Path) -> SentenceTransformersEmbedder:
    """Load a model. Raises `ConfigError` and `MissingExtra`."""
    return open_with(options, base, load=load_model)


def open_with(options: Mapping[str, object], base: Path, *, load: Load) -> SentenceTransformersEmbedder:
    """`open_embedder` with the loading of the model as an argument."""
    settings = read_options(SentenceTransformersOptions, options, provider="sentence-transformers")
    folder = base / Path(settings.model).expanduser()
    model = load(str(folder) if folder.is_dir() else settings.model, settings)
    found = int(_encode(model, ["dimensions"], side="document", batch=1).shape[1])
    if settings.dims is not None and settings.dims > found:
        raise ConfigError(
            f"Provider 'sentence-transformers': option 'dims' is {settings.dims}; {settings.model!r} has {found}."
        )
    return SentenceTransformersEmbedder(
        model=model, space=_space(settings, model, settings.dims or found), settings=settings
    )


def load_model(name: str, settings: SentenceTransformersOptions) -> Model:
    """Load with the package itself. Raises `MissingExtra` when it is not installed."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtra("The provider sentence-transformers", extra="sentence-transformers") from error
    model: Model = SentenceTransformer(name, device=settings.device, revision=settings.revision or None)
    return model


def _encode(model: Model, texts: Sequence[str], *, side: Side, batch: int) -> Vectors:
    encode = getattr(model, f"encode_{side}", model.encode)
    return np.asarray(encode(texts, batch_size=batch, show_progress_bar=False))


def _space(settings: SentenceTransformersOptions, model: Model, dims: int) -> EmbeddingSpace:
    return settings.space(
        provider="sentence-transformers",
        model=settings.model,
        dims=dims,
        revision=settings.revision,
        normalised=settings.normalise,
        document_recipe=_recipe(model, "document", settings.document_prefix),
        query_recipe=_recipe(model, "query", settings.query_prefix),
    )


def _recipe(model: Model, side: Side, prefix: str) -> Recipe:
    """The prefix of the options and, before it, the model's own prompt for this side."""
    names = PROMPTS[side] if hasattr(model, f"encode_{side}") else ()
    name = next((name for name in names if name in model.prompts), model.default_prompt_name)
    prompt = model.prompts.get(name, "") if name else ""
    return Recipe(prefix=prefix, body={"prompt": prompt} if prompt else {}, max_tokens=model.max_seq_length)
