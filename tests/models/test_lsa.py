"""A model fitted on a corpus: what it is made of, and what it does with words it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from helmert.errors import BadInput, ConfigError, MissingExtra, NotFound, UsageError
from helmert.models import CheckedEmbedder
from helmert.models.providers import lsa
from helmert.models.providers.lsa import LsaEmbedder


def opened(folder: Path, **options: object) -> LsaEmbedder:
    return lsa.open_embedder({"path": folder.name, **options}, folder.parent)


def test_vectors_are_those_of_tf_idf_and_a_truncated_svd(lsa_folder: Path, corpus: tuple[str, ...]) -> None:
    """The oracle is scikit-learn's own pipeline over the same terms."""
    vectorizer = TfidfVectorizer(token_pattern=lsa.TERM.pattern, sublinear_tf=True)
    decomposition = TruncatedSVD(12, n_iter=7, random_state=7)
    decomposition.fit(vectorizer.fit_transform(corpus))
    texts = ["water for the valley", *corpus[:5], "water water water for a kestrel's meadow, unknownword"]
    expected = normalize(decomposition.transform(vectorizer.transform(texts)))
    found = opened(lsa_folder).embed_documents(texts).vectors
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_text_without_known_words_gets_the_direction_of_the_corpus(lsa_folder: Path, corpus: tuple[str, ...]) -> None:
    checked = CheckedEmbedder(opened(lsa_folder))
    unknown = checked.embed_queries(["zebra", "?!", "完全未知"]).vectors
    assert np.array_equal(unknown[0], unknown[1])
    assert np.array_equal(unknown[0], unknown[2])
    similarities = checked.embed_documents(corpus).vectors @ unknown[0]
    assert similarities.mean() > 0.3


def test_the_same_words_in_another_order_have_the_same_vector(lsa_folder: Path) -> None:
    one, other = opened(lsa_folder).embed_documents(["water for the valley", "valley the for water"]).vectors
    assert np.array_equal(one, other)


def test_fitting_again_gives_the_same_model_and_another_seed_another_revision(
    lsa_folder: Path, corpus: tuple[str, ...], tmp_path: Path
) -> None:
    again = lsa.fit(corpus, dims=12, path=tmp_path / "deep" / "again", seed=7)
    other = lsa.fit(corpus, dims=12, path=tmp_path / "other", seed=8)
    assert again == opened(lsa_folder).space.revision
    assert other != again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "other"]


def test_a_model_is_never_changed_under_an_index(lsa_folder: Path, corpus: tuple[str, ...]) -> None:
    before = opened(lsa_folder).space
    with pytest.raises(UsageError, match="exists already"):
        lsa.fit(corpus[:20], dims=4, path=lsa_folder)
    assert opened(lsa_folder).space == before


def test_too_few_texts_for_so_many_dimensions(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2 texts with 3 different terms"):
        lsa.fit(["one two", "two three"], dims=2, path=tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_only_the_most_frequent_terms_are_kept(corpus: tuple[str, ...], tmp_path: Path) -> None:
    lsa.fit(corpus, dims=4, path=tmp_path / "model", max_terms=9)
    assert len(json.loads((tmp_path / "model" / "vocabulary.json").read_text())) == 9


def test_leading_dimensions_are_a_space_of_their_own(lsa_folder: Path) -> None:
    full, short = opened(lsa_folder), opened(lsa_folder, dims=5)
    found = full.embed_documents(["water for the valley"]).vectors[0, :5]
    np.testing.assert_allclose(
        short.embed_documents(["water for the valley"]).vectors[0], found / np.linalg.norm(found), atol=1e-6
    )
    assert full.space.vector_hash != short.space.vector_hash
    with pytest.raises(ConfigError, match="'dims' is 13"):
        opened(lsa_folder, dims=13)


def test_a_missing_artefact_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"lsa\.json"):
        lsa.open_embedder({"path": "nowhere"}, tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": 2}, "format is 2"),
        ({"dims": 11}, "say 11 dimensions"),
        ({"format": None}, "format is None"),
    ],
)
def test_a_damaged_artefact_is_refused(
    corpus: tuple[str, ...], tmp_path: Path, change: dict[str, object], told: str
) -> None:
    folder = tmp_path / "model"
    lsa.fit(corpus, dims=4, path=folder)
    facts = json.loads((folder / "lsa.json").read_text())
    (folder / "lsa.json").write_text(json.dumps({**facts, **change}))
    with pytest.raises(BadInput, match=told):
        opened(folder)


def test_a_pinned_model_notices_any_change(corpus: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    revision = lsa.fit(corpus, dims=4, path=folder)
    opened(folder, revision=revision)
    terms = json.loads((folder / "vocabulary.json").read_text())
    (folder / "vocabulary.json").write_text(json.dumps(terms[::-1]))
    with pytest.raises(ConfigError, match=revision):
        opened(folder, revision=revision)


def test_fitting_needs_an_extra_and_embedding_does_not(
    lsa_folder: Path, corpus: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn.decomposition", None)
    opened(lsa_folder).embed_documents(["water"])
    with pytest.raises(MissingExtra) as caught:
        lsa.fit(corpus, dims=4, path=tmp_path / "model")
    assert caught.value.extra == "local"
