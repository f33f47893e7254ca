"""The standard library as a retrieval collection: a small tree with every case, then the real one."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from helmert.demo.stdlib_corpus import (
    MAX_LINES,
    MAX_RELEVANT,
    MAX_WORDS,
    MIN_WORDS,
    StdlibCollection,
    collect,
    write_beir,
)
from helmert.errors import BadInput
from helmert.types import Document, Query

BASICS = '''\
"""Module docstring, which is no query."""

import os


@os.cache
def decorated(path, *,
              strict=True):  # kept comment
    """Open the file for reading. Second sentence.

    Details that nobody asks for.
    """
    # a comment in the body
    def inner():
        """Inner docstrings vanish as well."""
        return "ümläut"

    return inner(path)


def _private():
    """Private functions are not documents."""


def undocumented_short(a):
    return a


def undocumented_long(a):
    a = a + 1
    a = a + 2
    a = a + 3
    return a


def one_line(): "Everything stands on one line."; return 1


async def fetch_all(session):
    """Wait until all
    requests are done."""
    return await session.all()


def only_documented():
    """There is nothing but this docstring."""


class Box:
    """Hold one thing at a time."""

    colour = "red"

    def __init__(self, thing):
        """Put the thing in."""
        self.thing = thing

    # about open
    def open(self):
        # first comment
        """Not a docstring position, says the parser? It is one."""
        return self.thing

    @property
    def weight(self):
        """Weigh what is inside."""
        return weigh(self.thing)

    @weight.setter
    def weight(self, value):
        self.thing = lighter_or_heavier(value)

    class Lid:
        """Close the box from above."""

        closed = True
'''

BRANCHES = '''\
import sys

if sys.platform == "win32":
    def where():
        """Say where the file lies."""
        return "windows"
else:
    def where():
        """Second definitions do not count."""
        return "elsewhere"

try:
    from fast import quick
except ImportError:
    def quick(x):
        """Do it without the accelerator."""
        return x
'''

QUERIES = '''\
def two_words():
    """Too short."""

def wordy():
    """LONG"""

def same_a():
    """Lock the mailbox."""

def same_b():
    """Lock  the mailbox"""

def names_itself(x):
    """names_itself(x) -> the answer to it"""

def names_fully():
    """Alias of queries.names_fully for callers."""

def repeats():
    """Return the shiny thing."""
    # Return the shiny
    # thing.
    return "Return the shiny thing."
'''

LATIN = '# -*- coding: latin-1 -*-\ndef greet():\n    """Say hello in latin letters."""\n    return "grüße"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A library with every case the real one has, in a folder named like one."""
    root = tmp_path / "lib"
    boiler = "".join(f'def f{i}():\n    """Emit a record."""\n' for i in range(MAX_RELEVANT + 1))
    long_body = "".join(f"    x{i} = {i}\n" for i in range(MAX_LINES + 50))
    files = {
        "basics.py": BASICS,
        "branches.py": BRANCHES,
        "queries.py": QUERIES.replace("LONG", "word " * (MAX_WORDS + 1)),
        "boilerplate.py": boiler,
        "long.py": f'def long():\n    """Count up very far."""\n{long_body}',
        "package/__init__.py": 'def top():\n    """Stand in the package itself."""\n',
        "package/_hidden.py": 'def seen():\n    """Nobody should find this."""\n',
        "package/__main__.py": 'def main():\n    """Start the whole program."""\n',
        "package/test/case.py": 'def check():\n    """Test folders are not read."""\n',
        "idlelib/editor.py": 'def edit():\n    """Applications are not read."""\n',
        "site-packages/other.py": 'def other():\n    """Installed packages are not read."""\n',
        "broken.py": "def broken(:\n",
        "old_escape.py": 'PATTERN = "\\d"\n\ndef match():\n    """Match a lot of digits."""\n',
        "windows.py": 'def crlf():\r\n    """Live with carriage returns."""\r\n    return 1\r\n',
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (root / "latin.py").write_text(LATIN, encoding="latin-1")
    (root / "not_utf8.py").write_bytes(b'def f():\n    """Bytes that are wrong."""\n    return "\xff"\n')
    return root


@pytest.fixture
def small(tree: Path) -> StdlibCollection:
    return collect(tree)


@pytest.fixture(scope="module")
def real() -> StdlibCollection:
    return collect()


def document(collection: StdlibCollection, name: str) -> Document:
    return next(found for found in collection.documents if found.id == name)


def answers(collection: StdlibCollection) -> dict[str, set[str]]:
    """Query text to the ids of its relevant documents."""
    return {query.text: set(collection.qrels[query.id]) for query in collection.queries}


class TestDocuments:
    def test_exactly_the_public_definitions_are_documents(self, small: StdlibCollection) -> None:
        basics = {found.id for found in small.documents if found.metadata["module"] == "basics"}
        assert basics == {
            "basics.decorated",
            "basics.undocumented_long",
            "basics.one_line",
            "basics.fetch_all",
            "basics.only_documented",
            "basics.Box",
            "basics.Box.open",
            "basics.Box.weight",
            "basics.Box.Lid",
        }

    def test_function_keeps_decorator_signature_and_comments_but_no_docstring(self, small: StdlibCollection) -> None:
        assert document(small, "basics.decorated").text == "\n".join(
            [
                "@os.cache",
                "def decorated(path, *,",
                "              strict=True):  # kept comment",
                "    # a comment in the body",
                "    def inner():",
                '        return "ümläut"',
                "    return inner(path)",
            ]
        )

    def test_class_is_its_outline(self, small: StdlibCollection) -> None:
        assert document(small, "basics.Box").text == "\n".join(
            [
                "class Box:",
                '    colour = "red"',
                "    def __init__(self, thing):",
                "        self.thing = thing",
                "    # about open",
                "    def open(self):",
                "    @property",
                "    def weight(self):",
                "    @weight.setter",
                "    def weight(self, value):",
                "    class Lid:",
            ]
        )

    def test_method_is_moved_to_the_left_margin(self, small: StdlibCollection) -> None:
        text = document(small, "basics.Box.weight").text
        assert text == "@property\ndef weight(self):\n    return weigh(self.thing)"

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("basics.one_line", "def one_line(): return 1"),
            ("basics.only_documented", "def only_documented():"),
            ("windows.crlf", "def crlf():\n    return 1"),
            ("latin.greet", 'def greet():\n    return "grüße"'),
        ],
    )
    def test_odd_layouts(self, small: StdlibCollection, name: str, text: str) -> None:
        assert document(small, name).text == text

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("basics.decorated", "function"),
            ("basics.fetch_all", "function"),
            ("basics.Box", "class"),
            ("basics.Box.Lid", "class"),
            ("basics.Box.open", "method"),
        ],
    )
    def test_metadata_says_module_and_kind(self, small: StdlibCollection, name: str, kind: str) -> None:
        assert document(small, name).metadata == {"module": "basics", "kind": kind, "cut": False}

    def test_first_definition_of_a_name_counts(self, small: StdlibCollection) -> None:
        assert "windows" in document(small, "branches.where").text
        assert document(small, "branches.quick").text == "def quick(x):\n    return x"

    def test_long_body_is_cut_and_says_so(self, small: StdlibCollection) -> None:
        long = document(small, "long.long")
        assert len(long.text.split("\n")) == MAX_LINES
        assert long.metadata["cut"] is True

    def test_packages_are_named_after_their_folder(self, small: StdlibCollection) -> None:
        assert document(small, "package.top").metadata["module"] == "package"

    def test_private_modules_tests_and_applications_are_not_read(self, small: StdlibCollection) -> None:
        modules = {str(found.metadata["module"]) for found in small.documents}
        assert not {name for name in modules if "hidden" in name or "main" in name or "test" in name}
        assert not modules & {"idlelib.editor", "site-packages.other", "other"}

    def test_unreadable_files_are_skipped_and_named(self, small: StdlibCollection) -> None:
        assert small.skipped_files == ("broken.py", "not_utf8.py")


class TestQueries:
    def test_query_is_the_first_sentence(self, small: StdlibCollection) -> None:
        found = answers(small)
        assert found["Open the file for reading."] == {"basics.decorated"}
        assert found["Wait until all requests are done."] == {"basics.fetch_all"}
        assert found["Everything stands on one line."] == {"basics.one_line"}

    def test_same_sentence_has_several_answers(self, small: StdlibCollection) -> None:
        assert answers(small)["Lock the mailbox."] == {"queries.same_a", "queries.same_b"}

    def test_every_dropped_sentence_is_counted_under_its_reason(self, small: StdlibCollection) -> None:
        assert small.dropped == {
            f"fewer than {MIN_WORDS} words": 1,
            f"more than {MAX_WORDS} words": 1,
            f"more than {MAX_RELEVANT} documents with this sentence": 1,
            "contains the qualified name or a call of what it describes": 2,
            "stands in the code as well": 1,
        }

    def test_code_of_dropped_queries_stays_in_the_collection(self, small: StdlibCollection) -> None:
        names = {found.id for found in small.documents}
        assert {"queries.two_words", "queries.wordy", "queries.repeats", "boilerplate.f0"} <= names


class TestMissingSources:
    def test_folder_without_sources(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no code here")
        with pytest.raises(BadInput, match="no Python sources") as caught:
            collect(tmp_path)
        assert caught.value.path == str(tmp_path)
        assert caught.value.next_step is not None

    def test_library_in_an_archive(self, tmp_path: Path) -> None:
        archive = tmp_path / "python311.zip"
        archive.write_bytes(b"PK\x05\x06" + bytes(18))
        with pytest.raises(BadInput, match="no Python sources"):
            collect(archive)


class TestBeirFolder:
    def test_files_hold_the_collection(self, small: StdlibCollection, tmp_path: Path) -> None:
        folder = tmp_path / "out" / "beir"
        write_beir(small, folder)
        corpus = [json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()]
        assert [Document(id=row.pop("_id"), text=row.pop("text"), metadata=row) for row in corpus] == list(
            small.documents
        )
        queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text("utf-8").splitlines()]
        assert [Query(id=row["_id"], text=row["text"]) for row in queries] == list(small.queries)
        header, *rows = (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()
        assert header == "query-id\tcorpus-id\tscore"
        labels: dict[str, dict[str, int]] = {}
        for query_id, document_id, grade in (row.split("\t") for row in rows):
            labels.setdefault(query_id, {})[document_id] = int(grade)
        assert labels == small.qrels

    def test_writing_twice_replaces(self, small: StdlibCollection, tmp_path: Path) -> None:
        write_beir(small, tmp_path)
        before = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        write_beir(small, tmp_path)
        assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


class TestRealLibrary:
    def test_is_large_enough_to_tell_models_apart(self, real: StdlibCollection) -> None:
        assert 3_000 <= len(real.documents) <= 12_000
        assert len(real.queries) >= 2_000

    def test_ids_are_unique(self, real: StdlibCollection) -> None:
        assert len({found.id for found in real.documents}) == len(real.documents)
        assert len({query.id for query in real.queries}) == len(real.queries)
        assert len({query.text.casefold() for query in real.queries}) == len(real.queries)

    def test_every_query_has_answers_that_exist(self, real: StdlibCollection) -> None:
        names = {found.id for found in real.documents}
        assert set(real.qrels) == {query.id for query in real.queries}
        for relevant in real.qrels.values():
            assert 1 <= len(relevant) <= MAX_RELEVANT
            assert relevant.keys() <= names

    def test_no_answer_contains_its_query_and_no_query_its_answer(self, real: StdlibCollection) -> None:
        texts = {found.id: " ".join(found.text.casefold().split()) for found in real.documents}
        for query in real.queries:
            sentence = " ".join(query.text.casefold().split()).rstrip(".")
            for name in real.qrels[query.id]:
                assert sentence not in texts[name]
                assert name.casefold() not in sentence

    def test_query_lengths_are_bounded(self, real: StdlibCollection) -> None:
        assert all(MIN_WORDS <= len(query.text.split()) <= MAX_WORDS for query in real.queries)

    def test_well_known_code_is_there(self, real: StdlibCollection) -> None:
        text = document(real, "json.decoder.JSONDecoder.decode").text
        assert text.startswith("def decode(self, s")
        assert "Python representation" not in text

    def test_nothing_was_skipped_and_warning_filters_change_nothing(self, real: StdlibCollection) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again = collect()
        assert real.skipped_files == ()
        assert again == real
