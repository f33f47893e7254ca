"""What the tests of this room share: a small corpus, the models made from it, servers that misbehave."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helmert.models.providers import lsa, openai
from helmert.models.providers.openai import OpenAIEmbedder
from helmert.testing.embedder import ToyEmbedder
from helmert.testing.openai_server import Misbehaviour, Server, serve

ROOT = Path(__file__).resolve().parents[2]

SUBJECTS = (
    ("the reservoir", "supplies water to the whole valley", "fills in spring when the snow melts"),
    ("the valley", "is supplied with water by a reservoir", "lies under snow until spring"),
    ("your account", "asks for the password once a day", "is locked after the third wrong password"),
    ("the password of an account", "can be reset by mail", "has to change once a year, how is your own way"),
    ("a kestrel", "hunts voles over the meadow", "hovered at dusk where the grass moves"),
    ("the meadow", "is full of voles at dusk", "was mown before the kestrels came"),
    ("this function", "returns the sum of two int numbers", "takes a and b and can add them"),
    ("a short test", "calls the function with 500 numbers", "returns at once"),
)
CORPUS = tuple(
    f"{who} {what}. {suffix} {who} {what}" for who, *whats in SUBJECTS for what in whats for suffix in ("", "Often")
)
"""32 short texts on four subjects, with the words of the contract's texts among theirs."""


class Naps:
    """Waits that are written down instead of waited."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


Connect = Callable[..., tuple[OpenAIEmbedder, Server]]
"""`connect(misbehaviour, **options)`: an embedder over a server with a toy behind it."""


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def connect(naps: Naps) -> Iterator[Connect]:
    with ExitStack() as stack:

        def open_pair(
            misbehaviour: Misbehaviour | None = None, *, toy: ToyEmbedder | None = None, **options: object
        ) -> tuple[OpenAIEmbedder, Server]:
            server = stack.enter_context(serve(toy or ToyEmbedder(), misbehaviour=misbehaviour))
            settings = {"url": server.url, "model": "toy", "dims": 32, **options}
            embedder = openai.connect(
                {name: value for name, value in settings.items() if value is not None},
                environ={"TOY_KEY": "secret-of-the-toy"},
                sleep=naps,
            )
            stack.callback(embedder.close)
            return embedder, server

        yield open_pair


@pytest.fixture(scope="session")
def corpus() -> tuple[str, ...]:
    return CORPUS


@pytest.fixture(scope="session")
def lsa_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "corpus-lsa"
    lsa.fit(CORPUS, dims=12, path=folder, seed=7)
    return folder


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    folder = Path(os.environ.get("HELMERT_TEST_MINILM") or ROOT / ".cache" / "models" / "all-MiniLM-L6-v2")
    if not (folder / "model.onnx").is_file():
        pytest.fail(f"{folder} holds no model. Build it: python tools/minilm_onnx.py {folder}")
    return folder
