"""`pyproject.toml` and the locks say what is true of the sources."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, modules, project
from tools.lock import LOCKS, REQUIREMENTS, input_digest, recorded_digest


def entry_points() -> list[tuple[str, str]]:
    """Every script and plug-in with the place it points at."""
    table = project()["project"]
    groups = {"scripts": table["scripts"], **table["entry-points"]}
    return [(f"{group}:{name}", target) for group, names in groups.items() for name, target in names.items()]


def names_of(module: Path) -> set[str]:
    """Functions a module defines and names it takes from others."""
    names: set[str] = set()
    for node in ast.parse(module.read_text()).body:
        match node:
            case ast.FunctionDef(name=name):
                names.add(name)
            case ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
    return names


@pytest.mark.parametrize(("name", "target"), entry_points(), ids=[name for name, _ in entry_points()])
def test_entry_point_exists(name: str, target: str) -> None:
    module, _, function = target.partition(":")
    place = ROOT / "src" / module.replace(".", "/")
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    assert file.is_file(), f"{name} points at {module}, which does not exist"
    assert function in names_of(file), f"{name} points at {function}, which {module} does not have"


@pytest.mark.parametrize("name", LOCKS)
def test_lock_was_compiled_from_the_present_requirements(name: str) -> None:
    assert recorded_digest(REQUIREMENTS / f"{name}.lock") == input_digest(), "run `make lock`"


def test_runtime_lock_is_part_of_the_dev_lock() -> None:
    def pins(name: str) -> set[str]:
        lines = (REQUIREMENTS / f"{name}.lock").read_text().splitlines()
        return {line.removesuffix(" \\") for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins("runtime") - pins("dev") == set()


def test_package_says_that_it_is_typed() -> None:
    assert (ROOT / "src" / "helmert" / "py.typed").is_file()


def test_every_missing_extra_names_one_that_can_be_installed() -> None:
    offered = set(project()["project"]["optional-dependencies"])
    named = {
        f"{module.at(node)} {keyword.value.value}": keyword.value.value
        for module in modules("src")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("MissingExtra")
        for keyword in node.keywords
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }
    assert [place for place, extra in named.items() if extra not in offered] == []
