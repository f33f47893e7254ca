"""Providers are found by entry point, ours and other people's alike."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from helmert.errors import ConfigError, GarbageVectors, NotFound, RejectedInput
from helmert.models.discovery import GROUP, open_embedder
from helmert.testing.embedder import Faults, ToyEmbedder


def point(name: str, value: str, group: str = GROUP) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=group)


TOY = point("toy", "helmert.testing.embedder:open_embedder")


def test_a_registered_provider_is_opened_with_its_options_and_checks() -> None:
    embedder = open_embedder("toy", {"dims": 8, "seed": 2, "label": "t"}, Path(), entry_points=[TOY])
    assert embedder.space.label == "t"
    expected = ToyEmbedder(dims=8, seed=2).embed_documents(["a text"]).vectors
    assert np.array_equal(embedder.embed_documents(["a text"]).vectors, expected)
    with pytest.raises(RejectedInput):
        embedder.embed_documents([" "])


def broken(options: object, base: Path) -> ToyEmbedder:
    """A third party's provider with a fault, opened by the test below."""
    del options, base
    return ToyEmbedder(faults=Faults(garbage="nan"))


def test_a_third_party_does_not_get_around_the_checks() -> None:
    class Registered(EntryPoint):
        def load(self) -> object:
            return broken

    embedder = open_embedder("b", {}, Path(), entry_points=[Registered("b", "third.party:broken", GROUP)])
    with pytest.raises(GarbageVectors):
        embedder.embed_documents(["a text"])


def test_an_unknown_provider_is_answered_with_the_known_ones() -> None:
    points = [TOY, point("other", "some:thing"), point("store", "some:store", group="helmert.stores")]
    with pytest.raises(NotFound, match=r"'tyo'. Known: other, toy\."):
        open_embedder("tyo", {}, Path(), entry_points=points)
    with pytest.raises(NotFound, match=r"Known: none\."):
        open_embedder("toy", {}, Path(), entry_points=[])


def test_two_packages_may_not_offer_different_providers_under_one_name() -> None:
    with pytest.raises(ConfigError, match="several packages: evil:open_embedder, helmert"):
        open_embedder("toy", {}, Path(), entry_points=[TOY, point("toy", "evil:open_embedder")])
    open_embedder("toy", {}, Path(), entry_points=[TOY, TOY])


@pytest.mark.parametrize("value", ["no.such.module:open_embedder", "helmert.testing.embedder:no_such_function"])
def test_a_provider_that_cannot_be_imported_is_named(value: str) -> None:
    with pytest.raises(ConfigError, match=r"'toy' cannot be loaded from"):
        open_embedder("toy", {}, Path(), entry_points=[point("toy", value)])


def test_options_reach_the_provider_and_its_refusal_reaches_the_user() -> None:
    with pytest.raises(ConfigError, match="'dimz' is not known"):
        open_embedder("toy", {"dimz": 8}, Path(), entry_points=[TOY])
