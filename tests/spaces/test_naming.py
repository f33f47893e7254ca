"""Index names: readable, valid in every store, parsed back without loss."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import BadName
from helmert.spaces import EmbeddingSpace, IndexName, naming

RULES = {
    "lancedb": (naming.LANCEDB, r"[a-zA-Z0-9_.-]{1,255}"),
    "postgres": (naming.POSTGRES, r"[a-z_][a-z0-9_-]{0,62}"),
    "qdrant": (naming.QDRANT, r"[^<>:\"/\\|?*\0]{1,255}"),
    "milvus": (naming.MILVUS, r"[a-zA-Z_][a-zA-Z0-9_]{0,254}"),
    "weaviate": (naming.WEAVIATE, r"[A-Z][_0-9A-Za-z]*"),
    "pinecone": (naming.PINECONE, r"[a-z0-9]([a-z0-9-]{0,43}[a-z0-9])?"),
}
"""Each store's own rule for names, as its documentation gives it."""

part = st.from_regex(r"[a-z][a-z0-9]{0,4}(_[a-z0-9]{1,4}){0,2}", fullmatch=True).filter(lambda s: len(s) <= 13)
names = st.builds(
    IndexName,
    collection=part,
    slug=part,
    version=st.integers(1, 99),
    day=st.dates(date(2020, 1, 1), date(2099, 12, 31)),
)


@given(names)
def test_names_parse_back_without_loss(name: IndexName) -> None:
    assert IndexName.parse(str(name)) == name


@pytest.mark.parametrize("store", RULES)
@given(name=names)
def test_names_fit_every_store_and_come_back(store: str, name: IndexName) -> None:
    alphabet, rule = RULES[store]
    spelt = alphabet.spell(str(name))
    assert re.fullmatch(rule, spelt)
    assert alphabet.read(spelt) == str(name)


def test_a_name_reads_as_documented() -> None:
    name = IndexName(collection="docs", slug="minilm", version=2, day=date(2026, 3, 1))
    assert str(name) == "docs__minilm_v2__2026-03-01"
    assert naming.MILVUS.spell(str(name)) == "docs__minilm_v2__2026_03_01"
    assert naming.WEAVIATE.spell(str(name)) == "Docs__minilm_v2__2026_03_01"
    assert naming.PINECONE.spell(str(name)) == "docs--minilm-v2--20260301"


def test_a_name_too_long_for_a_store_is_refused_with_the_way_out() -> None:
    name = IndexName(collection="a" * 22, slug="b" * 22, version=999, day=date(2026, 3, 1))
    with pytest.raises(BadName, match="this store allows 45"):
        naming.PINECONE.spell(str(name))
    assert naming.POSTGRES.spell(str(name))


@pytest.mark.parametrize("bad", ["docs", "docs__m__2026-03-01", "docs__m_v1__2026-02-30", "Docs__m_v1__2026-03-01"])
def test_foreign_names_are_not_ours(bad: str) -> None:
    with pytest.raises(BadName):
        IndexName.parse(bad)


@pytest.mark.parametrize("bad", ["", "Docs", "my-docs", "a__b", "1docs", "docs_", "x" * 23])
def test_collections_that_no_store_could_carry_are_refused(bad: str) -> None:
    with pytest.raises(BadName):
        naming.check_collection(bad)


@given(st.text(min_size=1, max_size=80), st.integers(1, 4096))
def test_every_model_id_gives_a_usable_slug(model: str, dims: int) -> None:
    slug = EmbeddingSpace(model=model, dims=dims).slug
    assert len(slug) <= 22
    IndexName(collection="docs", slug=slug, version=1, day=date(2026, 3, 1))
