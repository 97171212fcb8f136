"""For the site's reference: the comment beside a field, or above it, is its documentation.

Fields are commented and not documented here (see the types in `src/remem/types.py`); griffe, which reads the
source for the site, knows docstrings alone. Fields of a class become one table below its docstring.
"""

from __future__ import annotations

import io
import tokenize
from functools import cache
from pathlib import Path
from typing import Any

import griffe


class Comments(griffe.Extension):
    """Gives attributes the comment that stands beside or above them, and classes a table of their fields."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **kwargs: Any) -> None:
        if attr.docstring is not None or attr.lineno is None or not isinstance(attr.filepath, Path):
            return
        text = comment(attr.filepath, attr.lineno, attr.endlineno or attr.lineno)
        if text:
            attr.docstring = griffe.Docstring(text, lineno=attr.lineno, parent=attr)

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        # When all is read: griffe's own extension has made the signatures of dataclasses from their fields.
        tabulate(pkg)


def tabulate(within: griffe.Module | griffe.Class) -> None:
    """Moves the fields of each class into a table of its docstring."""
    for name, member in list(within.members.items()):
        if member.is_alias:
            continue
        if isinstance(member, griffe.Module | griffe.Class):
            tabulate(member)
        elif isinstance(within, griffe.Class) and isinstance(member, griffe.Attribute) and field(member):
            table(within).append(
                griffe.DocstringAttribute(
                    name=name,
                    description=member.docstring.value if member.docstring else "",
                    annotation=member.annotation,
                    value=str(member.value) if member.value is not None else None,
                )
            )
            del within.members[name]


def field(attribute: griffe.Attribute) -> bool:
    """Whether it is a field of its class, and no property and nothing private."""
    return attribute.annotation is not None and not (
        attribute.name.startswith("_") or "property" in attribute.labels
    )


def table(cls: griffe.Class) -> list[griffe.DocstringAttribute]:
    """The rows of the table of fields, which a class gets when it has none."""
    if cls.docstring is None:
        cls.docstring = griffe.Docstring("", parent=cls)
    parsed = cls.docstring.parsed
    if not parsed or not isinstance(parsed[-1], griffe.DocstringSectionAttributes):
        parsed.append(griffe.DocstringSectionAttributes([]))
    rows: list[griffe.DocstringAttribute] = parsed[-1].value
    return rows


@cache
def comments(path: Path) -> dict[int, tuple[str, bool]]:
    """Line -> the comment on it, and whether it has the line for itself."""
    reader = io.StringIO(path.read_text("utf-8")).readline
    return {
        token.start[0]: (token.string.lstrip("# ").rstrip(), not token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(reader)
        if token.type == tokenize.COMMENT
    }


def comment(path: Path, first: int, last: int) -> str:
    """The comment beside a statement on these lines; else the one right above it; else nothing."""
    found = comments(path)
    beside = [found[line][0] for line in range(first, last + 1) if line in found]
    if beside:
        return " ".join(beside)
    above: list[str] = []
    line = first - 1
    while line in found and found[line][1]:
        above.insert(0, found[line][0])
        line -= 1
    return " ".join(above)
