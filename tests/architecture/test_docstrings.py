"""Whatever is public says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source_tree import Definition, Module, modules

DOCUMENTED_ELSEWHERE = {"overload", "override", "setter", "deleter"}
"""Decorators whose function is documented where it is first defined."""


def decorators(function: Definition) -> set[str]:
    """Last parts of the decorators' names."""
    return {ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list}


def undocumented(module: Module, body: list[ast.stmt]) -> Iterator[str]:
    """Public definitions without a docstring, methods of public classes included."""
    for node in body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                if ast.get_docstring(node) is None:
                    yield f"{module.at(node)} class {name}"
                yield from undocumented(module, node.body)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not name.startswith("_"):
                if ast.get_docstring(node) is None and not decorators(node) & DOCUMENTED_ELSEWHERE:
                    yield f"{module.at(node)} {name}"


def test_every_module_has_a_docstring() -> None:
    assert [str(m.path) for m in modules("src") + modules("tools") if ast.get_docstring(m.tree) is None] == []


def test_every_public_definition_has_a_docstring() -> None:
    assert [place for module in modules("src") for place in undocumented(module, module.tree.body)] == []
