"""The ONNX provider over small graphs whose answer is known, and what it asks of a graph."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from helmert.errors import ConfigError, MissingExtra, NotFound
from helmert.models.providers import onnx as provider
from helmert.models.providers.onnx import OnnxEmbedder

WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "red", "green", "blue"]
TABLE = np.random.default_rng(0).standard_normal((len(WORDS), 4)).astype(np.float32)


def write_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    tokenizer.enable_padding(length=9)
    tokenizer.enable_truncation(5)
    tokenizer.save(str(folder / "tokenizer.json"))


def write_graph(folder: Path, nodes: list[onnx.NodeProto], inputs: list[str], rank: int) -> None:
    shape: list[str | int] = ["texts", "tokens", 4] if rank == 3 else ["texts", 4]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(TABLE, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")


def token_vectors(folder: Path) -> None:
    """Each token has its row of the table as its vector."""
    write_graph(folder, [helper.make_node("Gather", ["table", "input_ids"], ["out"])], ["input_ids"], rank=3)


def text_vectors(folder: Path) -> None:
    """A graph that pools by itself: the sum of rows where mask plus segment is one."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Add", ["attention_mask", "token_type_ids"], ["used"]),
        helper.make_node("Cast", ["used"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("Einsum", ["rows", "weights"], ["out"], equation="ntd,nt->nd"),
    ]
    write_graph(folder, nodes, ["input_ids", "attention_mask", "token_type_ids"], rank=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tokenizer(tmp_path)
    token_vectors(tmp_path)
    return tmp_path


def opened(folder: Path, **options: object) -> OnnxEmbedder:
    return provider.open_embedder({"path": folder.name, "normalise": False, **options}, folder.parent)


def rows(*words: str) -> np.ndarray:
    return TABLE[[WORDS.index(word) for word in words]]


def test_mean_pooling_counts_tokens_and_not_padding(folder: Path) -> None:
    found = opened(folder).embed_documents(["red", "green blue red green", "red blue"]).vectors
    expected = [
        rows("[CLS]", "red", "[SEP]").mean(axis=0),
        rows("[CLS]", "green", "blue", "red", "green", "[SEP]").mean(axis=0),
        rows("[CLS]", "red", "blue", "[SEP]").mean(axis=0),
    ]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_first_token_pooling(folder: Path) -> None:
    embedder = opened(folder, pooling="cls")
    found = embedder.embed_documents(["red", "green blue"]).vectors
    np.testing.assert_allclose(found, [rows("[CLS]")[0]] * 2, atol=1e-6)
    assert embedder.space.vector_hash != opened(folder).space.vector_hash


def test_a_graph_that_pools_is_left_to_it_and_gets_the_inputs_it_asks_for(folder: Path) -> None:
    text_vectors(folder)
    found = opened(folder).embed_documents(["red", "green blue"]).vectors
    expected = [
        rows("[CLS]", "red", "[SEP]").sum(axis=0),
        rows("[CLS]", "green", "blue", "[SEP]").sum(axis=0),
    ]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_vectors_are_scaled_unless_told_otherwise(folder: Path) -> None:
    scaled = opened(folder, normalise=True)
    raw = opened(folder).embed_documents(["red"]).vectors
    np.testing.assert_allclose(scaled.embed_documents(["red"]).vectors, raw / np.linalg.norm(raw), atol=1e-6)
    assert (scaled.space.normalised, opened(folder).space.normalised) == (True, False)


def test_long_texts_are_cut_and_counted_whole(folder: Path) -> None:
    embedder = opened(folder, max_tokens=4)
    cut = embedder.embed_documents(["red green blue blue blue"])
    np.testing.assert_allclose(cut.vectors, embedder.embed_documents(["red green"]).vectors, atol=1e-6)
    assert embedder.count_tokens("red green blue blue blue") == 7
    assert cut.tokens == embedder.limits.text_tokens == embedder.space.document_recipe.max_tokens == 4


def test_padding_and_cutting_written_in_the_tokeniser_are_not_kept(folder: Path) -> None:
    """They are options here, and part of the space."""
    assert opened(folder).embed_documents(["red green blue red green blue"]).tokens == 8


def test_dims_are_measured_or_shortened(folder: Path) -> None:
    assert opened(folder).space.dims == 4
    np.testing.assert_allclose(
        opened(folder, dims=2).embed_documents(["red"]).vectors,
        opened(folder).embed_documents(["red"]).vectors[:, :2],
        atol=1e-6,
    )
    with pytest.raises(ConfigError, match="'dims' is 5; the model has 4"):
        opened(folder, dims=5)


def test_prefixes_are_part_of_the_text(folder: Path) -> None:
    embedder = opened(folder, query_prefix="blue ")
    np.testing.assert_allclose(
        embedder.embed_queries(["red"]).vectors, embedder.embed_documents(["blue red"]).vectors, atol=1e-6
    )


def test_the_revision_covers_weights_and_tokeniser(folder: Path) -> None:
    before = opened(folder).space.revision
    assert opened(folder, revision=before, model="colours", threads=1).space.model == "colours"
    text_vectors(folder)
    weights = opened(folder).space.revision
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text() + "\n")
    assert len({before, weights, opened(folder).space.revision}) == 3
    with pytest.raises(ConfigError, match=before):
        opened(folder, revision=before)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(NotFound, match=name):
        opened(folder)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_a_missing_package_names_the_extra(folder: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra) as caught:
        opened(folder)
    assert caught.value.extra == "local"


@given(lengths=st.lists(st.integers(1, 9000), max_size=300))
def test_runs_hold_every_text_once_and_stay_within_bounds(lengths: list[int]) -> None:
    groups = provider.runs(lengths)
    assert sorted(at for group in groups for at in group) == list(range(len(lengths)))
    for group in groups:
        padded = max(lengths[at] for at in group) * len(group)
        assert len(group) == 1 or (len(group) <= provider.RUN_TEXTS and padded <= provider.RUN_TOKENS)


@given(lengths=st.lists(st.integers(1, 300), max_size=200))
def test_no_text_shares_a_run_with_longer_ones_when_a_run_of_shorter_ones_follows(lengths: list[int]) -> None:
    inside = [[lengths[at] for at in group] for group in provider.runs(lengths)]
    assert all(min(before) >= max(after) for before, after in pairwise(inside))
