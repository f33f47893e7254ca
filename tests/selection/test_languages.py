"""Languages: declared, detected, told by script, or unknown; and whether a text is code."""

from __future__ import annotations

import pytest

from helmert.selection.code import looks_like_code
from helmert.selection.languages import (
    UNKNOWN,
    declared_language,
    find_languages,
    installed_detector,
    script_of,
)

TEXTS = {
    "de": "Die Rechnung wurde am Dienstag an den Kunden geschickt und noch nicht bezahlt.",
    "en": "The invoice was sent to the customer on Tuesday and has not been paid yet.",
    "fr": "La facture a été envoyée au client mardi et n'a pas encore été payée.",
    "zh": "发票星期二已经寄给客户了 但是还没有付款。",
    "ja": "請求書は火曜日に顧客に送られましたが、まだ支払われていません。",
    "ko": "청구서는 화요일에 고객에게 보내졌습니다.",
    "el": "Το τιμολόγιο στάλθηκε στον πελάτη την Τρίτη.",  # noqa: RUF001
    "th": "ใบแจ้งหนี้ถูกส่งไปยังลูกค้าเมื่อวันอังคาร",
}


@pytest.mark.parametrize("language", TEXTS)
def test_sentences_are_recognised(language: str) -> None:
    found = find_languages([("x", TEXTS[language], "")], installed_detector())
    assert found.of == {"x": language}


def test_what_is_declared_is_not_questioned() -> None:
    found = find_languages([("x", TEXTS["de"], "nl")], installed_detector())
    assert (found.of["x"], found.declared, found.detected) == ("nl", 1, 0)
    assert found.sentence("queries") == "Languages of queries: 1 declared."


def test_short_latin_texts_are_not_guessed() -> None:
    assert find_languages([("x", "list files", "")], installed_detector()).of["x"] == UNKNOWN


def test_without_a_detector_only_scripts_are_told() -> None:
    found = find_languages([(name, text, "") for name, text in TEXTS.items()], None)
    assert found.of == {name: UNKNOWN if name in {"de", "en", "fr"} else name for name in TEXTS}
    russian = find_languages([("x", "Поезд отправляется в семь часов утра", "")], None)
    assert russian.of["x"] == "script:Cyrillic"


def test_an_unsure_detector_is_not_believed() -> None:
    found = find_languages([("x", TEXTS["de"], "")], lambda _: ("nl", 0.4))
    assert found.of["x"] == UNKNOWN


@pytest.mark.parametrize("facts", [{"language": " DE "}, {"lang": "de"}, {"lang": "de", "year": 2020}])
def test_a_language_is_declared_under_either_name(facts: dict[str, object]) -> None:
    assert declared_language(facts) == "de"


def test_nothing_declared_is_empty() -> None:
    assert declared_language({"lang": "", "title": "x"}) == ""


def test_the_script_of_digits_alone_is_none() -> None:
    assert script_of("12.5 + 3") == ""


@pytest.mark.parametrize(
    "code",
    [
        'def f(x):\n    """Explain at some length what this does and why."""\n    return x',
        "for (int i = 0; i < n; i++) {\n  total += a[i];\n}",
        "SELECT name, count(*) FROM orders GROUP BY name",
        "find . -name '*.py' | xargs wc -l",
        "git commit --amend --no-edit",
        "import numpy as np\nx = np.zeros(3)\nprint(x)",
        "public static void main(String[] args) {",
        "#!/bin/sh\necho hello",
    ],
)
def test_code_is_code(code: str) -> None:
    assert looks_like_code(code)


@pytest.mark.parametrize(
    "prose",
    [
        "",
        "how do I compute the mean of a list in python",
        "The function returns the mean of a list; it fails for an empty one.",
        "Refunds are paid within fourteen days of the return. Please keep the receipt.",
        "To list files run ls -l in the terminal. You will see the owner and the size of each.",
        "If the class is full, while you wait, for example, return tomorrow.",
        "return year from date python",
    ],
)
def test_prose_is_prose(prose: str) -> None:
    assert not looks_like_code(prose)
