"""The settings as typed values: what each table of the file may hold, and what holds when it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from helmert.config.gate import STRICT, GateSettings
from helmert.config.selection import SelectionSettings
from helmert.evaluation.chunks import ChunkFields


class StoreSettings(BaseModel):
    """`[stores.<name>]`: a vector database."""

    model_config = STRICT
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


class ChunkFieldSettings(BaseModel):
    """`chunk_fields` of a collection whose rows are chunks: the fields that say where each of them is from."""

    model_config = STRICT
    document: Annotated[str, Field(min_length=1)] = "document_id"
    """The document that the chunk is a piece of."""
    start: Annotated[str, Field(min_length=1)] = "start"
    """Its first character in the document's text."""
    end: Annotated[str, Field(min_length=1)] = "end"
    """The character behind its last one."""


class CollectionSettings(BaseModel):
    """`[collections.<name>]`: documents an application searches."""

    model_config = STRICT
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
    chunk_fields: ChunkFieldSettings | None = None
    """Set it when rows are chunks and labels are of documents and passages."""

    @property
    def chunks(self) -> ChunkFields | None:
        """Where a row says which part of which document it is; None when rows are documents."""
        return ChunkFields(**self.chunk_fields.model_dump()) if self.chunk_fields is not None else None

    @property
    def kept_fields(self) -> list[str] | None:
        """`metadata_fields` and those of chunks, without which an index could not tell what its rows are."""
        if self.metadata_fields is None or self.chunk_fields is None:
            return self.metadata_fields
        return list(dict.fromkeys((*self.metadata_fields, *self.chunk_fields.model_dump().values())))


class BackfillSettings(BaseModel):
    """`[backfill]`: how an index is filled."""

    model_config = STRICT
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
    selection: SelectionSettings = Field(default_factory=SelectionSettings)

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
