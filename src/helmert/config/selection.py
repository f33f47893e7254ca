"""`[selection]`: on which measures, at which volumes and prices candidates are compared."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from helmert.config.gate import STRICT
from helmert.errors import UsageError
from helmert.evaluation import Measure
from helmert.selection.costs import Given
from helmert.selection.scorecard import Quantisation
from helmert.selection.terms import ALL_QUANTISATIONS, Money, SweepTerms, Terms

Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class PromptSettings(BaseModel):
    """`[selection.prompts.<name>]`: a model with other prefixes, a candidate of its own called `model+name`."""

    model_config = STRICT
    model: str
    query_prefix: str | None = None
    """Before every query; as the model has it when not set."""
    document_prefix: str | None = None

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if self.query_prefix is None and self.document_prefix is None:
            raise ValueError("a prompt needs query_prefix, document_prefix or both")
        return self

    @property
    def options(self) -> dict[str, object]:
        """What it changes of the model's options."""
        return self.model_dump(exclude={"model"}, exclude_none=True)


class SelectionSettings(BaseModel):
    """`[selection]`."""

    model_config = STRICT
    primary: str = "nDCG@10"
    """The measure that orders candidates and chooses."""
    measures: list[str] = Field(default_factory=lambda: ["nDCG@10", "recall@10", "MRR@10"], min_length=1)
    level: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    min_slice: Annotated[int, Field(ge=2)] = 30
    margin: Share = 0.02
    """Loss of the primary measure that a cheaper candidate is taken with, when the loss is shown to be smaller."""
    holdout: Share = 0.0
    """Share of the queries that the choice is confirmed on."""
    seed: Annotated[int, Field(ge=0)] = 0
    exclude_self: bool = False
    """Leave out of a query's results the document that is its text word for word."""
    rate: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 20.0
    """Queries per second at the busiest hour."""
    budget_ms: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 50.0
    """Milliseconds that the query side may take at p95."""
    latency_seconds: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 20.0
    """How long the open loop runs for each candidate."""
    dims: list[Annotated[int, Field(ge=1)]] = Field(default_factory=list)
    """Sizes of the sweep; halves of the full size when empty."""
    quantisations: list[Quantisation] = Field(default_factory=lambda: list(ALL_QUANTISATIONS), min_length=1)
    oversample: Annotated[int, Field(ge=1)] = 4
    layer_norm: dict[str, bool] = Field(default_factory=dict)
    """By model: normalise the layer before truncation."""
    queries_per_month: Amount = 0.0
    documents_changed_per_month: Amount = 0.0
    months_between_changes: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 12.0
    corpus_size: Annotated[int, Field(ge=0)] = 0
    """Documents in production; 0 for those of the source."""
    storage_price_per_gb_month: Amount = 0.0
    replicas: Annotated[int, Field(ge=1)] = 1
    serving_price_per_hour: dict[str, Amount] = Field(default_factory=dict)
    """By model: the machine that answers its queries."""
    prices_from: str = ""
    """Source and date of the prices, repeated beside them."""
    leaderboard_names: dict[str, str] = Field(default_factory=dict)
    """By model: its name on a leaderboard."""
    prompts: dict[str, PromptSettings] = Field(default_factory=dict)

    @field_validator("primary", "measures")
    @classmethod
    def _known(cls, value: str | list[str]) -> str | list[str]:
        for name in [value] if isinstance(value, str) else value:
            try:
                Measure.parse(name)
            except UsageError as error:
                raise ValueError(f"{error.message} {error.next_step}") from error
        return value

    def to_terms(self, *, currency: str) -> Terms:
        """The terms of a selection without a measurement of latency, which the command adds."""
        return Terms(
            primary=Measure.parse(self.primary),
            measures=tuple(Measure.parse(name) for name in self.measures),
            level=self.level,
            min_slice=self.min_slice,
            margin=self.margin,
            holdout=self.holdout,
            seed=self.seed,
            exclude_self=self.exclude_self,
            sweep=SweepTerms(
                dims=tuple(self.dims),
                quantisations=tuple(dict.fromkeys(self.quantisations)),
                layer_norm=self.layer_norm,
                oversample=self.oversample,
            ),
            money=self._money(currency),
        )

    def _money(self, currency: str) -> Money:
        def given(name: str) -> Given:
            stated: Literal["supplied", "estimated"] = "supplied" if name in self.model_fields_set else "estimated"
            return Given(value=float(getattr(self, name)), basis=stated, source=self._source(name, stated))

        return Money(
            currency=currency,
            queries_per_month=given("queries_per_month"),
            documents_changed_per_month=given("documents_changed_per_month"),
            months_between_changes=given("months_between_changes"),
            corpus_size=self.corpus_size or None,
            storage_price=given("storage_price_per_gb_month"),
            replicas=given("replicas"),
            serving_hour={
                model: Given(value=price, basis="supplied", source=self.prices_from)
                for model, price in self.serving_price_per_hour.items()
            },
        )

    def _source(self, name: str, stated: str) -> str:
        if stated == "estimated":
            return f"{name} is not set in [selection]"
        return self.prices_from if "price" in name else f"{name} in [selection]"
