"""The tree drawn in the docstring of `helmert.errors` is the tree of classes."""

from __future__ import annotations

import inspect
import re

from helmert import errors

DRAWN = re.compile(r"^(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)")
INDENT = 4


def drawn_tree() -> dict[str, str]:
    """Class name to the name of its parent, as drawn between the fences."""
    drawing = (errors.__doc__ or "").split("```")[1]
    parents: dict[str, str] = {}
    path: list[str] = ["Exception"]
    for line in drawing.splitlines():
        if found := DRAWN.match(line):
            depth = len(found["branch"]) // INDENT
            path = [*path[: depth + 1], found["name"]]
            parents[found["name"]] = path[-2]
    return parents


def test_drawing_and_classes_agree() -> None:
    classes = {
        name: kind.__bases__[0].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if kind.__module__ == errors.__name__
    }
    assert drawn_tree() == classes


def test_every_leaf_is_terminal_or_transient() -> None:
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if kind.__module__ == errors.__name__ and not kind.__subclasses__():
            assert issubclass(kind, errors.Terminal) != issubclass(kind, errors.Transient), name
