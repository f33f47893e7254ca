"""Costs: worked examples, what each part grows with, and where every number came from."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.selection.costs import Given, Prices, Volume, break_even_queries, monthly_cost, reindex_cost
from helmert.selection.scorecard import Basis

amounts = st.floats(min_value=0.0, max_value=1e9)


def given_as(value: float, basis: Basis = "supplied", source: str = "helmert.toml") -> Given:
    return Given(value=value, basis=basis, source=source)


def volume(**parts: float) -> Volume:
    values = {"queries": 0.0, "query_tokens": 0.0, "documents": 0.0, "document_tokens": 0.0} | parts
    return Volume(**{name: given_as(value) for name, value in values.items()})


def prices(**parts: float) -> Prices:
    return Prices(**{name: given_as(value) for name, value in parts.items()})


TEN_MILLION_CHUNKS = volume(documents=10e6, document_tokens=500.0, months_between_models=1.0)


class TestWorkedExamples:
    def test_embedding_ten_million_chunks_once(self) -> None:
        assert reindex_cost(TEN_MILLION_CHUNKS, prices(million_tokens=0.13)) == pytest.approx(650.0)

    @pytest.mark.parametrize(("vector_bytes", "money"), [(3072 * 4, 934.0), (1024 * 1, 78.0)])
    def test_keeping_them_in_memory_twice(self, vector_bytes: int, money: float) -> None:
        cost = monthly_cost(
            TEN_MILLION_CHUNKS,
            prices(gigabyte_month=3.8, store_replicas=2.0),
            vector_bytes=given_as(vector_bytes),
            currency="USD",
        )
        assert cost.storage == pytest.approx(money, abs=0.5)

    @pytest.mark.parametrize(
        ("price", "tokens", "millions"), [(0.13, 20.0, 385.0), (0.02, 20.0, 2500.0), (0.18, 60.0, 93.0)]
    )
    def test_queries_from_which_a_machine_of_a_thousand_is_cheaper(
        self, price: float, tokens: float, millions: float
    ) -> None:
        queries = break_even_queries(hosting_month=1000.0, query_tokens=tokens, million_tokens=price)
        assert queries / 1e6 == pytest.approx(millions, abs=0.6)

    def test_all_parts_of_a_month(self) -> None:
        asked = volume(
            queries=1e6,
            query_tokens=20.0,
            documents=1e6,
            document_tokens=300.0,
            changed_documents=1e5,
            months_between_models=6.0,
        )
        paid = prices(
            million_tokens=0.1,
            gigabyte_month=2.0,
            index_overhead=1.5,
            store_replicas=2.0,
            serving_hour=0.5,
            serving_replicas=2.0,
        )
        cost = monthly_cost(asked, paid, vector_bytes=given_as(1000.0), currency="EUR")
        assert cost.queries == pytest.approx(2.0)
        assert cost.documents == pytest.approx(3.0)
        assert cost.reindex == pytest.approx(5.0)
        assert cost.storage == pytest.approx(6.0)
        assert cost.serving == pytest.approx(730.0)
        assert cost.total == pytest.approx(746.0)
        assert cost.currency == "EUR"


class TestBreakEven:
    @given(
        hosting=st.floats(min_value=1.0, max_value=1e6),
        tokens=st.floats(min_value=1.0, max_value=1e4),
        price=st.floats(min_value=1e-3, max_value=1e3),
    )
    def test_both_cost_the_same_there(self, hosting: float, tokens: float, price: float) -> None:
        queries = break_even_queries(hosting_month=hosting, query_tokens=tokens, million_tokens=price)
        paid = monthly_cost(
            volume(queries=queries, query_tokens=tokens),
            prices(million_tokens=price),
            vector_bytes=given_as(0.0),
            currency="USD",
        )
        assert paid.total == pytest.approx(hosting)

    def test_what_costs_nothing_is_never_dearer(self) -> None:
        assert break_even_queries(hosting_month=10.0, query_tokens=20.0, million_tokens=0.0) == math.inf

    def test_negative_prices_are_refused(self) -> None:
        with pytest.raises(UsageError, match="at least 0"):
            break_even_queries(hosting_month=-1.0, query_tokens=20.0, million_tokens=0.1)


class TestInputs:
    def test_each_has_its_value_its_basis_and_its_source_in_a_sentence(self) -> None:
        asked = replace(volume(queries=2e6), query_tokens=given_as(11.25, "measured", "mean of 200 queries"))
        paid = Prices(million_tokens=given_as(0.13, "catalogued", "price list, 2026-11-01"))
        cost = monthly_cost(asked, paid, vector_bytes=given_as(384.0, "estimated", ""), currency="USD")
        assert len(cost.basis) == 1 + len(fields(Volume)) + len(fields(Prices))
        assert "2,000,000 queries in a month (supplied: helmert.toml)." in cost.basis
        assert "11.25 tokens in a query (measured: mean of 200 queries)." in cost.basis
        assert "0.13 USD for a million tokens (catalogued: price list, 2026-11-01)." in cost.basis
        assert "384 bytes for a vector (estimated)." in cost.basis

    @given(name=st.sampled_from([entry.name for entry in fields(Prices)]), value=amounts)
    def test_a_higher_price_never_costs_less(self, name: str, value: float) -> None:
        asked = volume(queries=1e6, query_tokens=10.0, documents=1e6, document_tokens=100.0, changed_documents=1e4)
        low = Prices(**{entry.name: given_as(1.0) for entry in fields(Prices)})
        high = replace(low, **{name: given_as(1.0 + value)})
        totals = [monthly_cost(asked, p, vector_bytes=given_as(100.0), currency="USD").total for p in (low, high)]
        assert totals[0] <= totals[1]

    @pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
    def test_impossible_amounts_are_refused(self, value: float) -> None:
        with pytest.raises(UsageError, match="at least 0"):
            given_as(value)

    def test_a_corpus_cannot_be_embedded_every_zero_months(self) -> None:
        with pytest.raises(UsageError, match="above 0"):
            volume(months_between_models=0.0)
