"""Every error Helmert raises on purpose, as one tree.

```
HelmertError
├── Terminal                 trying again changes nothing
│   ├── UsageError           the request or a file is wrong (exit code 2)
│   │   ├── ConfigError      helmert.toml
│   │   ├── BadInput         a data file: names file, line and value
│   │   ├── BadName          a name that some store could not carry
│   │   ├── NotFound         an alias, index, model, store or migration that does not exist
│   │   └── MissingExtra     an optional dependency is not installed
│   ├── Refused              a rule of Helmert says no; nothing was changed (exit code 1)
│   │   ├── DifferentSpace   vectors or queries of another space
│   │   ├── GateRefused      no fresh PASS for what would be promoted
│   │   ├── IncompleteIndex  the per-id proof found missing, stale, orphan or duplicate rows
│   │   ├── AliasMoved       somebody else moved the alias in between
│   │   ├── LeaseHeld        somebody else is working on this
│   │   └── StillNeeded      what would be dropped is still in use
│   ├── RejectedInput        the model refuses this text; other texts may be fine
│   ├── GarbageVectors       the model answered with vectors that cannot be stored
│   ├── ProviderMisconfigured  bad key, unknown model, wrong URL
│   └── StoreFailure         the store says no and will say so again
└── Transient                the same call may succeed later (exit code 3)
    ├── ProviderOutage       unreachable, 5xx, time-out
    ├── RateLimited          429, with the wait the provider asked for
    └── StoreBusy            locked, commit conflict, connection lost
```

A message says what happened, where, and the value; `next_step` is the command or action that helps.
Retry logic looks at the type alone and never at the message.
"""

from __future__ import annotations

from typing import ClassVar


class HelmertError(Exception):
    """Root of the tree. `next_step` tells a person what to do now; `exit_code` is what the CLI returns."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class Terminal(HelmertError):
    """Trying again without a change gives the same result."""


class Transient(HelmertError):
    """The same call may succeed later."""


class UsageError(Terminal):
    """The request, a name or a file is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """`helmert.toml` or an environment override is wrong."""


class BadInput(UsageError):
    """A data file is wrong. Carries the place so that an editor can jump there."""

    def __init__(self, message: str, *, path: str, line: int | None = None, next_step: str | None = None) -> None:
        place = path if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {message}", next_step=next_step)
        self.path = path
        self.line = line
        self.reason = message


class BadName(UsageError):
    """A name contains characters, or has a length, that a store cannot carry."""


class NotFound(UsageError):
    """Something named does not exist; the message lists what does."""


class MissingExtra(UsageError):
    """An optional dependency is needed and not installed."""

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(f"{what} needs packages that are not installed.", next_step=f"pip install 'helmert[{extra}]'")
        self.extra = extra


class Refused(Terminal):
    """A rule of Helmert says no. Raised before anything was changed."""

    exit_code = 1


class DifferentSpace(Refused):
    """Vectors or queries of one space meet an index of another."""


class GateRefused(Refused):
    """Promotion without a fresh PASS."""


class IncompleteIndex(Refused):
    """The completeness proof found differences."""


class AliasMoved(Refused):
    """The alias is not where the caller believed: somebody moved it in between."""


class LeaseHeld(Refused):
    """Another worker holds the lease, or ours has expired."""


class StillNeeded(Refused):
    """What would be dropped is still pointed at or held for rollback."""


class RejectedInput(Terminal):
    """The model refuses one of these texts (too long, forbidden, malformed). Split the batch to find which."""


class GarbageVectors(Terminal):
    """The model answered, but the vectors cannot be right: count, shape, NaN, zero, norm, or order."""


class ProviderMisconfigured(Terminal):
    """The endpoint says that key, model or URL is wrong."""


class StoreFailure(Terminal):
    """The store refused an operation and would refuse it again."""


class ProviderOutage(Transient):
    """The endpoint is unreachable, answers 5xx or times out."""


class RateLimited(Transient):
    """The endpoint asked us to slow down. `retry_after` is in seconds, when it said so."""

    def __init__(self, message: str, *, retry_after: float | None = None, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.retry_after = retry_after


class StoreBusy(Transient):
    """The store is locked, a commit conflicted, or the connection was lost."""
