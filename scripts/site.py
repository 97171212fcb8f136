"""The site's hooks: pages that lie outside docs/, the list of decisions, and links that lead out of docs/.

A link is written as the repository has it (`../src/remem/types.py` in a page of docs/), so that it works
where the files are looked at. On the site the page or file that it leads to is a page, too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# Files of the repository that are pages of the site, and pages that stand for a folder.
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
    "docs/decisions": "decisions/index.md",
}
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
INTERVAL = re.compile(r"\([−-]?[\d.]+(?:–| to )[−-]?[\d.]+\)")
SHORT = re.compile(r"<code>(?=[^<]{1,40}</code>)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Writes out what `*` stands for in the navigation."""
    nav = config.nav or []
    config.nav = expanded(nav, set(named(nav)))
    return config


def named(nav: list[Any]) -> Iterator[str]:
    """Every page that the navigation names, and every pattern."""
    for entry in nav:
        for of in entry.values() if isinstance(entry, dict) else [entry]:
            yield from named(of) if isinstance(of, list) else [of]


def expanded(nav: list[Any], but: Collection[str]) -> list[Any]:
    """The navigation with every page that a pattern stands for, by name: all that are not among these."""
    found: list[Any] = []
    for entry in nav:
        if isinstance(entry, dict):
            found.append(
                {name: expanded(of, but) if isinstance(of, list) else of for name, of in entry.items()}
            )
        elif "*" in entry:
            pages = (path.relative_to(DOCS).as_posix() for path in sorted(DOCS.glob(entry)))
            found += [page for page in pages if page not in but]
        else:
            found.append(entry)
    return found


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are not files of docs/."""
    outside = {"CHANGELOG.md", "CONTRIBUTING.md"}
    for name in sorted(outside):
        files.append(File.generated(config, PAGES[name], content=(ROOT / name).read_text("utf-8")))
    files.append(File.generated(config, "decisions/index.md", content=decisions()))
    pages = [*DOCS.rglob("*.md"), *(ROOT / name for name in outside)]
    for name in sorted({one for page in pages for one in leading_out(page)}):
        content = shown(name)
        made = File.generated(config, f"source/{name}.md", content=content)
        made.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(made)
    return files


def leading_out(page: Path) -> set[str]:
    """Files of the repository that a page links to and that are no pages of the site."""
    found = set()
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        name = posixpath.normpath(posixpath.join(page.parent.relative_to(ROOT).as_posix(), link))
        if not name.startswith("docs/") and name not in PAGES and (ROOT / name).is_file():
            found.add(name)
    return found


def shown(name: str) -> str:
    """A file of the repository as a page."""
    kind = {".py": "python", ".json": "json", ".toml": "toml"}.get(Path(name).suffix, "")
    text = (ROOT / name).read_text("utf-8").rstrip("\n")
    return f"---\nsearch: {{exclude: true}}\nhide: [toc]\n---\n\n# {name}\n\n````{kind}\n{text}\n````\n"


def decisions() -> str:
    """The list of decisions, by number."""
    rows = ["# Decisions", "", "What took an hour to decide, and what was left aside.", ""]
    for path in sorted((DOCS / "decisions").glob("*.md")):
        number, _, title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ").partition(". ")
        rows.append(f"{number}. [{title}]({path.name})")
    return "\n".join(rows) + "\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links of the repository into links of the site."""
    here = page.file.src_uri
    if here == "index.md":
        page.meta.setdefault("hide", ["navigation"])
    page.meta.setdefault("search", {"boost": boost(here)})
    outside = {at: name for name, at in PAGES.items() if name.endswith(".md") and at != "index.md"}
    base = posixpath.dirname(outside.get(here, f"docs/{here}"))

    def turned(link: re.Match[str]) -> str:
        name = posixpath.normpath(posixpath.join(base, link[1]))
        if name in PAGES:
            at = PAGES[name]
        elif name.startswith("docs/"):
            at = name.removeprefix("docs/")
        else:
            at = f"source/{name}.md"
        return posixpath.relpath(at, posixpath.dirname(here) or ".")

    pieces, end = [], 0
    for fence in FENCE.finditer(markdown):
        pieces += [LINK.sub(turned, markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*pieces, LINK.sub(turned, markdown[end:])])


def boost(page: str) -> float:
    """How much a page counts in search: what explains comes before what was decided."""
    if page in ("guide.md", "words.md"):
        return 3.0
    aside = page.startswith("decisions/") or page in ("changelog.md", "log.md", "mutants.md")
    return 0.3 if aside else 1.0


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Keeps intervals and short pieces of code on one line."""
    html = INTERVAL.sub(r'<span class="interval">\g<0></span>', html)
    return SHORT.sub('<code class="short">', html)
