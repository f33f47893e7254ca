"""Every provider keeps the contract that third parties are held to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helmert.models import CheckedEmbedder
from helmert.models.providers import lsa, onnx, openai, wordllama
from helmert.models.providers.lsa import LsaEmbedder
from helmert.models.providers.onnx import OnnxEmbedder
from helmert.models.providers.openai import OpenAIEmbedder
from helmert.models.providers.wordllama import WordLlamaEmbedder
from helmert.testing.embedder import ToyEmbedder
from helmert.testing.models import EmbedderContract
from helmert.testing.openai_server import Misbehaviour, serve


class TestToy(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> ToyEmbedder:
        return ToyEmbedder()


class TestChecked(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> CheckedEmbedder:
        return CheckedEmbedder(ToyEmbedder(seed=3, dims=64))


@pytest.fixture(scope="module")
def wordllama_256() -> WordLlamaEmbedder:
    return wordllama.open_embedder({}, Path())


class TestWordLlama256(EmbedderContract):
    @pytest.fixture
    def embedder(self, wordllama_256: WordLlamaEmbedder) -> WordLlamaEmbedder:
        return wordllama_256


@pytest.fixture(scope="module")
def wordllama_64() -> WordLlamaEmbedder:
    options = {"dims": 64, "query_prefix": "query: ", "document_prefix": "text: "}
    return wordllama.open_embedder(options, Path())


class TestWordLlama64WithPrefixes(EmbedderContract):
    @pytest.fixture
    def embedder(self, wordllama_64: WordLlamaEmbedder) -> WordLlamaEmbedder:
        return wordllama_64


class TestLsa(EmbedderContract):
    @pytest.fixture
    def embedder(self, lsa_folder: Path) -> LsaEmbedder:
        return lsa.open_embedder({"path": str(lsa_folder)}, Path())


@pytest.fixture(scope="module")
def minilm(minilm_folder: Path) -> OnnxEmbedder:
    return onnx.open_embedder({"path": str(minilm_folder), "max_tokens": 64}, Path())


@pytest.mark.minilm
class TestMiniLM(EmbedderContract):
    @pytest.fixture
    def embedder(self, minilm: OnnxEmbedder) -> OnnxEmbedder:
        return minilm


@pytest.fixture(scope="module")
def minilm_first_token(minilm_folder: Path) -> OnnxEmbedder:
    options = {"path": str(minilm_folder), "max_tokens": 64, "pooling": "cls", "normalise": False}
    return onnx.open_embedder(options, Path())


@pytest.mark.minilm
class TestMiniLMFirstTokenNotNormalised(EmbedderContract):
    tolerance = 1e-4  # vectors of length about 9

    @pytest.fixture
    def embedder(self, minilm_first_token: OnnxEmbedder) -> OnnxEmbedder:
        return minilm_first_token


@contextmanager
def over_http(toy: ToyEmbedder, misbehaviour: Misbehaviour, **options: object) -> Iterator[OpenAIEmbedder]:
    with serve(toy, misbehaviour=misbehaviour) as server:
        embedder = openai.open_embedder({"url": server.url, "model": "toy", **options}, Path())
        yield embedder
        embedder.close()


class TestOpenAIInManyRequests(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Iterator[OpenAIEmbedder]:
        options = {"batch_texts": 4, "batch_tokens": 60, "query_prefix": "search for "}
        with over_http(ToyEmbedder(), Misbehaviour(), **options) as embedder:
            yield embedder


class TestOpenAIOverNumbers(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Iterator[OpenAIEmbedder]:
        with over_http(ToyEmbedder(dims=48), Misbehaviour(encoding="refused"), dims=48) as embedder:
            yield embedder
