"""One scorecard with every section filled, and one with as little as possible."""

from __future__ import annotations

import pytest

from helmert.selection.scorecard import Scorecard
from tests.report.selection.cards import bare_card, full_card


@pytest.fixture(scope="session")
def card() -> Scorecard:
    return full_card()


@pytest.fixture(scope="session")
def bare() -> Scorecard:
    return bare_card()
