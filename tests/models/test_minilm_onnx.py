"""The ONNX graph written by `tools/minilm_onnx.py` computes what BERT is defined to compute."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from helmert.models.providers import onnx
from helmert.models.providers.onnx import OnnxEmbedder
from tools import minilm_onnx

Array = NDArray[np.float64]
TEXTS = [
    "The reservoir supplies water to the whole valley.",
    "How do I reset the password of my account?",
    "Größe and naïve café, 水",
    "?",
]
erf = np.vectorize(math.erf, otypes=[np.float64])


class Bert:
    """A forward pass in float64, one text at a time and without padding, straight from the definition."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self.weights = {name: value.astype(np.float64) for name, value in weights.items()}

    def dense(self, x: Array, name: str) -> Array:
        product: Array = x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return product

    def norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        scaled: Array = centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return scaled

    def attend(self, x: Array, name: str) -> Array:
        query, key, value = (self.dense(x, f"{name}.self.{kind}") for kind in ("query", "key", "value"))
        heads = []
        for head in range(12):
            part = slice(32 * head, 32 * head + 32)
            scores = np.exp(query[:, part] @ key[:, part].T / math.sqrt(32))
            heads.append(scores / scores.sum(axis=-1, keepdims=True) @ value[:, part])
        return self.dense(np.concatenate(heads, axis=-1), f"{name}.output.dense")

    def layer(self, x: Array, name: str) -> Array:
        middle = self.norm(x + self.attend(x, f"{name}.attention"), f"{name}.attention.output.LayerNorm")
        wide = self.dense(middle, f"{name}.intermediate.dense")
        gelu = 0.5 * wide * (1 + erf(wide / math.sqrt(2)))
        return self.norm(middle + self.dense(gelu, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def __call__(self, ids: list[int]) -> Array:
        x = (
            self.weights["embeddings.word_embeddings.weight"][ids]
            + self.weights["embeddings.position_embeddings.weight"][: len(ids)]
            + self.weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self.norm(x, "embeddings.LayerNorm")
        for number in range(6):
            x = self.layer(x, f"encoder.layer.{number}")
        return x


@pytest.fixture(scope="module")
def embedder(minilm_folder: Path) -> OnnxEmbedder:
    return onnx.open_embedder({"path": str(minilm_folder)}, Path())


@pytest.mark.minilm
def test_the_graph_agrees_with_a_forward_pass_from_the_definition(embedder: OnnxEmbedder) -> None:
    bert = Bert(load_file(minilm_onnx.source_folder() / "model.safetensors"))
    found = embedder.embed_documents(TEXTS).vectors
    for row, text in enumerate(TEXTS):
        pooled = bert(embedder._cutting.encode(text).ids).mean(axis=0)
        assert np.abs(found[row] - pooled / np.linalg.norm(pooled)).max() < 1e-5


@pytest.mark.minilm
def test_cosines_are_those_printed_in_the_documentation_of_sentence_transformers(
    embedder: OnnxEmbedder,
) -> None:
    """An oracle from outside: the example of its quick start, computed by PyTorch, in four digits."""
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    vectors = embedder.embed_documents(texts).vectors
    printed = [[1.0000, 0.6660, 0.1046], [0.6660, 1.0000, 0.1411], [0.1046, 0.1411, 1.0000]]
    np.testing.assert_allclose(vectors @ vectors.T, printed, atol=6e-5)


@pytest.mark.minilm
def test_building_again_changes_nothing_and_other_weights_replace_the_folder(
    minilm_folder: Path, tmp_path: Path
) -> None:
    source = minilm_onnx.source_folder()
    assert not minilm_onnx.write_folder(source, minilm_folder)
    out = tmp_path / "deep" / "model"
    out.mkdir(parents=True)
    (out / "origin.json").write_text("built from something else")
    (out / "left-over").touch()
    assert minilm_onnx.write_folder(source, out)
    assert sorted(path.name for path in out.iterdir()) == ["model.onnx", "origin.json", "tokenizer.json"]
    assert [path.name for path in out.parent.iterdir()] == ["model"]
    assert (out / "model.onnx").read_bytes() == (minilm_folder / "model.onnx").read_bytes()
