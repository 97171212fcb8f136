"""The documentation site: its navigation holds every page, and it builds without a broken link."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MADE = {"changelog.md", "contributing.md", "decisions/index.md"}  # by scripts/site.py


def navigation() -> list[Any]:
    found: list[Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    return found


def entries(nav: list[Any]) -> Iterator[str]:
    for entry in nav:
        of = next(iter(entry.values())) if isinstance(entry, dict) else entry
        yield from entries(of) if isinstance(of, list) else [of]


def pages(nav: list[Any]) -> list[str]:
    named = list(entries(nav))
    found = [one for one in named if "*" not in one]
    for pattern in (one for one in named if "*" in one):
        made = (path.relative_to(DOCS).as_posix() for path in DOCS.glob(pattern))
        found += [one for one in made if one not in named]
    return found


def test_every_page_is_in_the_navigation_once_and_every_entry_is_a_page() -> None:
    listed = pages(navigation())
    assert len(listed) == len(set(listed))
    assert set(listed) == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} | MADE


def test_nothing_is_fetched_when_the_site_is_read() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    assert site["theme"]["font"] is False
    assert not any(name in site for name in ("extra_javascript", "repo_url"))
    assert all("://" not in sheet for sheet in site["extra_css"])


@pytest.mark.slow
def test_the_site_builds_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    """Strictly, as `make docs` does: a link that leads nowhere is an error."""
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("needs the extra docs")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    assert {name.replace(".md", ".html") for name in pages(navigation())} <= made
    reference = (tmp_path / "site" / "reference" / "models.html").read_text("utf-8")
    assert "labels already shifted" in reference  # a docstring
    assert "positions that predict the answer" in reference  # a field's comment
    for path in (tmp_path / "site").rglob("*.html"):
        for tag in ("<script src=", "<img src=", '<link rel="stylesheet" href='):
            for piece in path.read_text("utf-8").split(tag)[1:]:
                assert not piece.lstrip("\"'").startswith(("http:", "https:", "//")), (
                    f"{path.name}: {piece[:80]}"
                )
