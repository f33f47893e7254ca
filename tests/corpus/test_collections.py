"""The shared test collections are read whole and without surprise."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.corpus import ReadReport, open_source

DOCUMENTS = {
    "zoomcamp_faq": 947,
    "cranfield": 1398,
    "cosqa": 6267,
    "qmsum": 232,
    "nl2bash": 10_624,
    "xquad/de": 240,
}
EMPTY = {"cranfield": [471, 995]}


@pytest.mark.data
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_collection_is_read_whole(collections: Path, name: str) -> None:
    report = ReadReport()

    ids = {d.id for d in open_source(collections / name, on_bad="skip").documents(report)}

    assert len(ids) == report.read == DOCUMENTS[name]
    assert [row.line for row in report.skipped] == EMPTY.get(name, [])
