"""Links inside the repository lead somewhere, and named `make` targets exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown import CODE_SPAN, ROOT, anchors, blocks, documents, links, prose

ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""Links with a scheme lead to other sites, which tests do not visit."""
TARGET = re.compile(r"\bmake (?P<name>[a-z]+)\b")


def page_id(path: Path) -> str:
    """A page's name in test reports."""
    return str(path.relative_to(ROOT))


def problem(page: Path, link: str) -> str | None:
    """Why a link inside the repository leads nowhere, or None."""
    target, _, anchor = link.partition("#")
    file = (page.parent / target).resolve() if target else page
    if not file.is_relative_to(ROOT):
        return "leads out of the repository"
    if not file.exists():
        return "does not exist"
    if anchor and file.suffix == ".md" and anchor not in anchors(file):
        return f"has no heading #{anchor}"
    return None


@pytest.mark.parametrize("page", documents(), ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    inside = [(line, link) for line, link in links(page) if not ELSEWHERE.match(link)]
    broken = [(line, link, why) for line, link in inside if (why := problem(page, link))]
    assert [f"{page.relative_to(ROOT)}:{line}: {link} {why}" for line, link, why in broken] == []


@pytest.mark.parametrize("page", documents(), ids=page_id)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    code = [block.source for block in blocks(page)] + [
        span for _, line in prose(page) for span in CODE_SPAN.findall(line)
    ]
    named = {match["name"] for text in code for match in TARGET.finditer(text)}
    assert named - targets == set()
