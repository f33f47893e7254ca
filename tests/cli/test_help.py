"""Every verb explains itself, the README lists them all, and help does not wait for anything heavy."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.models import CommandInfo

from helmert.cli.main import app
from tests.cli.conftest import Helmert

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(?P<verb>[a-z]+)` \| (?P<does>.+?) \|(?P<no_go>.*?)\|$", re.MULTILINE)
HEAVY = ("numpy", "sqlalchemy", "alembic", "lancedb", "pyarrow", "pydantic", "rich", "sklearn", "onnxruntime", "httpx2")
HANG_SECONDS = 60


def named(commands: Iterable[CommandInfo]) -> list[str]:
    return sorted(str(info.name or getattr(info.callback, "__name__", "")) for info in commands)


def groups() -> dict[str, list[str]]:
    """Verbs with verbs of their own, such as `eval power`."""
    found = {}
    for info in app.registered_groups:
        assert info.typer_instance is not None
        found[str(info.typer_instance.info.name)] = named(info.typer_instance.registered_commands)
    return found


def verbs() -> list[str]:
    return sorted([*named(app.registered_commands), *groups()])


def spelled() -> list[str]:
    """Every verb as it is written on a command line."""
    alone = named(app.registered_commands)
    return sorted([*alone, *(f"{group} {verb}" for group, inner in groups().items() for verb in inner)])


def table() -> dict[str, re.Match[str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = text[text.index("| verb | does |") :].split("\n\n")[0]
    return {row["verb"]: row for row in ROW.finditer(rows)}


def test_the_readme_lists_every_verb_and_no_other() -> None:
    assert sorted(table()) == verbs()


@pytest.mark.parametrize("verb", spelled())
def test_every_verb_has_help(helmert: Helmert, verb: str) -> None:
    shown = helmert(*verb.split(), "--help")
    assert shown.code == 0
    assert shown.err == ""
    assert shown.out.startswith("Usage: ")
    assert "--json" in shown.out
    assert table()[verb.split(maxsplit=1)[0]]["does"]
    options = re.findall(r"^  (?:-\w, )?--?[\w-]+.*?(?:  +(\S.*))?$", shown.out, re.MULTILINE)
    assert len(options) >= 2


def test_the_help_of_a_group_names_its_verbs(helmert: Helmert) -> None:
    for group, inner in groups().items():
        listed = re.findall(r"^  ([a-z][a-z-]*) {2,}\S", helmert(group, "--help").out, re.MULTILINE)
        assert sorted(listed) == inner, group


def test_help_names_every_verb_with_a_sentence(helmert: Helmert) -> None:
    shown = helmert("--help")
    listed = dict(re.findall(r"^  ([a-z]+) {2,}(\S.*)$", shown.out, re.MULTILINE))
    assert sorted(listed) == verbs()
    assert "Exit codes: 0 go, 1 no-go, 2 usage, 3 operational failure" in " ".join(shown.out.split())


def test_without_arguments_help_is_shown(helmert: Helmert) -> None:
    assert helmert() == helmert("--help")


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_help_does_not_wait_for_heavy_packages(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from helmert.cli.main import run\n"
        "try:\n"
        f"    run({arguments!r})\n"
        "finally:\n"
        f"    loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "    print(loaded, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )
    assert done.stdout.startswith("Usage: ")
    assert done.stderr.strip() == "[]"
