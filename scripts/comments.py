"""For the site's reference: the comment beside a field, or above it, is its documentation.

Fields are commented and not documented here (see the types in `src/remem/types.py`); griffe, which reads the
source for the site, knows docstrings alone.
"""

from __future__ import annotations

import io
import tokenize
from functools import cache
from pathlib import Path
from typing import Any

import griffe


class Comments(griffe.Extension):
    """Gives attributes without a docstring the comment that stands beside or above them."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **kwargs: Any) -> None:
        if attr.docstring is not None or attr.lineno is None or not isinstance(attr.filepath, Path):
            return
        text = comment(attr.filepath, attr.lineno, attr.endlineno or attr.lineno)
        if text:
            attr.docstring = griffe.Docstring(text, lineno=attr.lineno, parent=attr)


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
