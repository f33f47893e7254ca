"""A first helmert.toml always loads, whatever the documents are called, and never replaces one."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.commands import init
from helmert.config import FILE_NAME, load
from helmert.errors import BadName, ConfigError, UsageError


def test_the_file_loads_and_says_what_was_asked_for(tmp_path: Path) -> None:
    done = init(tmp_path, collection="help", source="mine.jsonl", evalset="labels")
    assert done.path == str(tmp_path / FILE_NAME)
    settings = load(Path(done.path))
    assert list(settings.collections) == ["help"]
    assert settings.collections["help"].source == "mine.jsonl"
    assert settings.collections["help"].evalset == "labels"
    assert settings.collections["help"].model in settings.models


def test_without_labelled_queries_it_shows_where_they_go(tmp_path: Path) -> None:
    init(tmp_path)
    assert load(tmp_path / FILE_NAME).collections["docs"].evalset == ""
    assert "# evalset = " in (tmp_path / FILE_NAME).read_text(encoding="utf-8")


def test_a_new_folder_is_made_and_the_next_step_goes_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert init(Path("a folder/mine")).next_step == "cd 'a folder/mine' && helmert doctor"
    assert (tmp_path / "a folder" / "mine" / FILE_NAME).is_file()
    assert init(Path()).next_step == "helmert doctor"


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        init(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == "mine"


WEIRD = [
    'quoted "name".jsonl',
    "it's.jsonl",
    "back\\slash\\n.jsonl",
    "two\nlines\r.jsonl",
    "tab\tbell\x07delete\x7f.jsonl",
    "über/日本語/🗂.jsonl",
    "{collection} {source} %s $HOME #.jsonl",
    '"""',
    "'''",
]


@pytest.mark.parametrize("name", WEIRD)
def test_any_name_of_a_source_comes_back(tmp_path: Path, name: str) -> None:
    init(tmp_path, source=name, evalset=name)
    settings = load(tmp_path / FILE_NAME).collections["docs"]
    assert (settings.source, settings.evalset) == (name, name)


@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_text_comes_back(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("init")
    init(folder, source=name)
    assert load(folder / FILE_NAME).collections["docs"].source == name


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"collection": "My Docs"}, BadName),
        ({"source": ""}, ConfigError),
        ({"source": "half of a pair \ud800"}, UsageError),
    ],
)
def test_what_makes_no_settings_writes_nothing(
    tmp_path: Path, options: dict[str, str], error: type[UsageError]
) -> None:
    with pytest.raises(error):
        init(tmp_path / "new", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_any_name_can_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "it's a; folder"
    step = init(Path(name)).next_step
    assert shlex.split(step) == ["cd", name, "&&", "helmert", "doctor"]
