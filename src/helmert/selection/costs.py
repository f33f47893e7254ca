"""What a candidate costs in a month at the user's volume, and from which volume on hosting it oneself is cheaper.

All inputs are the user's or were measured; none is built in, since prices change. Each carries where it came from, and
the result repeats that beside the number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

from helmert.errors import UsageError
from helmert.selection.scorecard import Basis, MonthlyCost

HOURS_PER_MONTH = 730.0
"""8,760 hours of a year over twelve."""
MILLION = 1e6
GIGABYTE = 1e9
"""Bytes as those who rent out memory count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A number that a cost rests on. Raises `UsageError` for one below 0 or not finite."""

    value: float
    basis: Basis
    source: str = ""
    """Who says so, and of which date: `price list of the provider, 2026-11-01`, `mean of 200 queries`."""

    def __post_init__(self) -> None:
        if not (self.value >= 0.0 and math.isfinite(self.value)):
            raise UsageError(f"A volume or price is a number of at least 0; got {self.value}.")

    def sentence(self, what: str) -> str:
        """`0.13 USD for a million tokens (catalogued: price list, 2026-11-01).`"""
        return f"{self.value:,.10g} {what} ({self.basis}{': ' + self.source if self.source else ''})."


NOTHING = Given(value=0.0, basis="estimated", source="not stated")
ONE = Given(value=1.0, basis="estimated", source="not stated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much is embedded and stored."""

    queries: Given
    """In a month."""
    query_tokens: Given
    """Of one query, on average, as this model counts them."""
    documents: Given
    """In the collection."""
    document_tokens: Given
    changed_documents: Given = NOTHING
    """New and changed ones in a month."""
    months_between_models: Given = Given(value=12.0, basis="estimated", source="one change of model in a year")
    """The whole corpus is embedded once for each model; its cost is spread over so many months."""

    def __post_init__(self) -> None:
        if self.months_between_models.value <= 0.0:
            raise UsageError("The months between two changes of model must be above 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a candidate is paid for, in one currency."""

    million_tokens: Given = NOTHING
    """Embedding a million tokens; 0 for a model on one's own machines."""
    gigabyte_month: Given = NOTHING
    """Keeping a gigabyte of vectors for a month, in memory or on disk as the store does it."""
    index_overhead: Given = ONE
    """Bytes that the index takes for each byte of vectors: 1.0 for none."""
    store_replicas: Given = ONE
    """Copies of the vectors."""
    serving_hour: Given = NOTHING
    """One machine that answers queries, for an hour."""
    serving_replicas: Given = ONE
    """Machines."""


def monthly_cost(volume: Volume, prices: Prices, *, vector_bytes: Given, currency: str) -> MonthlyCost:
    r"""Money for a month, by what it is paid for.

    With Q queries of t_q tokens, \Delta C changed and N stored documents of t_d tokens, p for a million tokens, L
    months between models, b bytes for a vector, o overhead, r copies, s for a gigabyte and month, r' machines and h
    for an hour of one:

    queries Q t_q p / 10^6,  documents \Delta C t_d p / 10^6,  reindex N t_d p / 10^6 / L,
    storage N b o r s / 10^9,  serving 730 h r'

    During a migration old and new index exist side by side; its plan counts that second storage.
    """
    price = prices.million_tokens.value / MILLION
    tokens = volume.document_tokens.value
    gigabytes = volume.documents.value * vector_bytes.value * prices.index_overhead.value / GIGABYTE
    return MonthlyCost(
        queries=volume.queries.value * volume.query_tokens.value * price,
        documents=volume.changed_documents.value * tokens * price,
        reindex=reindex_cost(volume, prices) / volume.months_between_models.value,
        storage=gigabytes * prices.store_replicas.value * prices.gigabyte_month.value,
        serving=prices.serving_hour.value * HOURS_PER_MONTH * prices.serving_replicas.value,
        currency=currency,
        basis=tuple(_sentences(volume, prices, vector_bytes, currency)),
    )


def reindex_cost(volume: Volume, prices: Prices) -> float:
    """Money for embedding the whole corpus once."""
    return volume.documents.value * volume.document_tokens.value * prices.million_tokens.value / MILLION


def break_even_queries(*, hosting_month: float, query_tokens: float, million_tokens: float) -> float:
    """Queries in a month from which a machine of one's own costs less than paying for tokens; infinite when never.

    Queries only: documents that change often move the point, so that `monthly_cost` of both is the better comparison.
    Raises `UsageError` for a number below 0.
    """
    if min(hosting_month, query_tokens, million_tokens) < 0.0:
        raise UsageError(
            f"Prices and tokens are at least 0; got {hosting_month}, {query_tokens} and {million_tokens}.",
        )
    for_one = query_tokens * million_tokens / MILLION
    return hosting_month / for_one if for_one > 0.0 else math.inf


def _sentences(volume: Volume, prices: Prices, vector_bytes: Given, currency: str) -> Iterator[str]:
    """One for each input that the result depends on; prices that are 0 say so too."""
    said = {
        "queries": "queries in a month",
        "query_tokens": "tokens in a query",
        "documents": "documents",
        "document_tokens": "tokens in a document",
        "changed_documents": "new and changed documents in a month",
        "months_between_models": "months between two changes of model",
        "million_tokens": f"{currency} for a million tokens",
        "gigabyte_month": f"{currency} for a gigabyte of vectors and month",
        "index_overhead": "bytes in the index for each byte of vectors",
        "store_replicas": "copies of the vectors",
        "serving_hour": f"{currency} for an hour of a machine that answers queries",
        "serving_replicas": "machines that answer queries",
    }
    yield vector_bytes.sentence("bytes for a vector")
    for part in (volume, prices):
        for entry in fields(part):
            given: Given = getattr(part, entry.name)
            yield given.sentence(said[entry.name])
