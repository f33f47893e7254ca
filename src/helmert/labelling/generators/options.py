"""Options of a generator, and how mistakes in them are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from helmert.errors import ConfigError
from helmert.models.options import fault

Options = TypeVar("Options", bound=BaseModel)


def read_options(kind: type[Options], options: Mapping[str, object], *, generator: str) -> Options:
    """The validated options. Raises `ConfigError` naming each wrong option and the allowed ones."""
    try:
        return kind.model_validate(dict(options))
    except ValidationError as error:
        faults = " ".join(fault(details) for details in error.errors(include_url=False))
        raise ConfigError(
            f"Generator {generator!r}: {faults}", next_step=f"Allowed options: {', '.join(sorted(kind.model_fields))}."
        ) from None
