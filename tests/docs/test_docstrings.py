"""Examples in docstrings run: fenced Python blocks, and lines that begin with the interpreter's prompt."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

from tests.docs.examples import reader_module, run_python
from tests.docs.markdown import ROOT, Block, fenced

SOURCE = ROOT / "src"


def module_name(file: Path) -> str:
    """The dotted name a source file is imported under."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def documented_blocks(file: Path) -> list[Block]:
    """The fenced Python blocks in the docstrings of a module, its classes and functions."""
    found: list[Block] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            found += fenced(file, ast.get_docstring(node) or "", first_line=node.body[0].lineno)
    return [block for block in found if block.language == "python"]


def test_fenced_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block sees the names of the module it stands in, as its reader does."""
    monkeypatch.chdir(tmp_path)
    for file in sorted(SOURCE.rglob("*.py")):
        for block in documented_blocks(file):
            page = reader_module(monkeypatch)
            page.__dict__.update(vars(importlib.import_module(module_name(file))), __name__=page.__name__)
            run_python(block, page)


def test_examples_with_prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in sorted(SOURCE.rglob("*.py")):
        if ">>> " in file.read_text(encoding="utf-8"):
            name = module_name(file)
            result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
            assert result.attempted > 0, name
            assert result.failed == 0, name
