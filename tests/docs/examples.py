"""Run one Python block and compare what it prints with what it says it prints."""

from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from types import ModuleType

import pytest

from tests.docs.markdown import Block

PRINTED = re.compile(r"^# ?>")
"""The formatter writes `#>` as `# >`, so both are read."""


def reader_module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An empty module for the names that a page defines, importable as long as the test runs."""
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def run_python(block: Block, module: ModuleType) -> None:
    """Execute a block in a module. Line numbers in a traceback are those of the page."""
    code = compile("\n" * block.line + block.source, str(block.path), "exec")
    written = io.StringIO()
    with redirect_stdout(written):
        exec(code, module.__dict__)
    lines = [line.strip() for line in block.source.splitlines()]
    promised = [PRINTED.sub("", line).strip() for line in lines if PRINTED.match(line)]
    compare(block, promised="\n".join(promised), printed=written.getvalue().rstrip("\n"))


def compare(block: Block, *, promised: str, printed: str) -> None:
    """Fail unless what was printed is what the page shows."""
    same = OutputChecker().check_output(promised + "\n", printed + "\n", ELLIPSIS | NORMALIZE_WHITESPACE)
    assert same, f"{block}: the page shows\n{promised}\nbut this was printed\n{printed}"
