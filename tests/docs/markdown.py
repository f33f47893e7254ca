"""Markdown as the documentation tests need it: fenced blocks, headings and links, each with its line.

Conventions for fenced blocks, all checked:

* `python` blocks run, in order, sharing names. What they print must stand in comments that begin with `# >`.
* `bash` blocks run, in order; each in a shell of its own that stops at the first error.
* `output` right after a `bash` block is compared with what that printed. Here and after `# >`, `...` stands
  for anything and runs of white space are equal.
* A block with `title="name"` is a file: it is written under that name before later blocks run.
* `toml`, `json` and `jsonl` blocks must parse. The languages in `SHOWN` are only shown.

All blocks of one document run in one temporary folder, as a reader would follow them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = {"python", "bash"}
PARSED = {"toml", "json", "jsonl"}
SHOWN = {"console", "text", "output", "mermaid", "sql", "yaml", "http"}

FENCE = re.compile(r"^\s*(?P<ticks>`{3,})(?P<info>.*)$")
TITLE = re.compile(r'title="(?P<title>[^"]+)"')
CODE_SPAN = re.compile(r"`[^`]*`")
LINK = re.compile(r'\[[^\]]*\]\(<?(?P<inline>[^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(?P<reference>\S+)')
HTML_LINK = re.compile(r'(?:src|href)="(?P<target>[^"]+)"')
HTML_ANCHOR = re.compile(r'(?:id|name)="(?P<anchor>[^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block. `line` is where its opening fence stands."""

    path: Path
    line: int
    language: str
    title: str | None
    source: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def documents() -> list[Path]:
    """Every page: those in the root, in `docs` and beside the benchmarks."""
    nested = (page for folder in ("docs", "benchmarks") for page in (ROOT / folder).rglob("*.md"))
    return sorted([*ROOT.glob("*.md"), *nested])


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return fenced(path, path.read_text(encoding="utf-8"), first_line=1)


def fenced(path: Path, text: str, *, first_line: int) -> list[Block]:
    """The fenced blocks of a text that begins at a line of a file."""
    found: list[Block] = []
    opened: tuple[int, str, str] | None = None
    source: list[str] = []
    for number, line in enumerate(text.splitlines(), start=first_line):
        fence = FENCE.match(line)
        if opened is None:
            if fence:
                opened, source = (number, fence["ticks"], fence["info"].strip()), []
        elif fence and fence["ticks"] == opened[1] and not fence["info"].strip():
            found.append(block(path, opened[0], opened[2], source))
            opened = None
        else:
            source.append(line)
    assert opened is None, f"{path}:{opened[0]}: this fence is never closed"
    return found


def block(path: Path, line: int, info: str, source: list[str]) -> Block:
    """One block from its opening line and content."""
    title = TITLE.search(info)
    language = info.split(maxsplit=1)[0] if info else ""
    text = dedent("\n".join(source)) + "\n"
    return Block(path=path, line=line, language=language, title=title["title"] if title else None, source=text)


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Lines outside fenced blocks, with their numbers."""
    inside = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if fence := FENCE.match(line):
            inside = "" if fence["ticks"] == inside else inside or fence["ticks"]
        elif not inside:
            yield number, line


def links(path: Path) -> list[tuple[int, str]]:
    """Targets of all links and pictures, with their lines."""
    found = []
    for number, line in prose(path):
        plain = CODE_SPAN.sub("``", line)
        found += [(number, match["inline"] or match["reference"]) for match in LINK.finditer(plain)]
        found += [(number, match["target"]) for match in HTML_LINK.finditer(plain)]
    return found


def anchors(path: Path) -> set[str]:
    """What a link to a place in this page may name: headings as GitHub spells them, and HTML ids."""
    names: set[str] = set()
    for _, line in prose(path):
        names |= {match["anchor"] for match in HTML_ANCHOR.finditer(line)}
        if heading := re.match(r"#+\s+(?P<text>.*?)\s*#*$", line):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading["text"])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            repeated = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", name) is not None for name in names)
            names.add(f"{slug}-{repeated}" if repeated else slug)
    return names
