"""A URL finds its driver, whoever wrote it, and says what helps when it does not."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from helmert.errors import ConfigError, NotFound
from helmert.stores.base import IndexSpec
from helmert.stores.discovery import GROUP, capabilities, open_store
from helmert.stores.drivers import lancedb, sqlite
from helmert.stores.urls import local_path
from tests.stores import memory_driver

SPEC = IndexSpec(name="docs__a_v1__2026-03-01", dims=3, space="a")


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


BUILT_IN = (
    entry("sqlite", "helmert.stores.drivers.sqlite:open_store"),
    entry("lancedb", "helmert.stores.drivers.lancedb:open_store"),
)
MEMORY = entry("memory", "tests.stores.memory_driver:open_store")


@pytest.mark.parametrize(("scheme", "kind"), [("sqlite", sqlite.SqliteStore), ("lancedb", lancedb.LanceStore)])
def test_scheme_selects_the_driver(tmp_path: Path, scheme: str, kind: type) -> None:
    with open_store(f"{scheme}:///deep/er/vectors", base=tmp_path, entry_points=BUILT_IN) as store:
        assert isinstance(store, kind)
        store.create_index(SPEC)
    assert (tmp_path / "deep" / "er" / "vectors").exists()
    with open_store(f"{scheme}:///{tmp_path}/deep/er/vectors", entry_points=BUILT_IN) as store:
        assert list(store.list_indexes()) == [SPEC.name]


def test_relative_path_without_base_starts_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///vectors.db", entry_points=BUILT_IN).close()
    assert (tmp_path / "vectors.db").is_file()


def test_third_party_driver_is_found_like_a_built_in_one() -> None:
    with open_store("memory://anything", entry_points=[*BUILT_IN, MEMORY]) as store:
        assert isinstance(store, memory_driver.MemoryStore)


def test_unknown_scheme_lists_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"'qdrant'.*Known: lancedb, memory, sqlite\.") as refusal:
        open_store("qdrant://localhost:6333", entry_points=[*BUILT_IN, MEMORY])
    assert refusal.value.next_step


@pytest.mark.parametrize("url", ["vectors.db", "/srv/vectors", "", "sqlite:vectors.db", "://nothing"])
def test_url_without_scheme_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="no scheme") as refusal:
        open_store(url, entry_points=BUILT_IN)
    assert "lancedb:///" in (refusal.value.next_step or "")


@pytest.mark.parametrize("url", ["sqlite://vectors.db", "sqlite://", "sqlite:///", "lancedb://host/path"])
def test_url_without_path_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="three slashes"):
        open_store(url, base=tmp_path, entry_points=BUILT_IN)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///vectors.db", "/base/vectors.db"),
        ("sqlite:///a/b.db", "/base/a/b.db"),
        ("sqlite:////srv/vectors.db", "/srv/vectors.db"),
        ("lancedb:///with space/100%?x", "/base/with space/100%?x"),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(url: str, path: str) -> None:
    assert local_path(url, Path("/base")) == Path(path)


def test_two_drivers_for_one_scheme_are_a_mistake() -> None:
    rival = entry("sqlite", "tests.stores.memory_driver:open_store")
    with pytest.raises(ConfigError, match=r"helmert\.stores\.drivers\.sqlite.*tests\.stores\.memory_driver"):
        open_store("sqlite:///x.db", entry_points=[*BUILT_IN, rival])


def test_same_driver_listed_twice_is_no_mistake() -> None:
    assert capabilities("sqlite:///x.db", entry_points=[*BUILT_IN, *BUILT_IN]) == sqlite.CAPABILITIES


@pytest.mark.parametrize(
    ("value", "message"),
    [("tests.stores.no_such_module:open_store", "cannot be imported"), ("json:loads", "lacks open_store")],
)
def test_broken_driver_is_named(value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        open_store("broken:///x", entry_points=[entry("broken", value)])


WITHOUT_CLIENT = """
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from helmert.errors import MissingExtra
from helmert.stores.discovery import capabilities, open_store

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"lancedb", "lance", "pyarrow"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
entries = [EntryPoint("lancedb", "helmert.stores.drivers.lancedb:open_store", "helmert.stores")]
assert capabilities("lancedb:///x", entry_points=entries).approximate
try:
    open_store("lancedb:///x", base=Path(sys.argv[1]), entry_points=entries)
except MissingExtra as error:
    sys.exit(f"{error.extra}|{error.message}|{error.next_step}")
"""


def test_capabilities_need_no_client(tmp_path: Path) -> None:
    """In a process without lancedb and pyarrow the capabilities are readable, and opening names the extra."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CLIENT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.stderr.strip() == (
        "lancedb|Store lancedb:///x needs packages that are not installed.|pip install 'helmert[lancedb]'"
    )
    assert list(tmp_path.iterdir()) == []
