"""WordLlama's vectors are the package's own, read without the package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helmert.errors import ConfigError, MissingExtra
from helmert.models.providers import wordllama
from helmert.testing.models import TEXTS, UNICODE
from helmert.types import Vectors

TRUTHS = [*TEXTS, *UNICODE, "a <s> marker </s> and an <unk> one", "water for the valley " * 100]


@pytest.fixture(scope="module")
def reference() -> dict[int, Vectors]:
    """The package's own vectors, from a process of its own: importing it configures logging."""
    script = (
        "import json, sys; from pathlib import Path; import wordllama\n"
        "texts = json.load(sys.stdin)\n"
        "def embed(dims):\n"
        "    model = wordllama.WordLlama.load(\n"
        "        cache_dir=Path(wordllama.__file__).parent, disable_download=True, trunc_dim=dims)\n"
        "    return model.embed(texts, norm=True).tolist()\n"
        "json.dump({dims: embed(dims) for dims in (64, 128, 256)}, sys.stdout)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(TRUTHS), capture_output=True, text=True, check=True
    )
    return {int(dims): np.array(rows, dtype=np.float32) for dims, rows in json.loads(run.stdout).items()}


@pytest.mark.parametrize("dims", [64, 128, 256])
def test_vectors_are_those_of_the_package(reference: dict[int, Vectors], dims: int) -> None:
    found = wordllama.open_embedder({"dims": dims}, Path()).embed_documents(TRUTHS).vectors
    assert np.abs(found - reference[dims]).max() < 1e-5


def test_more_tokens_than_are_gathered_at_once_make_no_difference() -> None:
    """The sum over parts is the sum over the whole: repeating a text does not turn its vector."""
    embedder = wordllama.open_embedder({}, Path())
    sentence = "the reservoir supplies water. "
    few, many = embedder.embed_documents([sentence * 200, sentence * 9_000]).vectors
    assert embedder.count_tokens(sentence * 9_000) > 3 * wordllama.TOKENS_AT_ONCE
    assert np.abs(few - many).max() < 1e-4


def test_more_texts_than_are_tokenised_at_once_keep_their_order() -> None:
    embedder = wordllama.open_embedder({"dims": 64}, Path())
    texts = [f"text number {number}" for number in range(wordllama.TEXTS_AT_ONCE * 2 + 5)]
    together = embedder.embed_documents(texts)
    for at in (0, wordllama.TEXTS_AT_ONCE, len(texts) - 1):
        np.testing.assert_allclose(together.vectors[at], embedder.embed_documents([texts[at]]).vectors[0], atol=1e-6)
    assert together.tokens == sum(embedder.count_tokens(text) for text in texts)


def test_the_space_says_what_it_is() -> None:
    full = wordllama.open_embedder({}, Path()).space
    short = wordllama.open_embedder({"dims": 64, "label": "small"}, Path()).space
    assert (full.dims, full.slug, short.slug) == (256, "wordllama_256", "small")
    assert full.revision == short.revision
    assert full.vector_hash != short.vector_hash


def test_the_weights_can_be_pinned() -> None:
    revision = wordllama.open_embedder({}, Path()).space.revision
    assert wordllama.open_embedder({"revision": revision[:8]}, Path()).space.revision == revision
    with pytest.raises(ConfigError, match="asks for '0000000000000000'"):
        wordllama.open_embedder({"revision": "0" * 16}, Path())


@pytest.mark.parametrize("dims", [0, 100, 512])
def test_only_dimensions_the_model_was_trained_for(dims: int) -> None:
    with pytest.raises(ConfigError, match="'dims'"):
        wordllama.open_embedder({"dims": dims}, Path())


def test_without_the_wheel_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtra) as caught:
        wordllama.open_embedder({}, Path())
    assert caught.value.next_step == "pip install 'helmert[local]'"


def test_opening_does_not_import_the_package() -> None:
    script = (
        "import sys; from pathlib import Path; from helmert.models.providers.wordllama import open_embedder\n"
        "open_embedder({}, Path()).embed_queries(['a']); sys.exit('wordllama' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
