"""The provider for sentence-transformers, over a stand-in with the package's methods: PyTorch is not a test
dependency.

What these tests cannot show is that the package still has those methods.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from helmert.errors import ConfigError, MissingExtra
from helmert.models import CheckedEmbedder
from helmert.models.providers import sentence_transformers as provider
from helmert.testing.embedder import ToyEmbedder
from helmert.testing.models import EmbedderContract
from helmert.types import Vectors


class Words:
    def encode(self, text: str) -> Sequence[int]:
        return list(range(len(text.split()) + 2))


class Older:
    """As version 4 of the package: one method for both sides and a default prompt."""

    max_seq_length: int | None = 128
    tokenizer = Words()

    def __init__(self, prompts: dict[str, str] | None = None, default: str | None = None) -> None:
        self.prompts = prompts or {}
        self.default_prompt_name = default
        self.seen: list[list[str]] = []
        self.toy = ToyEmbedder(dims=16)

    def encode(self, sentences: Sequence[str], /, *, batch_size: int, show_progress_bar: bool) -> Vectors:
        prompt = self.prompts.get(self.default_prompt_name or "", "")
        return self.vectors([prompt + sentence for sentence in sentences])

    def vectors(self, texts: list[str]) -> Vectors:
        self.seen.append(texts)
        return self.toy.embed_documents(texts).vectors * 5


class Newer(Older):
    """As version 5 and later: a method for each side, with the prompt of that side."""

    def encode_query(self, sentences: Sequence[str], /, *, batch_size: int, show_progress_bar: bool) -> Vectors:
        return self.vectors([self.prompts.get("query", "") + sentence for sentence in sentences])

    def encode_document(self, sentences: Sequence[str], /, *, batch_size: int, show_progress_bar: bool) -> Vectors:
        name = next(name for name in ("document", "passage") if name in self.prompts)
        return self.vectors([self.prompts[name] + sentence for sentence in sentences])


def opened(model: Older, **options: object) -> provider.SentenceTransformersEmbedder:
    return provider.open_with({"model": "org/model", **options}, Path(), load=lambda *_: model)


class TestStandIn(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> provider.SentenceTransformersEmbedder:
        return opened(Newer({"query": "question: ", "passage": ""}))


def test_each_side_has_its_method_and_its_prompt_stands_in_the_space() -> None:
    model = Newer({"query": "question: ", "passage": "text: "})
    embedder = opened(model, query_prefix="please ")
    embedder.embed_queries(["a"])
    embedder.embed_documents(["b"])
    assert model.seen[-2:] == [["question: please a"], ["text: b"]]
    assert embedder.space.query_recipe.body == {"prompt": "question: "}
    assert embedder.space.query_recipe.prefix == "please "
    assert embedder.space.document_recipe.body == {"prompt": "text: "}


def test_an_older_model_has_one_method_and_its_default_prompt() -> None:
    embedder = opened(Older({"both": "text: ", "query": "unused"}, default="both"))
    assert embedder.space.query_recipe == embedder.space.document_recipe
    assert embedder.space.document_recipe.body == {"prompt": "text: "}
    assert opened(Older()).space.document_recipe.body == {}


def test_dims_are_measured_shortened_and_bounded() -> None:
    assert opened(Older()).space.dims == 16
    short = CheckedEmbedder(opened(Older(), dims=4))
    assert short.embed_documents(["a text"]).vectors.shape == (1, 4)
    with pytest.raises(ConfigError, match="'dims' is 17; 'org/model' has 16"):
        opened(Older(), dims=17)


def test_lengths_are_kept_on_request() -> None:
    embedder = opened(Older(), normalise=False)
    np.testing.assert_allclose(np.linalg.norm(embedder.embed_documents(["a"]).vectors), 5.0, rtol=1e-5)
    assert not embedder.space.normalised


def test_limits_and_tokens() -> None:
    embedder = opened(Older(), price_per_million=0.5)
    assert (embedder.limits.text_tokens, embedder.limits.price_per_million) == (128, 0.5)
    assert embedder.count_tokens("three little words") == 5


def test_a_folder_beside_the_configuration_is_a_model_and_a_name_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    asked: list[tuple[str, str]] = []

    def load(name: str, settings: provider.SentenceTransformersOptions) -> Older:
        asked.append((name, settings.revision))
        return Older()

    provider.open_with({"model": "mine"}, tmp_path, load=load)
    provider.open_with({"model": "org/model", "revision": "abc"}, tmp_path, load=load)
    assert asked == [(str(tmp_path / "mine"), ""), ("org/model", "abc")]


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra) as caught:
        provider.open_embedder({"model": "org/model"}, Path())
    assert caught.value.next_step == "pip install 'helmert[sentence-transformers]'"
