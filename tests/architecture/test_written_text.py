"""What must not stand in any file of the repository."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.source_tree import ROOT, written_files

REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("anaconda", "org"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
    )
)
"""Package registries. Which index serves the packages is the business of the machine that installs them."""
MACHINE_FOLDERS = (str(ROOT), f"{Path.home()}/")


def offending(pattern: re.Pattern[str]) -> list[str]:
    """Places where a pattern occurs in a text file."""
    places = []
    for path in written_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a picture or another binary file
        places += [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if pattern.search(line)]
    return places


def test_no_file_names_a_package_registry() -> None:
    hosts = "|".join(re.escape(host) for host in REGISTRY_HOSTS)
    assert offending(re.compile(rf"(?<![\w-])(?:{hosts})\b", re.IGNORECASE)) == []


def test_no_file_names_a_folder_of_this_machine() -> None:
    assert offending(re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}" for name in MACHINE_FOLDERS))) == []
