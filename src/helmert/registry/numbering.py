"""Short ids that people can say: `m7` for a migration, `e12` for an evaluation. Tables keep the number."""

from __future__ import annotations

from helmert.errors import NotFound


def migration_id(number: int) -> str:
    """The id of the migration with a number."""
    return f"m{number}"


def migration_number(text: str) -> int:
    """The number in a migration's id. Raises `NotFound` for text that is no such id."""
    return _number(text, letter="m", what="migration")


def evaluation_id(number: int) -> str:
    """The id of the evaluation with a number."""
    return f"e{number}"


def evaluation_number(text: str) -> int:
    """The number in an evaluation's id. Raises `NotFound` for text that is no such id."""
    return _number(text, letter="e", what="evaluation")


def _number(text: str, *, letter: str, what: str) -> int:
    digits = text.removeprefix(letter)
    if digits == text or not (digits.isascii() and digits.isdigit()):
        raise NotFound(f"{text!r} is no id of a {what}; these look like {letter}1.")
    return int(digits)
