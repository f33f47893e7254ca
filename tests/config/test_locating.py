"""A key is found on the line where a person would look for it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.config.locating import locate

EVERY_FORM = '''\
top = 1
"quoted" = 2
a.b = 3
 a . "c.d" = 4

[plain]
key = "a = b"   # other = 5
inline = { first = 1, second = { third = 2 } }
long = """
fake = 1
[fake]
"""
after = 6
listed = [
  "x",
]
last = 7

[plain.below]
key = 8

  [ "spaced" . 'out' ]
"esc\\u0061ped" = 9

[[many]]
key = 10

[[many]]
other = 11
key = 12
[many.below]
key = 13

[[many.deep]]
key = 14
[[many.deep]]
key = 15
["2"]
3 = 16
# """ a comment opens no string
[end]
key = 17
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["top"], "top = 1"),
        (["quoted"], '"quoted" = 2'),
        (["a", "b"], "a.b = 3"),
        (["a", "c.d"], ' a . "c.d" = 4'),
        (["plain"], "[plain]"),
        (["plain", "key"], 'key = "a = b"   # other = 5'),
        (["plain", "inline", "second", "third"], "inline = { first = 1, second = { third = 2 } }"),
        (["plain", "after"], "after = 6"),
        (["plain", "listed", 0], "listed = ["),
        (["plain", "last"], "last = 7"),
        (["plain", "fake"], "[plain]"),
        (["plain", "absent"], "[plain]"),
        (["plain", "below", "key"], "key = 8"),
        (["spaced", "out", "escaped"], '"esc\\u0061ped" = 9'),
        (["many", 0, "key"], "key = 10"),
        (["many", 1], "other = 11"),
        (["many", 1, "key"], "key = 12"),
        (["many", 1, "below", "key"], "key = 13"),
        (["many", 1, "deep", 0, "key"], "key = 14"),
        (["many", 1, "deep", 1, "key"], "key = 15"),
        (["2", "3"], "3 = 16"),
        (["end", "key"], "key = 17"),
        (["nowhere"], "top = 1"),
        ([], "top = 1"),
    ],
)
def test_every_form_of_a_key(keys: list[str | int], line: str) -> None:
    tomllib.loads(EVERY_FORM)
    expected = EVERY_FORM.splitlines().index(line) + 1
    if keys == ["many", 1]:
        expected -= 1  # the header itself; `[[many]]` stands in the text twice
    assert locate(EVERY_FORM, keys) == expected


names = st.sampled_from(["a", "b-c", "d_e", "f.g", "h i", "j'k", 'l"m', "[n]", "o=p", "1"])
trees = st.recursive(
    st.integers(0, 9), lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3), max_leaves=8
)


def quoted(name: str) -> str:
    escaped = name.replace('"', '\\"')
    return name if name.replace("-", "").replace("_", "").isalnum() else f'"{escaped}"'


def written(tree: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The lines of a tree as tables, each with the key that stands on it."""
    for name, value in tree.items():
        if not isinstance(value, dict):
            yield (*path, name), f"{quoted(name)} = {value}"
    for name, value in tree.items():
        if isinstance(value, dict):
            yield (*path, name), f"[{'.'.join(map(quoted, (*path, name)))}]"
            yield from written(value, (*path, name))


@given(st.dictionaries(names, trees, min_size=1, max_size=4))
def test_every_key_of_a_tree_of_tables(tree: dict[str, Any]) -> None:
    lines = list(written(tree))
    text = "\n".join(line for _, line in lines)
    assert tomllib.loads(text) == tree
    for number, (keys, _) in enumerate(lines, start=1):
        assert locate(text, keys) == number


@given(st.text(max_size=80), st.lists(st.text(max_size=3) | st.integers(0, 3), max_size=3))
def test_no_text_is_too_strange(text: str, keys: list[str | int]) -> None:
    assert 1 <= locate(text, keys) <= max(1, len(text.splitlines()))
