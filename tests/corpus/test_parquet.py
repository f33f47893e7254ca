"""Parquet files: the same documents as from JSONL, only the needed columns, rows named by number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helmert.corpus import ReadReport, open_source, parquet
from helmert.errors import BadInput, MissingExtra
from helmert.types import Document


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_become_documents(tmp_path: Path) -> None:
    path = write(
        tmp_path / "docs.parquet",
        _id=[1, 2],
        title=["T", None],
        text=["x", "y"],
        year=[1999, None],
        score=[0.5, 1.0],
        open=[True, False],
    )

    assert list(open_source(path).documents()) == [
        Document(id="1", text="T\nx", metadata={"title": "T", "year": 1999, "score": 0.5, "open": True}),
        Document(id="2", text="y", metadata={"score": 1.0, "open": False}),
    ]


def test_columns_that_are_not_named_are_not_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path / "docs.parquet", id=["a"], title=["T"], text=["x"], vector=[[0.1, 0.2]], n=[1])

    (document,) = open_source(path, metadata_fields=["n"]).documents()

    assert document == Document(id="a", text="T\nx", metadata={"n": 1})


def test_a_defect_is_told_with_its_row_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 4)
    texts: list[str | None] = [f"text {n}" for n in range(1, 11)]
    texts[6] = None
    path = write(tmp_path / "docs.parquet", id=[*range(1, 10), 2], text=texts)
    report = ReadReport()

    found = list(open_source(path, on_bad="skip").documents(report))

    assert [d.id for d in found] == ["1", "2", "3", "4", "5", "6", "8", "9"]
    assert [(row.line, row.reason) for row in report.skipped] == [
        (7, "the text is empty (title and text)"),
        (10, "the id '2' was used before"),
    ]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ({"tags": [["a"]]}, "'tags' is a list"),
        ({"blob": [b"x"]}, "'blob' is a value of type bytes"),
        ({"score": [float("nan")]}, "'score' is nan"),
        ({"id": [0.5]}, "0.5 is a fraction"),
    ],
)
def test_values_that_no_store_could_filter_on(tmp_path: Path, column: dict[str, object], reason: str) -> None:
    path = write(tmp_path / "docs.parquet", **({"id": ["a"], "text": ["x"]} | column))

    with pytest.raises(BadInput) as caught:
        list(open_source(path).documents())
    assert caught.value.line == 1
    assert reason in caught.value.reason


def test_text_that_is_not_utf8_costs_only_its_row(tmp_path: Path) -> None:
    broken = pa.array([b"one", b"caf\xe9", b"three"], pa.binary()).cast(pa.string(), safe=False)
    broken = pa.Array.from_buffers(pa.string(), 3, broken.buffers())
    path = write(tmp_path / "docs.parquet", id=["a", "b", "c"], text=broken)
    report = ReadReport()

    assert [d.id for d in open_source(path, on_bad="skip").documents(report)] == ["a", "c"]
    assert [(row.line, row.reason.split(":")[0]) for row in report.skipped] == [(2, "not UTF-8")]


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.parquet"
    nonsense.write_bytes(b"nothing of the kind")

    with pytest.raises(BadInput, match="not a readable Parquet file"):
        list(open_source(nonsense).documents())
    with pytest.raises(BadInput, match="no column 'text'; the file has id, body"):
        list(open_source(write(tmp_path / "a.parquet", id=["a"], body=["x"])).documents())
    with pytest.raises(BadInput, match="no documents"):
        list(open_source(write(tmp_path / "b.parquet", id=pa.array([], pa.string()), text=[])).documents())


def test_the_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "docs.parquet", id=["a"], text=["x"])
    monkeypatch.setitem(sys.modules, "pyarrow.lib", None)

    with pytest.raises(MissingExtra) as caught:
        list(open_source(path).documents())
    assert caught.value.next_step == "pip install 'helmert[arrow]'"


def test_opening_other_files_does_not_import_pyarrow(tmp_path: Path) -> None:
    path = tmp_path / "docs.jsonl"
    path.write_text('{"id": "a", "text": "x"}')
    program = (
        "import sys; from helmert.corpus import open_source; "
        f"list(open_source({str(path)!r}).documents()); sys.exit('pyarrow' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
