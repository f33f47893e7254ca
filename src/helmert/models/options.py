"""What every provider's options have in common, and how mistakes in them are told.

Options come from the table `[models.<name>]` of `helmert.toml`. Pydantic validates them here, at the edge;
inside, providers work with the validated object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from helmert.errors import ConfigError
from helmert.spaces.space import EmbeddingSpace, Recipe

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
"""The NAME of an environment variable. Upper case only, so that a key written here is refused."""

SECRET_LIKE = re.compile(r"key|secret|password|^(auth|access|bearer|api)?_?token$")
"""Names of options under which people write a secret."""


class ProviderOptions(BaseModel):
    """Options that all providers accept. A provider adds its own in a subclass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = ""
    """A short name for people and for index names."""
    family: str = ""
    """Name of a space that several models share; stands in for the model when spaces are compared."""
    revision: str = ""
    """Version of the weights. Providers that read weights from disk compare it with the digest they find."""
    price_per_million: float = Field(default=0.0, ge=0.0)
    """Money for a million input tokens, in the currency of the configuration."""
    query_prefix: str = ""
    """Put before every query."""
    document_prefix: str = ""
    """Put before every document."""

    def space(self, *, provider: str, model: str, dims: int, revision: str, **facts: object) -> EmbeddingSpace:
        """The space these options describe. `facts` are further fields of `EmbeddingSpace`."""
        fields: dict[str, object] = {
            "document_recipe": Recipe(prefix=self.document_prefix),
            "query_recipe": Recipe(prefix=self.query_prefix),
            "label": self.label,
            **facts,
        }
        return EmbeddingSpace(
            provider=provider,
            model=model,
            dims=dims,
            revision=revision,
            family=self.family,
            **fields,  # type: ignore[arg-type]
        )


Options = TypeVar("Options", bound=ProviderOptions)


def read_options(kind: type[Options], options: Mapping[str, object], *, provider: str) -> Options:
    """The validated options. Raises `ConfigError` naming each wrong option and the allowed ones.

    Values are repeated in the message except where they may be a secret.
    """
    try:
        return kind.model_validate(dict(options))
    except ValidationError as error:
        faults = " ".join(fault(details) for details in error.errors(include_url=False))
        raise ConfigError(
            f"Provider {provider!r}: {faults}",
            next_step=f"Allowed options: {', '.join(sorted(kind.model_fields))}.",
        ) from None


def read_secret(variable: str, environ: Mapping[str, str]) -> str:
    """The secret in the named environment variable. Raises `ConfigError` when it is unset or no key."""
    secret = environ.get(variable, "").strip()
    if not secret:
        raise ConfigError(
            f"Environment variable {variable} is named by api_key_env and is not set.",
            next_step=f"export {variable}=...",
        )
    if not (secret.isascii() and secret.isprintable()):
        raise ConfigError(
            f"Environment variable {variable} holds characters that cannot be part of a key.",
            next_step="Copy the key again, without quotation marks or line breaks.",
        )
    return secret


def fault(details: ErrorDetails) -> str:
    """What is wrong with one option, as a sentence that repeats no secret."""
    option = ".".join(str(part) for part in details["loc"])
    match details["type"]:
        case "value_error" if not option:
            return f"{details['msg'].removeprefix('Value error, ')}."
        case "extra_forbidden" if SECRET_LIKE.search(option):
            return f'Option {option!r} is not known; secrets are named, not written: api_key_env = "NAME".'
        case "extra_forbidden":
            return f"Option {option!r} is not known."
        case "missing":
            return f"Option {option!r} is missing."
        case _ if option == "api_key_env":
            return "Option 'api_key_env' must be the name of an environment variable in upper case, not a key."
        case _:
            return f"Option {option!r} is {details['input']!r}: {details['msg']}."
