"""What modules may import and call at which place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

from tests.architecture.source_tree import Module, modules, project

PRINTS = {"src/helmert/cli/output.py"}


def imported_when_loaded(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Imports that run when the module is loaded: not those in functions, nor for type checkers alone."""
    for node in body:
        match node:
            case ast.Import(names=names):
                yield from ((node, alias.name) for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield node, name
            case ast.If(test=test, body=inner, orelse=other):
                typing_only = ast.unparse(test).rpartition(".")[2] == "TYPE_CHECKING"
                yield from imported_when_loaded(other if typing_only else [*inner, *other])
            case ast.Try(body=inner, handlers=handlers, orelse=other, finalbody=last):
                caught = [statement for handler in handlers for statement in handler.body]
                yield from imported_when_loaded([*inner, *caught, *other, *last])
            case ast.With(body=inner) | ast.ClassDef(body=inner):
                yield from imported_when_loaded(inner)


def owns_heavy_packages(module: Module) -> bool:
    """Whether the project table lets this module load heavy packages: the room whose subject they are."""
    exceptions = project()["tool"]["ruff"]["lint"]["per-file-ignores"]
    return any("TID253" in rules and fnmatch(str(module.path), pattern) for pattern, rules in exceptions.items())


def test_imports_are_absolute() -> None:
    relative = [
        module.at(node)
        for folder in ("src", "tests", "tools")
        for module in modules(folder)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_heavy_packages_are_loaded_only_when_they_are_used() -> None:
    heavy = set(project()["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"])
    loaded = [
        f"{module.at(node)} {name}"
        for module in modules("src")
        if not owns_heavy_packages(module)
        for node, name in imported_when_loaded(module.tree.body)
        if name.partition(".")[0] in heavy
    ]
    assert loaded == []


def test_optional_packages_count_as_heavy() -> None:
    heavy = set(project()["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"])
    extras = project()["project"]["optional-dependencies"]
    clients = [requirements for name, requirements in extras.items() if name != "testing"]
    named = {requirement.partition(">")[0].replace("-", "_") for extra in clients for requirement in extra}
    assert {"sklearn" if name == "scikit_learn" else name for name in named} - heavy == set()


def test_only_the_output_room_prints() -> None:
    prints = [
        module.at(node)
        for module in modules("src")
        if str(module.path) not in PRINTS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert prints == []
