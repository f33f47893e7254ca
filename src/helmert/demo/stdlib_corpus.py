"""A retrieval collection that every Python brings along: its standard library, as code without docstrings.

A document is a public function, method or class with the docstring taken out; a query is the first sentence
of that docstring; the pair is the relevance label. Nobody judged anything by hand, so what the collection
measures is "find the code that does this", in the words of the code's own authors. Sources are read and
parsed, never imported.

What is left out, and why:

* Private modules and names, tests, and applications that happen to be shipped (`EXCLUDED_FOLDERS`).
* `encodings`: about a hundred generated modules with the same functions.
* Definitions inside functions, and all definitions of a name but the first (property setters, branches).
* Definitions without a docstring whose body has fewer than `MIN_UNDOCUMENTED_LINES` lines. Longer ones stay
  as documents that no query asks for.
* Queries with too few or too many words, with more than `MAX_RELEVANT` documents behind the same sentence
  (boilerplate such as "Emit a record."), or that give the answer away. `StdlibCollection.dropped` has counts.
"""

from __future__ import annotations

import ast
import inspect
import re
import sysconfig
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from helmert.errors import BadInput
from helmert.types import Document, Query

EXCLUDED_FOLDERS = frozenset(
    {"test", "tests", "idle_test", "idlelib", "lib2to3", "turtledemo", "site-packages", "encodings"}
)
MIN_UNDOCUMENTED_LINES = 4
MAX_LINES = 400
"""Longer documents are cut after this many lines, and `metadata["cut"]` is true."""
MIN_WORDS = 3
MAX_WORDS = 40
MAX_RELEVANT = 5

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(\[`*])")

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef
_Span = tuple[int, int, int, int]
"""First line, first byte column, last line, end byte column; lines count from 1 as in `ast`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StdlibCollection:
    """Documents, queries and labels, and what did not make it."""

    documents: tuple[Document, ...]
    """Ids are dotted names (`json.decoder.JSONDecoder.decode`); metadata has `module`, `kind` and `cut`."""
    queries: tuple[Query, ...]
    qrels: Mapping[str, Mapping[str, int]]
    """Query id to relevant document ids, always with grade 1. Every query has at least one."""
    skipped_files: tuple[str, ...]
    """Paths, relative to the library, that could not be read or parsed."""
    dropped: Mapping[str, int]
    """Reason to number of sentences that did not become a query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    document: Document
    sentence: str
    """First sentence of the docstring; empty when there is none."""


def collect(stdlib: Path | None = None) -> StdlibCollection:
    """Read the standard library under `stdlib`, by default the one of the running interpreter.

    The result depends on the files alone: same sources, same ids, same order. Raises `BadInput` when the
    folder holds no Python sources, as with interpreters whose library is an archive or frozen.
    """
    root = Path(sysconfig.get_path("stdlib")) if stdlib is None else stdlib
    found: dict[str, _Code] = {}
    skipped: list[str] = []
    for path in _sources(root):
        try:
            codes = list(_read_module(path, _module_name(path.relative_to(root))))
        except (OSError, SyntaxError, ValueError, RecursionError):
            skipped.append(path.relative_to(root).as_posix())
            continue
        for code in codes:
            found.setdefault(code.document.id, code)
    if not found:
        raise BadInput(
            "no Python sources of public functions or classes here.",
            path=str(root),
            next_step="Use an interpreter that ships its standard library as .py files.",
        )
    queries, qrels, dropped = _ask(found.values())
    return StdlibCollection(
        documents=tuple(code.document for code in found.values()),
        queries=queries,
        qrels=qrels,
        skipped_files=tuple(skipped),
        dropped=dropped,
    )


def write_beir(collection: StdlibCollection, folder: Path) -> None:
    """Write `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` into `folder`, over what stands there.

    Documents have `_id`, `text` and their metadata as flat fields. There is no title: it would be the name,
    and the text begins with that already.
    """
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    with (folder / "corpus.jsonl").open("wb") as corpus:
        for document in collection.documents:
            corpus.write(orjson.dumps({"_id": document.id, "text": document.text, **document.metadata}) + b"\n")
    with (folder / "queries.jsonl").open("wb") as queries:
        for query in collection.queries:
            queries.write(orjson.dumps({"_id": query.id, "text": query.text}) + b"\n")
    with (folder / "qrels" / "test.tsv").open("w", encoding="utf-8", newline="\n") as qrels:
        qrels.write("query-id\tcorpus-id\tscore\n")
        for query_id, relevant in collection.qrels.items():
            qrels.writelines(f"{query_id}\t{document_id}\t{grade}\n" for document_id, grade in relevant.items())


def _sources(folder: Path) -> Iterator[Path]:
    """Public modules below `folder`, in the order of their names. Excluded folders are never entered."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in EXCLUDED_FOLDERS and _is_public(path.name):
            yield from _sources(path)
        elif path.suffix == ".py" and (path.name == "__init__.py" or _is_public(path.stem)):
            yield path


def _is_public(name: str) -> bool:
    return name.isidentifier() and not name.startswith("_")


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read_module(path: Path, module: str) -> Iterator[_Code]:
    with tokenize.open(path) as file:
        source = file.read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in old sources; must not depend on -W error
        tree = ast.parse(source)
    lines = source.split("\n")
    for scope, node in _public_definitions(tree, ()):
        code = _code(node, lines, module, scope)
        if code is not None:
            yield code


def _public_definitions(
    parent: ast.Module | ast.ClassDef, scope: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], _Definition]]:
    for node in _definitions(parent):
        if node.name.startswith("_"):
            continue
        yield scope, node
        if isinstance(node, ast.ClassDef):
            yield from _public_definitions(node, (*scope, node.name))


def _definitions(parent: ast.AST) -> Iterator[_Definition]:
    """Definitions in the scope of `parent`, also those under `if`, `try` and `with`."""
    for child in ast.iter_child_nodes(parent):
        if isinstance(child, _Definition):
            yield child
        elif isinstance(child, ast.stmt | ast.excepthandler):
            yield from _definitions(child)


def _code(node: _Definition, lines: list[str], module: str, scope: tuple[str, ...]) -> _Code | None:
    docstring = ast.get_docstring(node)
    text_lines = _text_lines(node, lines)
    header = lines[_first_line(node) - 1 : _first_line(node.body[0]) - 1]
    body_lines = len(text_lines) - sum(1 for line in header if line.strip())
    if docstring is None and body_lines < MIN_UNDOCUMENTED_LINES:
        return None
    match node:
        case ast.ClassDef():
            kind = "class"
        case _:
            kind = "method" if scope else "function"
    document = Document(
        id=".".join(part for part in (module, *scope, node.name) if part),
        text="\n".join(text_lines[:MAX_LINES]),
        metadata={"module": module, "kind": kind, "cut": len(text_lines) > MAX_LINES},
    )
    return _Code(document=document, sentence=_first_sentence(docstring or ""))


def _text_lines(node: _Definition, lines: list[str]) -> list[str]:
    """The source of a definition without docstrings and blank lines, moved to the left margin.

    A class is its outline: header, class-level statements, constructor and the headers of other definitions.
    With the bodies it would compete with each of its own methods.
    """
    start, end = _first_line(node), node.end_lineno or node.lineno
    kept = lines[start - 1 : end]
    removed = _docstrings(node)
    if isinstance(node, ast.ClassDef):
        bodies = list(_method_bodies(node, lines))
        removed = [*bodies, *(span for span in removed if not any(_inside(span, body) for body in bodies))]
    for first, column, last, end_column in sorted(removed, reverse=True):
        before = kept[first - start].encode()[:column].decode()
        after = kept[last - start].encode()[end_column:].decode()
        kept[first - start : last - start + 1] = [before + after.lstrip("; ")]
    margin = lines[start - 1][: len(lines[start - 1]) - len(lines[start - 1].lstrip())]
    return [line.removeprefix(margin).rstrip() for line in kept if line.strip()]


def _docstrings(node: _Definition) -> list[_Span]:
    inner = (child for child in ast.walk(node) if isinstance(child, _Definition))
    texts = (child.body[0] for child in inner if ast.get_docstring(child, clean=False) is not None)
    return [(text.lineno, text.col_offset, text.end_lineno or 0, text.end_col_offset or 0) for text in texts]


def _method_bodies(node: ast.ClassDef, lines: list[str]) -> Iterator[_Span]:
    """What stands below the headers of a class's members, the constructor excepted, with leading comments."""
    for member in _definitions(node):
        first, last = _first_line(member.body[0]), member.end_lineno or member.lineno
        if member.name == "__init__" or first == member.lineno:
            continue
        while lines[first - 2].lstrip().startswith("#") or not lines[first - 2].strip():
            first -= 1
        yield first, 0, last, len(lines[last - 1].encode())


def _inside(inner: _Span, outer: _Span) -> bool:
    return outer[0] <= inner[0] and inner[2] <= outer[2]


def _first_line(node: ast.stmt) -> int:
    """The line of the first decorator where there is one, else of the statement."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _first_sentence(docstring: str) -> str:
    paragraph = inspect.cleandoc(docstring).split("\n\n", 1)[0]
    return _SENTENCE_END.split(" ".join(paragraph.split()), maxsplit=1)[0]


def _ask(
    codes: Iterable[_Code],
) -> tuple[tuple[Query, ...], dict[str, dict[str, int]], dict[str, int]]:
    """Queries with their relevant documents. Code with the same sentence answers the same query."""
    asked: dict[str, list[_Code]] = {}
    for code in codes:
        if code.sentence:
            asked.setdefault(_normalised(code.sentence), []).append(code)
    queries: list[Query] = []
    qrels: dict[str, dict[str, int]] = {}
    dropped: Counter[str] = Counter()
    for sentence, relevant in asked.items():
        reason = _unfit(sentence, relevant)
        if reason is not None:
            dropped[reason] += 1
            continue
        query = Query(id=f"q{len(queries) + 1:05d}", text=relevant[0].sentence)
        queries.append(query)
        qrels[query.id] = {code.document.id: 1 for code in relevant}
    return tuple(queries), qrels, dict(sorted(dropped.items()))


def _normalised(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def _unfit(sentence: str, relevant: list[_Code]) -> str | None:
    """Why a sentence is no query, or None."""
    words = len(sentence.split())
    if words < MIN_WORDS:
        return f"fewer than {MIN_WORDS} words"
    if words > MAX_WORDS:
        return f"more than {MAX_WORDS} words"
    if len(relevant) > MAX_RELEVANT:
        return f"more than {MAX_RELEVANT} documents with this sentence"
    for code in relevant:
        name = code.document.id.casefold()
        if name in sentence or f"{name.rpartition('.')[2]}(" in sentence:
            return "contains the qualified name or a call of what it describes"
        if sentence in _normalised(code.document.text):
            return "stands in the code as well"
    return None
