"""`helmert.toml` to settings.

The file is the only place a user describes the world in: where the registry is, stores, models, collections and
the gate. Environment variables `HELMERT_<SECTION>__<KEY>` override single values. An unknown key is an error that
says on which line it stands. Secrets are never written here, only the names of environment variables.

May import `evaluation`, `spaces` and `errors`.
"""

from helmert.config.gate import GateSettings, LimitSettings, RuleSettings, SliceSettings
from helmert.config.loading import FILE_NAME, find_file, load, parse
from helmert.config.selection import PromptSettings, SelectionSettings
from helmert.config.settings import (
    BackfillSettings,
    CollectionSettings,
    ModelSettings,
    Settings,
    StoreSettings,
)

__all__ = [
    "FILE_NAME",
    "BackfillSettings",
    "CollectionSettings",
    "GateSettings",
    "LimitSettings",
    "ModelSettings",
    "PromptSettings",
    "RuleSettings",
    "SelectionSettings",
    "Settings",
    "SliceSettings",
    "StoreSettings",
    "find_file",
    "load",
    "parse",
]
