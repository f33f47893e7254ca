"""Every page is followed from its first block to its last, as a reader would, in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.examples import compare, reader_module, run_python
from tests.docs.markdown import PARSED, ROOT, RUN, SHOWN, Block, blocks, documents

HANG_SECONDS = 300


class Reader:
    """Follows a page: keeps the names its Python blocks defined and what its last command printed."""

    def __init__(self, folder: Path, module: ModuleType) -> None:
        self.folder = folder
        self.module = module
        self.printed: str | None = None

    def follow(self, block: Block) -> None:
        """Do what a block asks for, and fail with its place when that does not work."""
        printed, self.printed = self.printed, None
        if block.title:
            file = self.folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.source, encoding="utf-8")
        match block.language:
            case "python" if not block.title:
                run_python(block, self.module)
            case "bash" if not block.title:
                self.printed = self.shell(block)
            case "output":
                assert printed is not None, f"{block}: `output` must follow the `bash` block that printed it"
                compare(block, promised=block.source, printed=printed)
            case "toml":
                tomllib.loads(block.source)
            case "json":
                json.loads(block.source)
            case "jsonl":
                [json.loads(line) for line in block.source.splitlines()]

    def shell(self, block: Block) -> str:
        """Run a shell block with this environment's programs first; return what it printed."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.source],
            cwd=self.folder,
            env=os.environ | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{block}: status {done.returncode}\n{block.source}\n{done.stdout}"
        return done.stdout


def page_id(path: Path) -> str:
    """A page's name in test reports."""
    return str(path.relative_to(ROOT))


def test_there_is_a_readme() -> None:
    assert (ROOT / "README.md").is_file()


@pytest.mark.parametrize("page", documents(), ids=page_id)
def test_every_block_says_what_it_is(page: Path) -> None:
    known = RUN | PARSED | SHOWN
    assert [
        f"{block}: {block.language or 'no language'}" for block in blocks(page) if block.language not in known
    ] == []


@pytest.mark.parametrize("page", [p for p in documents() if blocks(p)], ids=page_id)
def test_page_works_from_start_to_end(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, reader_module(monkeypatch))
    for block in blocks(page):
        reader.follow(block)
