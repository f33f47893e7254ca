"""`EmbedderContract`: what every provider of vectors must do, as a test class to inherit from.

```python
import pytest

from helmert.testing.embedder import ToyEmbedder
from helmert.testing.models import EmbedderContract


class TestToyEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> ToyEmbedder:
        return ToyEmbedder(dims=64)
```

The class needs pytest to run it and imports nothing of it.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from helmert.models.base import Embedder, EmbeddingBatch
from helmert.models.checked import check_batch
from helmert.models.scaling import to_unit_length
from helmert.types import Vectors

TEXTS = (
    "The reservoir supplies water to the whole valley.",
    "A short one.",
    "Kestrels hunt voles over the meadow at dusk, hovering into the wind until the grass moves.",
    "How do I reset the password of my account?",
    "12.5 % of 4,000 is 500",
    "def add(a: int, b: int) -> int: return a + b",
)
UNICODE = (
    "Größe, naïve café, Ångström",
    "水はすべての谷に供給される",
    "Водохранилище снабжает водой всю долину",
    "family: \U0001f468‍\U0001f469‍\U0001f467, flag: \U0001f1e8\U0001f1ed",
    "tab\tand\nnewline and \x00 zero",
    "?!",
)


class EmbedderContract:
    """Subclasses give a fixture `embedder`. The attributes may be overridden where a model needs it."""

    tolerance: ClassVar[float] = 1e-5
    """Largest difference of one number between two runs over the same text: what padding to other lengths and
    summing in another order cost. Retrieval does not notice 1e-3."""
    text: ClassVar[str] = "How can I change the password of my account?"
    paraphrase: ClassVar[str] = "The way to change your account password."
    unrelated: ClassVar[str] = "Kestrels hovered over the meadow at dusk."
    """The paraphrase must be nearer to the text than this."""
    long_words: ClassVar[int] = 20_000
    """Words of the very long text. Providers cut, serve or split it; they do not fail on it."""

    def test_documents_have_the_form_of_the_space(self, embedder: Embedder) -> None:
        """float32, one row a text, the space's dimensions and length, C-contiguous."""
        batch = embedder.embed_documents(TEXTS)
        check_batch(batch, space=embedder.space, side="document", count=len(TEXTS))
        assert batch.vectors.flags.c_contiguous
        assert batch.requested_model == embedder.space.model

    def test_queries_have_the_form_of_the_space(self, embedder: Embedder) -> None:
        """The same on the query side."""
        batch = embedder.embed_queries(TEXTS)
        check_batch(batch, space=embedder.space, side="query", count=len(TEXTS))
        assert batch.vectors.flags.c_contiguous

    def test_order_of_the_answer_is_the_order_of_the_texts(self, embedder: Embedder) -> None:
        """Row i belongs to text i, however the provider sorts and splits."""
        order = [3, 0, 5, 1, 4, 2]
        straight = embedder.embed_documents(TEXTS).vectors
        permuted = embedder.embed_documents([TEXTS[at] for at in order]).vectors
        self.assert_same(permuted, straight[order])

    def test_a_text_alone_has_the_vector_it_has_among_others(self, embedder: Embedder) -> None:
        """Padding and batching do not show in a vector."""
        together = embedder.embed_documents(TEXTS).vectors
        for row, text in enumerate(TEXTS):
            self.assert_same(embedder.embed_documents([text]).vectors, together[row : row + 1])

    def test_two_calls_give_the_same_vectors(self, embedder: Embedder) -> None:
        """The model has no memory and no randomness."""
        self.assert_same(embedder.embed_queries(TEXTS).vectors, embedder.embed_queries(TEXTS).vectors)

    def test_equal_texts_have_equal_vectors(self, embedder: Embedder) -> None:
        """Within one batch too."""
        vectors = embedder.embed_documents([TEXTS[0], TEXTS[1], TEXTS[0]]).vectors
        self.assert_same(vectors[:1], vectors[2:])

    def test_different_texts_have_different_vectors(self, embedder: Embedder) -> None:
        """The model reads the text."""
        vectors = embedder.embed_documents([self.text, self.unrelated]).vectors
        assert np.abs(vectors[0] - vectors[1]).max() > 10 * self.tolerance

    def test_sides_differ_exactly_where_their_recipes_do(self, embedder: Embedder) -> None:
        """What makes a query differ from a document stands in the space, and nowhere else."""
        documents = embedder.embed_documents(TEXTS).vectors
        queries = embedder.embed_queries(TEXTS).vectors
        same_recipe = embedder.space.document_recipe == embedder.space.query_recipe
        assert (np.abs(documents - queries).max() <= self.tolerance) == same_recipe

    def test_no_texts_give_no_vectors(self, embedder: Embedder) -> None:
        """An empty list gives shape (0, dims)."""
        for batch in (embedder.embed_documents([]), embedder.embed_queries([])):
            assert batch.vectors.shape == (0, embedder.space.dims)
            assert batch.vectors.dtype == np.float32

    def test_any_unicode_is_embedded(self, embedder: Embedder) -> None:
        """Every script, joined emoji, control characters, punctuation alone."""
        batch = embedder.embed_documents(UNICODE)
        check_batch(batch, space=embedder.space, side="document", count=len(UNICODE))

    def test_a_very_long_text_is_embedded_and_leaves_its_neighbours_alone(self, embedder: Embedder) -> None:
        """A long text is cut, split or served; the others of its batch keep their vectors."""
        long = "the water of the valley " * (self.long_words // 5)
        batch = embedder.embed_documents([TEXTS[0], long, TEXTS[2]])
        check_batch(batch, space=embedder.space, side="document", count=3)
        self.assert_same(batch.vectors[[0, 2]], embedder.embed_documents([TEXTS[0], TEXTS[2]]).vectors)

    def test_more_texts_than_one_request_holds(self, embedder: Embedder) -> None:
        """The provider splits requests itself."""
        count = embedder.limits.batch_texts + 3
        batch = embedder.embed_documents([TEXTS[at % len(TEXTS)] for at in range(count)])
        check_batch(batch, space=embedder.space, side="document", count=count)
        self.assert_same(batch.vectors[-1:], embedder.embed_documents([TEXTS[(count - 1) % len(TEXTS)]]).vectors)

    def test_tokens_are_counted(self, embedder: Embedder) -> None:
        """Counts are positive and grow with the text, also beyond what the model reads."""
        counts = [embedder.count_tokens(text) for text in (*TEXTS, *UNICODE)]
        assert min(counts) > 0
        assert embedder.count_tokens(TEXTS[0] * 50) > embedder.count_tokens(TEXTS[0])

    def test_tokens_of_a_batch_grow_with_its_texts(self, embedder: Embedder) -> None:
        """A provider that counts what it bills counts every text."""
        one, all_of_them = embedder.embed_documents(TEXTS[:1]).tokens, embedder.embed_documents(TEXTS).tokens
        assert (one is None) == (all_of_them is None)
        assert one is None or all_of_them is None or 0 < one < all_of_them

    def test_a_paraphrase_is_nearer_than_an_unrelated_text(self, embedder: Embedder) -> None:
        """The vectors mean something."""
        query = self.directions(embedder.embed_queries([self.text]))[0]
        near, far = self.directions(embedder.embed_documents([self.paraphrase, self.unrelated])) @ query
        assert near > far

    def test_space_and_limits_do_not_change(self, embedder: Embedder) -> None:
        """What a caller planned with stays true while it embeds."""
        before = (embedder.space, embedder.limits)
        embedder.embed_documents(TEXTS)
        assert (embedder.space, embedder.limits) == before
        assert embedder.limits.batch_texts >= 1
        assert embedder.space.slug

    def assert_same(self, found: Vectors, expected: Vectors) -> None:
        """The two differ nowhere by more than the tolerance."""
        assert found.shape == expected.shape
        worst = float(np.abs(found - expected).max())
        assert worst <= self.tolerance, f"vectors differ by {worst:g}, allowed are {self.tolerance:g}"

    def directions(self, batch: EmbeddingBatch) -> Vectors:
        """The batch's vectors scaled to length one."""
        return to_unit_length(batch.vectors.copy())
