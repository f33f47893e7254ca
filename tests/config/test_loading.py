"""The file is read as it is written, and every mistake in it is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.config import FILE_NAME, Settings, find_file, load
from helmert.errors import ConfigError
from helmert.evaluation import GatePolicy

GOOD = """\
registry = "sqlite:///state/registry.db"
currency = "EUR"

[stores.default]
url = "sqlite:///vectors.db"

[models.small]
provider = "lsa"
path = "fitted"
dims = 64

[models.hosted]
provider = "openai"
url = "http://127.0.0.1:1/v1"
query_body = { input_type = "query" }

[collections.docs]
source = "corpus.jsonl"
model = "small"
fields = { lang = "text", year = "int" }

[gate]
min_queries = 50

[[gate.rules]]
measure = "recall@5"
margin = 0.05

[[gate.rules]]
measure = "MRR@10"
kind = "superior"
margin = 0.0

[backfill]
batch = 16
"""


def write(folder: Path, text: str) -> Path:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return path


def mistake(folder: Path, text: str) -> str:
    """What is said about a file, with its own path shortened to `:`."""
    path = write(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.exit_code == 2
    return caught.value.message.replace(str(path), "")


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(start))


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    assert (settings.registry, settings.currency) == ("sqlite:///state/registry.db", "EUR")
    assert settings.stores["default"].url == "sqlite:///vectors.db"
    assert settings.models["small"].provider == "lsa"
    assert settings.models["small"].options == {"path": "fitted", "dims": 64}
    assert settings.models["hosted"].options["query_body"] == {"input_type": "query"}
    assert settings.collections["docs"].fields == {"lang": "text", "year": "int"}
    assert [rule.measure for rule in settings.gate.rules] == ["recall@5", "MRR@10"]
    policy = settings.gate.to_policy(tmp_path)
    assert [str(measure) for measure in policy.measures] == ["recall@5", "MRR@10"]
    assert policy.min_queries == 50
    assert (settings.backfill.batch, settings.backfill.workers) == (16, 1)


def test_an_empty_file_has_defaults(tmp_path: Path) -> None:
    settings = load(write(tmp_path, ""))
    assert settings == Settings()
    assert settings.stores["default"].url == "lancedb:///.helmert/lancedb"
    assert settings.gate.to_policy(tmp_path) == GatePolicy()
    assert settings.collections == {}


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    with pytest.raises(ValueError, match="frozen"):
        settings.currency = "USD"


def test_the_nearest_file_above_is_found(tmp_path: Path) -> None:
    outer = write(tmp_path, "")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_file(inner) == outer
    assert find_file(tmp_path) == outer
    nearer = write(tmp_path / "a", "")
    assert find_file(inner) == nearer
    (inner / FILE_NAME).mkdir()
    assert find_file(inner) == nearer


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"No {FILE_NAME} in {tmp_path} or any folder above it") as caught:
        find_file(tmp_path)
    assert caught.value.next_step == "helmert init"


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path}: cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_that_is_not_utf_8_says_where(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b'currency = "\xa3"')
    with pytest.raises(ConfigError, match="not UTF-8 at byte 12"):
        load(path)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb =\n", 2), ("[a]\n\n[a]\n", 3), ("a = 1\na = 2\n", 2), ('\n\n\na = "no end\n', 4)],
)
def test_what_is_not_toml_says_its_line(tmp_path: Path, text: str, line: int) -> None:
    message = mistake(tmp_path, text)
    assert message.startswith(": not valid TOML: ")
    assert f"line {line}" in message


@pytest.mark.parametrize(
    ("after", "line", "key", "known"),
    [
        (
            'currency = "EUR"',
            'retry = "yes"',
            "retry",
            "backfill, collections, currency, gate, models, registry, selection, stores",
        ),
        ('url = "sqlite', 'urls = "x"', "stores.default.urls", "url"),
        ('source = "corpus', 'evalsets = "x"', "collections.docs.evalsets", "alias, chunk_fields, evalset, fields"),
        ("min_queries", "min_query = 5", "gate.min_query", "level, limits, max_age_hours, max_changed, min_queries"),
        ('kind = "superior"', "margn = 0.1", "gate.rules.1.margn", "kind, margin, measure"),
        ("batch = 16", "worker = 2", "backfill.worker", "batch, workers"),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_known_ones(
    tmp_path: Path, after: str, line: str, key: str, known: str
) -> None:
    place = line_of(GOOD, after) + 1
    lines = GOOD.splitlines()
    message = mistake(tmp_path, "\n".join([*lines[: place - 1], line, *lines[place - 1 :]]))
    assert message.startswith(f":{place}: unknown key {key!r}. Known here: {known}")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("batch = 16", 'batch = "many"', "backfill.batch: Input should be a valid integer"),
        ("batch = 16", "batch = 0", "greater than or equal to 1 (value 0)"),
        ("min_queries = 50", "min_queries = 2.5", "gate.min_queries: "),
        ('currency = "EUR"', "currency = 5", "currency: Input should be a valid string (value 5)"),
        ('source = "corpus.jsonl"', 'source = ""', "collections.docs.source: "),
        ('kind = "superior"', 'kind = "better"', "'non-inferior' or 'superior' (value 'better')"),
        ("margin = 0.05", "margin = 1.5", "less than 1 (value 1.5)"),
        ('measure = "MRR@10"', 'measure = "cleverness@10"', "cleverness"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    message = mistake(tmp_path, GOOD.replace(before, after))
    assert message.startswith(f":{line_of(GOOD, before)}: ")
    assert said in message


def test_a_missing_key_is_looked_for_at_its_table(tmp_path: Path) -> None:
    message = mistake(tmp_path, GOOD.replace('provider = "lsa"\n', ""))
    assert message == f":{line_of(GOOD, '[models.small]')}: models.small.provider: Field required."


def test_a_margin_that_nothing_could_show_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("margin = 0.05", "margin = 0.0")
    assert mistake(tmp_path, text).startswith(f":{line_of(GOOD, '[[gate.rules]]')}: gate.rules.0: ")


def test_a_gate_without_rules_is_refused(tmp_path: Path) -> None:
    assert mistake(tmp_path, "[gate]\nlevel = 0.9\nrules = []\n").startswith(":3: gate.rules: ")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    message = mistake(tmp_path, GOOD.replace("batch = 16", "batch = 0\nworker = 1").replace('"EUR"', "5"))
    assert [line.partition(": ")[0] for line in message.splitlines()] == [":2", ":35", ":36"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'model = "small"',
            'model = "smal"',
            "collections.docs.model names 'smal', which is not defined. Known: hosted",
        ),
        ('model = "small"', 'model = "small"\nstore = "x"', "collections.docs.store names 'x', which is not defined."),
    ],
)
def test_a_name_that_is_not_defined_is_told_with_the_known_ones(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    message = mistake(tmp_path, GOOD.replace(before, after))
    assert said in message
    assert message.startswith(f":{line_of(GOOD, before) + after.count(chr(10))}: ")


@pytest.mark.parametrize("name", ["Docs", "my-docs", "1st", "a__b", "_a", "a" * 23, "dócs"])
def test_a_collection_has_a_name_every_store_can_carry(tmp_path: Path, name: str) -> None:
    message = mistake(tmp_path, GOOD.replace("[collections.docs]", f'[collections."{name}"]'))
    assert message.startswith(f":{line_of(GOOD, '[collections.docs]')}: Collection name {name!r}")


def test_two_collections_cannot_share_an_alias(tmp_path: Path) -> None:
    text = GOOD + '\n[collections.more]\nsource = "more.jsonl"\nmodel = "small"\nalias = "docs_current"\n'
    last = len(text.splitlines())
    assert mistake(tmp_path, text) == f":{last}: alias 'docs_current' belongs to collection 'docs' already."


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMERT_BACKFILL__BATCH", "99")
    monkeypatch.setenv("HELMERT_CURRENCY", "CHF")
    monkeypatch.setenv("HELMERT_STORES__DEFAULT__URL", "sqlite:///elsewhere.db")
    monkeypatch.setenv("HELMERT_COLLECTIONS__DOCS__MODEL", "hosted")
    monkeypatch.setenv("HELMERT_GATE__LEVEL", "0.9")
    settings = load(write(tmp_path, GOOD))
    assert (settings.backfill.batch, settings.backfill.workers) == (99, 1)
    assert settings.currency == "CHF"
    assert settings.stores["default"].url == "sqlite:///elsewhere.db"
    assert settings.collections["docs"].model == "hosted"
    assert settings.collections["docs"].source == "corpus.jsonl"
    assert (settings.gate.level, settings.gate.min_queries) == (0.9, 50)


def test_an_option_of_a_model_can_be_overridden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMERT_MODELS__SMALL__DIMS", "128")
    options = load(write(tmp_path, GOOD)).models["small"].options
    assert options["path"] == "fitted"
    assert str(options["dims"]) == "128"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("HELMERT_BACKFILL__BATCH", "many", "environment variable HELMERT_BACKFILL__BATCH: backfill.batch: "),
        ("HELMERT_BACKFILL__BACTH", "5", "environment variable HELMERT_BACKFILL__BACTH: unknown key 'backfill.bacth'"),
        ("HELMERT_COLLECTIONS__DOCS__STORE", "x", "environment variable HELMERT_COLLECTIONS__DOCS__STORE: "),
        ("HELMERT_MODELS", "{not json", "An environment variable HELMERT_... cannot be read"),
    ],
)
def test_a_mistake_in_the_environment_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    message = mistake(tmp_path, GOOD)
    assert message.startswith(said)
    assert FILE_NAME not in message


def test_variables_of_others_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMERT_TEST_DATA", "/somewhere")
    monkeypatch.setenv("BACKFILL__BATCH", "1")
    assert load(write(tmp_path, GOOD)).backfill.batch == 16


def test_no_other_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("HELMERT_CURRENCY=CHF\n")
    monkeypatch.chdir(tmp_path)
    assert load(write(tmp_path, GOOD)).currency == "EUR"
