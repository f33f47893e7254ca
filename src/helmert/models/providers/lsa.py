"""Latent semantic analysis: a model fitted on the user's own texts, without any pretrained weights.

TF-IDF followed by a truncated singular value decomposition (Deerwester et al. 1990). On a narrow domain it
can beat a pretrained model; it knows no word that it was not fitted on. `fit` needs scikit-learn once;
embedding needs numpy.

The artefact is a folder of plain data, never pickled objects, so opening one from elsewhere runs no code:
`lsa.json` (facts), `vocabulary.json` (terms in the order of their rows) and `arrays.npz` (`idf`,
`components`, `fallback`). Its digest is the space's revision: a model fitted again is another space.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic import Field

from helmert.errors import BadInput, ConfigError, MissingExtra, NotFound, UsageError
from helmert.models.base import EmbeddingBatch, Limits, Side
from helmert.models.options import ProviderOptions, read_options
from helmert.models.revision import files_revision, require_revision
from helmert.models.scaling import to_unit_length
from helmert.spaces.space import EmbeddingSpace
from helmert.types import Vectors

FORMAT = 1
FILES = ("lsa.json", "vocabulary.json", "arrays.npz")
TERM = re.compile(r"\w\w+")
"""A term is a run of two or more letters, digits or underscores, in lower case."""


class LsaOptions(ProviderOptions):
    """Options of the provider `lsa`."""

    path: str = Field(min_length=1)
    """The folder that `fit` wrote; relative to `helmert.toml`."""
    dims: int | None = Field(default=None, ge=1)
    """Keep only the leading dimensions, which carry most; all that were fitted when not given."""


class LsaEmbedder:
    """Sum of term vectors weighted by 1 + log(count), scaled to length one.

    A text without any known term has no position of its own, and a zero vector cannot be ranked. It gets the
    mean direction of the corpus that the model was fitted on, so such a query finds the most typical
    documents.
    """

    def __init__(
        self,
        *,
        terms: Mapping[str, int],
        table: Vectors,
        fallback: Vectors,
        space: EmbeddingSpace,
        limits: Limits,
    ) -> None:
        self._terms = terms
        self._table = table
        self._fallback = fallback
        self.space = space
        self.limits = limits

    def count_tokens(self, text: str) -> int:
        """Terms of the text, known or not; at least 1."""
        return max(1, len(split_terms(text)))

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of documents."""
        return self._embed(texts, self.space.document_recipe.prefix, "document")

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        """Vectors of queries; the same as of documents unless a prefix is configured."""
        return self._embed(texts, self.space.query_recipe.prefix, "query")

    def _embed(self, texts: Sequence[str], prefix: str, side: Side) -> EmbeddingBatch:
        vectors = np.empty((len(texts), self.space.dims), dtype=np.float32)
        tokens = 0
        for row, text in enumerate(texts):
            found = split_terms(prefix + text)
            tokens += len(found)
            vectors[row] = self._vector(Counter(found))
        return EmbeddingBatch(
            vectors=to_unit_length(vectors),
            side=side,
            requested_model=self.space.model,
            reported_model=None,
            tokens=tokens,
        )

    def _vector(self, counts: Counter[str]) -> Vectors:
        known = [(self._terms[term], count) for term, count in counts.items() if term in self._terms]
        # Sorted, so that two texts with the same words have the same vector to the last bit.
        known.sort()
        rows = np.array([row for row, _ in known], dtype=np.intp)
        weights = np.array([1.0 + math.log(count) for _, count in known], dtype=np.float32)
        vector: Vectors = weights @ self._table.take(rows, axis=0)
        return vector if float(vector @ vector) > 0.0 else self._fallback


def split_terms(text: str) -> list[str]:
    """The terms of a text, in order, in lower case."""
    return TERM.findall(text.lower())


def fit(texts: Sequence[str], *, dims: int, path: Path, seed: int = 0, max_terms: int = 50_000) -> str:
    """Fit a model on texts and write its artefact.

    Args:
        texts: the corpus; some hundred texts at least for a useful model.
        dims: dimensions of the vectors; fewer than texts and than different terms.
        path: the folder to write. It must not exist: a model is never changed under an index that uses it.
        seed: of the randomised decomposition.
        max_terms: only the most frequent terms are kept, which bounds the artefact to 4 * dims * max_terms
        bytes.

    Returns:
        The revision: the digest of the artefact.

    Raises:
        UsageError: the folder exists, or the texts are too few or too alike for so many dimensions.
        MissingExtra: scikit-learn is not installed.
    """
    if path.exists():
        raise UsageError(
            f"{path} exists already, and an index may use the model in it.",
            next_step="Write the new model to another folder; it is another space.",
        )
    terms, idf, components, fallback = _decompose(texts, dims=dims, seed=seed, max_terms=max_terms)
    facts = {"format": FORMAT, "dims": dims, "seed": seed, "texts": len(texts), "terms": len(terms)}
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place and renamed into it, so that an interrupted fit leaves nothing that looks
    # finished.
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as temporary:
        draft = Path(temporary, "lsa")
        draft.mkdir()
        (draft / "lsa.json").write_text(json.dumps(facts), encoding="utf-8")
        (draft / "vocabulary.json").write_text(json.dumps(terms), encoding="utf-8")
        np.savez(draft / "arrays.npz", idf=idf, components=components, fallback=fallback)
        draft.rename(path)
    return _revision(path)


def open_embedder(options: Mapping[str, object], base: Path) -> LsaEmbedder:
    """Open an artefact. Raises `ConfigError`, `NotFound` and, for a damaged one, `BadInput`."""
    settings = read_options(LsaOptions, options, provider="lsa")
    path = base / Path(settings.path).expanduser()
    for name in FILES:
        if not (path / name).is_file():
            raise NotFound(f"The provider lsa needs {path / name}, which does not exist.")
    revision = require_revision(_revision(path), wanted=settings.revision, where=path)
    terms, table, fallback = _load(path)
    fitted = table.shape[1]
    dims = settings.dims or fitted
    if dims > fitted:
        raise ConfigError(f"Provider 'lsa': option 'dims' is {dims}; the model at {path} has {fitted}.")
    return LsaEmbedder(
        terms={term: row for row, term in enumerate(terms)},
        table=np.ascontiguousarray(table[:, :dims]),
        fallback=fallback[:dims],
        space=settings.space(provider="lsa", model=f"lsa/{path.resolve().name}", dims=dims, revision=revision),
        limits=Limits(batch_texts=1024, price_per_million=settings.price_per_million),
    )


def _revision(path: Path) -> str:
    return files_revision(*(path / name for name in FILES))


def _load(path: Path) -> tuple[list[str], Vectors, Vectors]:
    """Terms, table of shape (terms, dims) with the weight of each term multiplied in, and the fallback."""
    facts = json.loads((path / "lsa.json").read_text(encoding="utf-8"))
    if facts.get("format") != FORMAT:
        raise BadInput(f"format is {facts.get('format')!r}, known is {FORMAT}", path=str(path / "lsa.json"))
    terms = json.loads((path / "vocabulary.json").read_text(encoding="utf-8"))
    with np.load(path / "arrays.npz", allow_pickle=False) as arrays:
        idf, components, fallback = arrays["idf"], arrays["components"], arrays["fallback"]
    if components.shape != (facts["dims"], len(terms)) or idf.shape != (len(terms),):
        raise BadInput(
            f"components have shape {components.shape} and idf {idf.shape}; lsa.json and vocabulary.json say "
            f"{facts['dims']} dimensions and {len(terms)} terms",
            path=str(path / "arrays.npz"),
        )
    return terms, np.ascontiguousarray((components * idf).T, dtype=np.float32), fallback


def _decompose(
    texts: Sequence[str], *, dims: int, seed: int, max_terms: int
) -> tuple[list[str], Vectors, Vectors, Vectors]:
    """Terms, inverse document frequencies, components of shape (dims, terms) and the mean direction."""
    try:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise MissingExtra("Fitting an LSA model", extra="local") from error
    vectorizer = TfidfVectorizer(
        tokenizer=split_terms, token_pattern=None, lowercase=False, sublinear_tf=True, max_features=max_terms
    )
    different = len({term for text in texts for term in split_terms(text)})
    if dims >= min(len(texts), different, max_terms):
        raise UsageError(
            f"{dims} dimensions need more than {dims} texts and terms; there are {len(texts)} texts with "
            f"{different} different terms, of which at most {max_terms} are kept.",
            next_step="Fit with fewer dimensions or more texts.",
        )
    weighted = vectorizer.fit_transform(texts)
    decomposition = TruncatedSVD(dims, n_iter=7, random_state=seed)
    mean = decomposition.fit_transform(weighted).mean(axis=0, keepdims=True).astype(np.float32)
    return (
        vectorizer.get_feature_names_out().tolist(),
        vectorizer.idf_.astype(np.float32),
        decomposition.components_.astype(np.float32),
        to_unit_length(mean)[0],
    )
