"""The page of pitfalls names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")


def test_every_pitfall_names_tests_that_exist() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    named = {name for row in rows for name in re.findall(r"`(test_\w+)`", row)}
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    defined = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)}
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 16))
    assert all("`test_" in row for row in rows)
    assert sorted(named - defined) == []
