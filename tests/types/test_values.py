"""The identity of a text, and clocks that carry their time zone."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.telemetry import Notice, silent
from helmert.types import content_hash, monotonic_seconds, system_clock

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
blanks = st.text(alphabet=" \t\n\r\u00a0\u2003", min_size=1, max_size=3)


@given(texts)
def test_the_hash_is_short_and_stable(text: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", content_hash(text))
    assert content_hash(text) == content_hash(text)


@given(st.lists(st.text(alphabet="abcé中", min_size=1, max_size=4), min_size=1, max_size=5), st.data())
def test_white_space_does_not_count(words: list[str], data: st.DataObject) -> None:
    spaced = "".join(word + data.draw(blanks) for word in words)
    assert content_hash(data.draw(blanks) + spaced) == content_hash(" ".join(words))


@given(texts)
def test_composition_does_not_count(text: str) -> None:
    forms = {content_hash(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {content_hash(text)}


@given(texts, texts)
def test_everything_else_counts(one: str, other: str) -> None:
    def told(text: str) -> str:
        return unicodedata.normalize("NFC", " ".join(text.split()))

    assert (content_hash(one) == content_hash(other)) == (told(one) == told(other))


@pytest.mark.parametrize(("one", "other"), [("a b", "ab"), ("a", "A"), ("ﬁ", "fi"), ("x²", "x2"), ("", "0")])
def test_texts_that_only_look_alike_are_different(one: str, other: str) -> None:
    assert content_hash(one) != content_hash(other)


def test_hashes_that_are_stored_stay_what_they_are() -> None:
    assert content_hash("Goods can be returned.") == "bcda21df2eaee8d8eaeb0be74b68dd9e"
    assert content_hash("Ærøskøbing  cafe\u0301") == "fbfbcfe6d0c6ff932f1a65d77e49bcbc"


def test_the_clock_says_its_time_zone() -> None:
    assert system_clock().utcoffset() == timedelta(0)


def test_durations_never_go_backwards() -> None:
    readings = [monotonic_seconds() for _ in range(100)]
    assert readings == sorted(readings)


def test_nobody_has_to_listen() -> None:
    silent(Notice(text="something happened"))
