"""The tests themselves: every room has some, every one is run by a lane, none is skipped in silence."""

from __future__ import annotations

import ast

from tests.architecture.source_tree import PACKAGE, ROOT, Module, modules
from tools.lane_runner import Pytest
from tools.lanes import LANES

TESTED_BY = {"commands": "cli", "testing": "stores"}
"""Rooms tested from another folder: verbs are driven through the CLI, contracts by those who keep them."""
NEEDS_REASON = {"pytest.skip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.xfail", "pytest.mark.xfail"}


def rooms() -> list[str]:
    """Folders of the package that hold code."""
    return sorted(p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.rglob("*.py")))


def imported_names(module: Module) -> set[str]:
    """Every module a test file imports, and every name it imports from one."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(source), names=aliases):
                names |= {source, *(f"{source}.{alias.name}" for alias in aliases)}
    return names


def test_every_room_has_tests() -> None:
    folders = {room: ROOT / "tests" / TESTED_BY.get(room, room) for room in rooms()}
    assert [room for room, folder in folders.items() if not any(folder.rglob("test_*.py"))] == []


def test_every_module_outside_the_rooms_is_imported_by_a_test() -> None:
    imported = set().union(*(imported_names(module) for module in modules("tests")))
    single = [path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")]
    assert [name for name in single if f"helmert.{name}" not in imported] == []


def test_every_test_file_is_run_by_exactly_one_lane() -> None:
    paths = [path for lane in LANES for step in lane.steps if isinstance(step, Pytest) for path in step.paths]
    files = [m.path for m in modules("tests") if m.path.name.startswith("test_")]
    runs = {str(file): sum(file.is_relative_to(path) for path in paths) for file in files}
    assert {file: count for file, count in runs.items() if count != 1} == {}


def test_every_skip_and_expected_failure_gives_its_reason() -> None:
    silent = []
    for module in modules("tests"):
        reasoned = {
            id(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call) and gives_reason(node)
        }
        silent += [
            module.at(node)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node) in NEEDS_REASON and id(node) not in reasoned
        ]
    assert silent == []


def gives_reason(call: ast.Call) -> bool:
    """Whether a call to skip or xfail says why."""
    name = ast.unparse(call.func)
    return any(keyword.arg == "reason" for keyword in call.keywords) or (name.count(".") == 1 and bool(call.args))


def test_no_test_skips_itself_because_an_import_fails() -> None:
    forbidden = [
        module.at(node)
        for module in modules("tests")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "importorskip"
    ]
    assert forbidden == []
