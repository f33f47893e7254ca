"""Find, read and check the file; every error names the line or the environment variable it comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, SettingsError

from helmert.config.locating import locate
from helmert.config.settings import Settings
from helmert.errors import BadName, ConfigError
from helmert.spaces.naming import check_collection

FILE_NAME = "helmert.toml"


def find_file(start: Path) -> Path:
    """The nearest `helmert.toml` in `start` or a folder above it. Raises `ConfigError` saying where it looked."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise ConfigError(f"No {FILE_NAME} in {start} or any folder above it.", next_step="helmert init")


def load(path: Path) -> Settings:
    """Read and check a configuration file. Raises `ConfigError` naming file, line, key and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.", next_step="helmert init") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}.", next_step=f"edit {path}") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """Check the text of a configuration file that stands, or will stand, at `path`. Raises `ConfigError`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}.", next_step=f"edit {path}") from error
    origin = _Origin(path=path, text=text, environment=_environment())
    try:
        settings = Settings(**data)
    except ValidationError as error:
        sentences = "\n".join(_sentence(problem, origin) for problem in error.errors())
        raise ConfigError(sentences, next_step=f"edit {path}") from error
    _check_collections(settings, origin)
    _check_gate(settings, origin)
    return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """Where values come from: the file, or the environment that goes before it."""

    path: Path
    text: str
    environment: Mapping[str, Any]

    def place(self, keys: Sequence[str | int]) -> str:
        """How an editor or a shell names the place of a key."""
        inner: Any = self.environment
        for key in keys:
            if not isinstance(inner, Mapping) or key not in inner:
                return f"{self.path}:{locate(self.text, keys)}"
            inner = inner[key]
        return f"environment variable {'__'.join(('HELMERT', *map(str, keys))).replace('__', '_', 1).upper()}"


def _environment() -> Mapping[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise ConfigError(
            f"An environment variable HELMERT_... cannot be read: {error}.",
            next_step="Override single values, as in HELMERT_BACKFILL__BATCH=512, or unset it.",
        ) from error


def _sentence(problem: ErrorDetails, origin: _Origin) -> str:
    keys = problem["loc"]
    place, name = origin.place(keys), ".".join(map(str, keys))
    if problem["type"] == "extra_forbidden":
        return f"{place}: unknown key {name!r}. Known here: {', '.join(sorted(_known_keys(keys[:-1])))}."
    value = problem.get("input")
    shown = "" if isinstance(value, dict) else f" (value {value!r})"
    return f"{place}: {name}: {problem['msg']}{shown}."


def _known_keys(keys: Sequence[str | int]) -> list[str]:
    here: Any = Settings
    for key in keys:
        inside = getattr(here, "__args__", None)
        if inside:  # `dict[str, X]` and `list[X]`: the key is a name or a position, what it holds is X
            here = inside[-1]
            continue
        field = here.model_fields.get(key)
        here = field.annotation if field else BaseModel
    return list(getattr(here, "model_fields", {}))


def _check_collections(settings: Settings, origin: _Origin) -> None:
    owners: dict[str, str] = {}
    for name, collection in settings.collections.items():
        try:
            check_collection(name)
        except BadName as error:
            raise ConfigError(f"{origin.place(('collections', name))}: {error.message}") from error
        for key, value, known in (
            ("store", collection.store, settings.stores),
            ("model", collection.model, settings.models),
        ):
            if value not in known:
                place = origin.place(("collections", name, key))
                listed = ", ".join(sorted(known)) or "none"
                raise ConfigError(
                    f"{place}: collections.{name}.{key} names {value!r}, which is not defined. Known: {listed}.",
                    next_step=f"add [{key}s.{value}] to {origin.path}",
                )
        alias = collection.alias or f"{name}_current"
        if alias in owners:
            place = origin.place(("collections", name, "alias"))
            raise ConfigError(f"{place}: alias {alias!r} belongs to collection {owners[alias]!r} already.")
        owners[alias] = name


def _check_gate(settings: Settings, origin: _Origin) -> None:
    for keys, error in settings.gate.mistakes():
        raise ConfigError(f"{origin.place(('gate', *keys))}: {error.message}", next_step=error.next_step) from error
