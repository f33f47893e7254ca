"""A store opened before a fork refuses to work in the child."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FORKS = """
import os, sys, warnings
warnings.simplefilter("ignore")
from importlib.metadata import EntryPoint
from helmert.errors import StoreFailure
from helmert.stores.discovery import open_store

scheme, path = sys.argv[1:]
driver = EntryPoint(scheme, f"helmert.stores.drivers.{scheme}:open_store", "helmert.stores")
store = open_store(f"{scheme}:///{path}", entry_points=[driver])
child = os.fork()
if child == 0:
    try:
        store.list_indexes()
    except StoreFailure as error:
        store.close()
        os._exit(42 if "opened in process" in error.message else 1)
    os._exit(0)
_, status = os.waitpid(child, 0)
assert list(store.list_indexes()) == []
store.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize("scheme", ["sqlite", "lancedb"])
def test_child_is_told_to_open_its_own(tmp_path: Path, scheme: str) -> None:
    """Neither hanging on a thread that is gone nor sharing a connection; the parent's store goes on working."""
    done = subprocess.run(
        [sys.executable, "-c", FORKS, scheme, str(tmp_path / "vectors")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 42, done.stderr
