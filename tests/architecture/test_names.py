"""Files and folders are named for what they hold."""

from __future__ import annotations

from tests.architecture.source_tree import ROOT, written_files

SAYS_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "misc",
    "core",
    "base_utils",
}
CODE_FOLDERS = {"src", "tests", "tools", "benchmarks"}


def test_no_file_or_folder_is_a_bag() -> None:
    files = [path.relative_to(ROOT) for path in written_files()]
    bags = [
        str(path)
        for path in files
        if path.parts[0] in CODE_FOLDERS
        and any(word in SAYS_NOTHING for part in path.with_suffix("").parts for word in (part, part.rpartition("_")[2]))
    ]
    assert bags == []
