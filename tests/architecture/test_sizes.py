"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

from tests.architecture.source_tree import modules

MODULE_LIMIT = 500
FUNCTION_LIMIT = 50


def test_no_module_is_longer_than_the_limit() -> None:
    parsed = modules("src") + modules("tools")
    assert [f"{m.path}: {m.lines} lines" for m in parsed if m.lines > MODULE_LIMIT] == []


def test_no_function_is_longer_than_the_limit() -> None:
    long = [
        f"{module.at(function)} {function.name}: {length} lines"
        for module in modules("src") + modules("tools")
        for function in module.functions()
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LIMIT
    ]
    assert long == []
