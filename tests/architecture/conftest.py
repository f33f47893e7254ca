"""Prints what is allowed and yet worth knowing: modules above the size we aim for."""

from __future__ import annotations

import pytest

from tests.architecture.source_tree import PACKAGE, ROOT

AIM = 300


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each module that is longer than we aim for."""
    for path in sorted(PACKAGE.rglob("*.py")):
        lines = len(path.read_text().splitlines())
        if lines > AIM:
            terminalreporter.write_line(f"note: {path.relative_to(ROOT)} has {lines} lines; the aim is {AIM}")
