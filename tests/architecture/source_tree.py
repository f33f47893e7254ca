"""The repository as the architecture tests see it: parsed modules, written files, and the project table."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "helmert"
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Python file, parsed."""

    path: Path
    """Relative to the root of the repository."""
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """Lines in the file."""
        return len(self.text.splitlines())

    def functions(self) -> Iterator[Definition]:
        """Every function and method, nested ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Definition))

    def at(self, node: ast.stmt | ast.expr) -> str:
        """The place of a node, as editors understand it."""
        return f"{self.path}:{node.lineno}"


@cache
def modules(folder: str) -> tuple[Module, ...]:
    """Every Python file under a folder of the repository."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return tuple(
        Module(path=path.relative_to(ROOT), text=text, tree=ast.parse(text, filename=str(path)))
        for path, text in ((path, path.read_text()) for path in files)
    )


@cache
def written_files() -> tuple[Path, ...]:
    """Every file people wrote: all that `.gitignore` does not name. Git itself may distrust the owner."""
    ignored = [line.strip() for line in (ROOT / ".gitignore").read_text().splitlines() if line.strip()]
    patterns = [".git", *(line.strip("/") for line in ignored)]

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if any(fnmatch(path.name, pattern) for pattern in patterns):
                continue
            if path.is_dir():
                yield from walk(path)
            else:
                yield path

    return tuple(walk(ROOT))


@cache
def project() -> dict[str, Any]:
    """`pyproject.toml` as a table."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
