"""What the makers of some model families ask for: prefixes, layer normalisation, and whether dimensions may be cut.

A table of facts, not of preferences. A model that is not in it is not judged. The text prefixes are those of the
makers' model cards; where a maker takes them as request fields (`input_type`, `task`), any field counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from helmert.spaces.space import EmbeddingSpace, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that were trained in the same way."""

    name: str
    pattern: str
    """Regular expression that is searched in the model's id, in lower case."""
    query: str = ""
    """Prefix that queries were trained with; empty when none is expected."""
    document: str = ""
    truncatable: bool | None = None
    """Trained so that leading dimensions alone are a model (Matryoshka); None when the makers do not say."""
    layer_norm: bool = False
    """Vectors are layer-normalised before they are cut."""


_RETRIEVE = "Represent this sentence for searching relevant passages: "

FAMILIES: tuple[Family, ...] = (
    Family(name="E5 instruct", pattern=r"e5-(mistral|.*instruct)", query="Instruct: ", truncatable=False),
    Family(name="E5", pattern=r"\be5-", query="query: ", document="passage: ", truncatable=False),
    Family(
        name="Nomic Embed 1.5 and 2",
        pattern=r"nomic-embed-text-v(1\.5|2)",
        query="search_query: ",
        document="search_document: ",
        truncatable=True,
        layer_norm=True,
    ),
    Family(
        name="Nomic Embed 1",
        pattern=r"nomic-embed",
        query="search_query: ",
        document="search_document: ",
        truncatable=False,
    ),
    Family(name="BGE M3", pattern=r"bge-m3", truncatable=False),
    Family(name="BGE", pattern=r"bge-(small|base|large)-en", query=_RETRIEVE, truncatable=False),
    Family(name="Mixedbread", pattern=r"mxbai-embed-large", query=_RETRIEVE, truncatable=True),
    Family(name="Arctic Embed 2", pattern=r"arctic-embed-.*v2", query="query: ", truncatable=True),
    Family(name="Arctic Embed", pattern=r"arctic-embed", query=_RETRIEVE),
    Family(name="Qwen3 Embedding", pattern=r"qwen3-embedding", query="Instruct: ", truncatable=True),
    Family(
        name="EmbeddingGemma",
        pattern=r"embeddinggemma",
        query="task: search result | query: ",
        document="title: none | text: ",
        truncatable=True,
    ),
    Family(name="OpenAI text-embedding-3", pattern=r"text-embedding-3", truncatable=True),
    Family(name="WordLlama", pattern=r"wordllama", truncatable=True),
    Family(name="LSA", pattern=r"^lsa/", truncatable=True),
    Family(name="MiniLM", pattern=r"minilm", truncatable=False),
)
"""The first whose pattern is found counts."""


def family_of(space: EmbeddingSpace) -> Family | None:
    """The family of a space's model, when it is in the table."""
    model = space.model.lower()
    return next((family for family in FAMILIES if re.search(family.pattern, model)), None)


def prefix_warnings(name: str, space: EmbeddingSpace) -> Iterator[str]:
    """What is wrong with the prompts of a known family: missing, or on the wrong side.

    A model without its prefix answers with vectors that look like any others and find less.
    """
    family = family_of(space)
    if family is None:
        return
    sides = (("query", space.query_recipe, family.query), ("document", space.document_recipe, family.document))
    if family.query and family.document and _swapped(space, family):
        yield f"{name}: the query and document prefixes of {family.name} models seem to be swapped."
        return
    for side, recipe, expected in sides:
        if expected and not _has(recipe):
            yield (
                f"{name}: {family.name} models expect {expected!r} before every {side}, and none is set "
                f"({side}_prefix)."
            )


def _has(recipe: Recipe) -> bool:
    return bool(recipe.prefix or recipe.body)


def _swapped(space: EmbeddingSpace, family: Family) -> bool:
    query, document = space.query_recipe.prefix.strip(), space.document_recipe.prefix.strip()
    return query == family.document.strip() and document == family.query.strip()
