"""`helmert.toml` to settings.

The file is the only place a user describes the world in: where the registry is, stores, models, collections and
the gate. Environment variables `HELMERT_<SECTION>__<KEY>` override single values. An unknown key is an error that
says on which line it stands. Secrets are never written here, only the names of environment variables.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from helmert.errors import BadName, ConfigError
from helmert.spaces.naming import check_collection

FILE_NAME = "helmert.toml"

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
    source: str
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


class GateSettings(BaseModel):
    """`[gate]`: what an evaluation must show before a promotion."""

    model_config = _STRICT
    rules: list[RuleSettings] = Field(
        default_factory=lambda: [RuleSettings(measure="recall@10"), RuleSettings(measure="nDCG@10")]
    )
    min_queries: Annotated[int, Field(ge=1)] = 30
    level: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    max_age_hours: Annotated[float, Field(gt=0)] = 24.0
    """An older evaluation is stale and has to be repeated."""
    max_changed: Annotated[float, Field(ge=0.0, le=1.0)] = 0.01
    """Share of the documents that may have changed since the evaluation."""


class BackfillSettings(BaseModel):
    """`[backfill]`: how an index is filled."""

    model_config = _STRICT
    batch: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Rows embedded and written at a time; what a crash can cost twice."""
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


def find_file(start: Path) -> Path:
    """The nearest `helmert.toml` in `start` or a folder above it. Raises `ConfigError` saying where it looked."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise ConfigError(f"No {FILE_NAME} in {start} or any folder above it.", next_step="helmert init")


def load(path: Path) -> Settings:
    """Read and check a configuration file. Raises `ConfigError` naming file, line, key and what is allowed."""
    text, data = _parse(path)
    try:
        settings = Settings(**data)
    except ValidationError as error:
        raise ConfigError(_explain(path, text, error), next_step=f"edit {path}") from error
    _check_references(settings, path, text)
    return settings


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.", next_step="helmert init") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}.", next_step=f"edit {path}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}.", next_step=f"edit {path}") from error


def _explain(path: Path, text: str, error: ValidationError) -> str:
    sentences = []
    for problem in error.errors():
        keys = [str(key) for key in problem["loc"]]
        place = f"{path}:{locate(text, keys)}"
        if problem["type"] == "extra_forbidden":
            known = ", ".join(sorted(_known_keys(keys[:-1])))
            sentences.append(f"{place}: unknown key {'.'.join(keys)!r}. Known here: {known}.")
        else:
            value = problem.get("input")
            shown = "" if isinstance(value, dict) else f" (value {value!r})"
            sentences.append(f"{place}: {'.'.join(keys)}: {problem['msg']}{shown}.")
    return "\n".join(sentences)


def _known_keys(keys: list[str]) -> list[str]:
    here: Any = Settings
    for key in keys:
        inside = getattr(here, "__args__", None)
        if inside:  # `dict[str, X]` and `list[X]`: the key is a name or a position, what it holds is X
            here = inside[-1]
            continue
        field = here.model_fields.get(key)
        here = field.annotation if field else BaseModel
    return list(getattr(here, "model_fields", {}))


def locate(text: str, keys: list[str]) -> int:
    """The line on which the deepest of `keys` stands in a TOML text, counted from 1.

    A TOML parser forgets lines, so this follows table headers and assignments; dotted keys and arrays of tables
    are understood, inline tables are found by the line of the key that opens them.
    """
    best, depth = 1, 0
    table: list[str] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        header = re.match(r"\[\[?\s*([^\]]+?)\s*\]\]?", line)
        if header:
            table = _split_key(header.group(1))
            found = table
        else:
            assignment = re.match(r"([A-Za-z0-9_.\"'\- ]+?)\s*=", line)
            if not assignment:
                continue
            found = [*table, *_split_key(assignment.group(1))]
        wanted = [key for key in keys if not key.isdigit()][: len(found)]
        if found == wanted and len(found) > depth:
            best, depth = number, len(found)
    return best


def _split_key(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]


def _check_references(settings: Settings, path: Path, text: str) -> None:
    for name, collection in settings.collections.items():
        try:
            check_collection(name)
        except BadName as error:
            raise ConfigError(f"{path}:{locate(text, ['collections', name])}: {error.message}") from error
        for key, value, known in (
            ("store", collection.store, settings.stores),
            ("model", collection.model, settings.models),
        ):
            if value not in known:
                line = locate(text, ["collections", name, key])
                listed = ", ".join(sorted(known)) or "none"
                raise ConfigError(
                    f"{path}:{line}: collections.{name}.{key} names {value!r}, which is not defined. Known: {listed}.",
                    next_step=f"add [{key}s.{value}] to {path}",
                )
