"""The page about the file names every key there is, with the default it has."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from helmert.config import (
    CollectionSettings,
    LimitSettings,
    ModelSettings,
    PromptSettings,
    RuleSettings,
    SelectionSettings,
    Settings,
    SliceSettings,
    StoreSettings,
)
from helmert.config.loading import parse
from helmert.evaluation import LIMITS

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(r"\| `(?P<key>[^`]+)` \|(?P<default>.*?)\| (?P<meaning>.+) \|")
NAMED: Mapping[str, type[BaseModel]] = {
    "stores": StoreSettings,
    "models": ModelSettings,
    "collections": CollectionSettings,
}
EXPLAINED = {
    "stores.<name>.url": "`lancedb:///.helmert/lancedb` for `default`",
    "collections.<name>.alias": "`<name>_current`",
    "collections.<name>.evalset": "none",
    "collections.<name>.fields": "none",
    "collections.<name>.id_field": "`id`, then `_id`",
    "collections.<name>.text_fields": "`title` and `text`",
    "selection.dims": "halves of the full size",
    "selection.exclude_self": "off",
    "selection.layer_norm": "as known of the model",
    "selection.leaderboard_names": "the model's id",
    "selection.measures": "nDCG@10, recall@10 and MRR@10",
    "selection.prices_from": "none",
    "selection.prompts": "none",
    "selection.quantisations": "all",
    "selection.serving_price_per_hour": "none",
    "gate.rules": "recall@10 and nDCG@10, non-inferior, margin 0.02",
    "gate.slices.measures": "those of the rules",
    "gate.must_pass": "none",
}
"""Defaults that a person is told in other words than the value."""


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every key of a table with its default; None when it must be given."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if name in NAMED and not prefix:
            yield from keys(NAMED[name], f"{name}.<name>.")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", None if field.is_required() else field.get_default(call_default_factory=True)


def documented() -> dict[str, tuple[str, str]]:
    return {
        row["key"]: (row["default"].strip(), row["meaning"]) for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))
    }


def test_the_table_lists_every_key_and_no_other() -> None:
    assert sorted(documented()) == sorted(key for key, _ in keys(Settings))


@pytest.mark.parametrize(("key", "default"), list(keys(Settings)), ids=[key for key, _ in keys(Settings)])
def test_the_default_is_the_one_that_holds(key: str, default: object) -> None:
    said, meaning = documented()[key]
    assert meaning.strip()
    if key in EXPLAINED:
        assert said == EXPLAINED[key]
    elif default is None:
        assert said == ""
    elif isinstance(default, bool):
        assert said == str(default).lower()
    elif isinstance(default, str):
        assert said == f"`{default}`"
    else:
        assert float(said) == default


def example() -> str:
    found = re.search(r'```toml title="helmert.toml"\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_loads(tmp_path: Path) -> None:
    parse(example(), tmp_path / "helmert.toml")


def test_the_example_shows_every_key() -> None:
    data: dict[str, Any] = tomllib.loads(example())
    for name, model in NAMED.items():
        shown = set().union(*(table.keys() for table in data[name].values()))
        assert shown >= set(model.model_fields)
    assert set(data) == set(Settings.model_fields)
    assert set(data["gate"]) == set(Settings.model_fields["gate"].annotation.model_fields)  # type: ignore[union-attr]
    assert set(data["backfill"]) == set(Settings.model_fields["backfill"].annotation.model_fields)  # type: ignore[union-attr]
    assert set(data["selection"]) == set(SelectionSettings.model_fields)
    assert set(data["selection"]["prompts"]["instructed"]) == set(PromptSettings.model_fields)
    assert set(data["gate"]["rules"][0]) == set(RuleSettings.model_fields)
    assert set(data["gate"]["slices"]) == set(SliceSettings.model_fields)
    assert set(data["gate"]["limits"]) == set(LimitSettings.model_fields)


def test_every_limit_of_the_gate_can_be_set() -> None:
    assert set(LimitSettings.model_fields) == set(LIMITS)


def test_the_meaning_of_a_choice_names_every_choice() -> None:
    for key in ("fields", "on_bad"):
        kind: Any = CollectionSettings.model_fields[key].annotation
        choices = get_args(get_args(kind)[-1]) if key == "fields" else get_args(kind)
        _, meaning = documented()[f"collections.<name>.{key}"]
        assert all(f"`{choice}`" in meaning for choice in choices)
