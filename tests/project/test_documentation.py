"""The pages: every link leads somewhere, and the map names every page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

FOLDERS = (".", "docs", "fixtures", "implementations", "src")
PAGES = sorted(
    page
    for folder in FOLDERS
    for page in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
)
DOCS = ROOT / "docs"


def links(text: str) -> Iterator[str]:
    """Yield the targets of a page's links within the repository."""
    outside_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", outside_code):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(text: str) -> set[str]:
    """Return the anchors of a page: its own, and those that GitHub makes of its headings."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {word.replace(" ", "-") for word in words} | {*re.findall(r'<a id="([^"]+)">', text)}


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    found = []
    for link in links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](none.md) [b](#two) [c](#one) [d](page.md#no)\n```\n[e](f)\n```\n")
    assert broken(page) == ["none.md", "#two", "page.md#no"]


def test_the_map_names_every_page() -> None:
    named = {(DOCS / link).resolve() for link in links((DOCS / "README.md").read_text("utf-8"))}
    assert named == {page for page in DOCS.rglob("*.md") if page != DOCS / "README.md"}
