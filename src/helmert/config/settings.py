"""The settings as typed values: what each table of the file may hold, and what holds when it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from helmert.evaluation import GatePolicy, GateRule, Measure

_STRICT = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(BaseModel):
    """`[stores.<name>]`: a vector database."""

    model_config = _STRICT
    url: str
    """The scheme selects the driver: `lancedb:///.helmert/lancedb`, `sqlite:///.helmert/vectors.db`."""


class ModelSettings(BaseModel):
    """`[models.<name>]`: an embedding model. Everything but `provider` is the provider's own option."""

    model_config = ConfigDict(extra="allow", frozen=True)
    provider: str

    @property
    def options(self) -> Mapping[str, object]:
        """The provider's options."""
        return dict(self.model_extra or {})


class CollectionSettings(BaseModel):
    """`[collections.<name>]`: documents an application searches."""

    model_config = _STRICT
    source: Annotated[str, Field(min_length=1)]
    """JSONL, CSV or Parquet file, a BEIR folder, or a folder of text files; relative to helmert.toml."""
    model: str
    """The model of the first index. Later ones are chosen by `helmert plan --model`."""
    store: str = "default"
    alias: str = ""
    """The name the application searches; `<collection>_current` when empty."""
    evalset: str = ""
    """Labelled queries: a BEIR folder, a TREC qrels file or a JSONL file; relative to helmert.toml."""
    fields: dict[str, Literal["text", "int", "float", "bool"]] = Field(default_factory=dict)
    """Metadata fields that searches may filter on."""
    id_field: str = ""
    text_fields: list[str] = Field(default_factory=list)
    metadata_fields: list[str] | None = None
    """Fields kept as metadata; all others of the row when it is not set."""
    on_bad: Literal["stop", "skip"] = "stop"


class RuleSettings(BaseModel):
    """One entry of `[[gate.rules]]`."""

    model_config = _STRICT
    measure: str
    margin: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.02
    kind: Literal["non-inferior", "superior"] = "non-inferior"

    @model_validator(mode="after")
    def _showable(self) -> Self:
        if self.kind == "non-inferior" and self.margin == 0.0:
            raise ValueError("a non-inferiority margin of 0 could never be shown between equal systems")
        return self

    def to_rule(self) -> GateRule:
        """The rule of the gate. Raises `UsageError` for a measure that does not exist."""
        return GateRule(measure=Measure.parse(self.measure), margin=self.margin, kind=self.kind)


class GateSettings(BaseModel):
    """`[gate]`: what an evaluation must show before a promotion."""

    model_config = _STRICT
    rules: list[RuleSettings] = Field(
        default_factory=lambda: [RuleSettings(measure="recall@10"), RuleSettings(measure="nDCG@10")], min_length=1
    )
    min_queries: Annotated[int, Field(ge=1)] = 30
    level: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    max_age_hours: Annotated[float, Field(gt=0)] = 24.0
    """An older evaluation is stale and has to be repeated."""
    max_changed: Annotated[float, Field(ge=0.0, le=1.0)] = 0.01
    """Share of the documents that may have changed since the evaluation."""

    def to_policy(self) -> GatePolicy:
        """The policy of the gate."""
        rules = tuple(rule.to_rule() for rule in self.rules)
        return GatePolicy(rules=rules, min_queries=self.min_queries, level=self.level)


class BackfillSettings(BaseModel):
    """`[backfill]`: how an index is filled."""

    model_config = _STRICT
    batch: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Rows embedded at a time; what a crash can cost twice, once per worker."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Batches embedded at the same time; more than one helps when the model is behind a network."""


class Settings(BaseSettings):
    """The whole file."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="HELMERT_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )
    registry: str = "sqlite:///.helmert/registry.db"
    currency: str = "USD"
    stores: dict[str, StoreSettings] = Field(
        default_factory=lambda: {"default": StoreSettings(url="lancedb:///.helmert/lancedb")}
    )
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    collections: dict[str, CollectionSettings] = Field(default_factory=dict)
    gate: GateSettings = Field(default_factory=GateSettings)
    backfill: BackfillSettings = Field(default_factory=BackfillSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file. No .env file and no secrets folder are read."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings
