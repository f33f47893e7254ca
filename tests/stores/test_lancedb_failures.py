"""What the exceptions of lancedb, Lance and pyarrow become."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import lancedb.arrow
import lancedb.exceptions
import lancedb.merge
import lancedb.query
import lancedb.remote.errors
import lancedb.scannable
import lancedb.table
import pyarrow as pa
import pytest

from helmert.errors import StoreBusy, StoreFailure
from helmert.stores.base import IndexSpec
from helmert.stores.drivers.lancedb import LanceStore
from helmert.stores.drivers.lancedb.failures import client_errors, committed, translated, translating

CONFLICT = (
    "lance error: Retryable commit conflict for version 4: This Rewrite transaction was preempted by concurrent "
    "transaction CreateIndex at version 4. Please retry."
)
CALLED = (lancedb.arrow, lancedb.merge, lancedb.query, lancedb.scannable, lancedb.table)
"""Modules of the client whose functions the driver calls."""
PACKAGE_MISSING = {"ImportError", "ModuleNotFoundError"}
"""Raised by conversions to pandas and polars, which the driver does not use."""


def exceptions_of(module: ModuleType) -> Iterator[type[Exception]]:
    for kind in vars(module).values():
        if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__.startswith(("lancedb", "pyarrow")):
            yield kind


def raised_in(module: ModuleType) -> set[str]:
    """Names of the built-in exceptions that a module's code raises."""
    calls = [
        node.exc.func
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    return {call.id for call in calls if isinstance(call, ast.Name) and hasattr(builtins, call.id)}


@pytest.mark.parametrize("module", [lancedb.exceptions, lancedb.remote.errors, pa.lib], ids=lambda m: m.__name__)
def test_every_class_of_the_client_is_covered(module: ModuleType) -> None:
    classes = set(exceptions_of(module))
    assert classes
    assert {kind for kind in classes if not issubclass(kind, client_errors())} == set()


@pytest.mark.parametrize("module", CALLED, ids=lambda m: m.__name__)
def test_every_built_in_class_that_the_client_raises_is_covered(module: ModuleType) -> None:
    raised = raised_in(module) - PACKAGE_MISSING
    assert {name for name in raised if not issubclass(getattr(builtins, name), client_errors())} == set()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError(CONFLICT), StoreBusy),
        (RuntimeError("lance error: Too many concurrent writers. Attempted 10 times"), StoreBusy),
        (OSError("LanceError(IO): Commit conflict for version 3"), StoreBusy),
        (TimeoutError("merge insert timed out"), StoreBusy),
        (ConnectionResetError("peer"), StoreBusy),
        (RuntimeError("lance error: LanceError(IO): disk full"), StoreFailure),
        (ValueError("Invalid input, Schema error: No field named nofield"), StoreFailure),
        (PermissionError(13, "Permission denied"), StoreFailure),
        (pa.ArrowInvalid("Column 1 named vector expected length 3 but got length 2"), StoreFailure),
        (pa.ArrowNotImplementedError("no kernel"), StoreFailure),
        (pa.ArrowCapacityError("array too long"), StoreFailure),
        (OverflowError("out of range integral type conversion attempted"), StoreFailure),
    ],
    ids=str,
)
def test_meaning(error: Exception, kind: type[Exception]) -> None:
    """Conflicts and lost connections may be tried again, everything else may not; the cause stays attached."""
    assert type(translated(error, "write")) is kind
    with pytest.raises(kind, match="write into index x") as refusal, translating("write into index x"):
        raise error
    assert refusal.value.__cause__ is error


def test_mistakes_in_our_own_code_are_not_disguised() -> None:
    with pytest.raises(ZeroDivisionError), translating("divide"):
        _ = 1 / 0


def test_lost_commit_is_tried_again() -> None:
    failures = iter([RuntimeError(CONFLICT), RuntimeError(CONFLICT)])

    async def write() -> str:
        for failure in failures:
            raise failure
        return "written"

    assert asyncio.run(committed(write)) == "written"


def test_attempts_are_bounded() -> None:
    attempts = []

    async def write() -> None:
        attempts.append(1)
        raise RuntimeError(CONFLICT)

    with pytest.raises(StoreBusy), translating("write"):
        asyncio.run(committed(write))
    assert 2 < len(attempts) < 20


def test_other_errors_are_not_tried_again() -> None:
    attempts = []

    async def write() -> None:
        attempts.append(1)
        raise ValueError("Invalid input")

    with pytest.raises(StoreFailure), translating("write"):
        asyncio.run(committed(write))
    assert len(attempts) == 1


def test_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreFailure, match="file"):
        LanceStore(tmp_path / "file" / "vectors")


def test_damaged_table_is_a_failure(tmp_path: Path) -> None:
    """Files that another program broke are reported by the operation that needed them."""
    name = "docs__a_v1__2026-03-01"
    with LanceStore(tmp_path) as store:
        store.create_index(IndexSpec(name=name, dims=8, space="a"))
    for manifest in (tmp_path / f"{name}.lance" / "_versions").glob("*.manifest"):
        manifest.write_bytes(b"damaged")
    with LanceStore(tmp_path) as store, pytest.raises(StoreFailure, match=f"describe index {name}"):
        store.describe(name)
