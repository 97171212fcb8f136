"""The one way out for text that is not ours: to a terminal, CSV, Markdown, LaTeX.

A data set's text may hold escape sequences that clear the screen, marks that turn its order round, line
breaks that look like lines of ours, and cells that a spreadsheet runs as formulas.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

MOST_LETTERS = 2000  # of a line on a terminal
MOST_LINES = 1000  # of one text
MOST_QUOTED = 300  # of a quoted text in a line

_NUMBER = re.compile(r"[-+−]?(\d[\d,]*\.?\d*|\.\d+)([eE][-+]?\d+)?%?")
_FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")  # as spreadsheets begin one, full-width ones too
_JOINERS = "\u200c\u200d\u00ad"  # within words of some scripts, and in emoji
_LATEX = str.maketrans(
    {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    | {"[": "{[}", "]": "{]}"}  # after a line's end, what stands in brackets is read as its height
    | {
        "–": "--",
        "×": r"$\times$",
        "−": "$-$",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "·": r"\textperiodcentered{}",
    }
)
_MARKDOWN = str.maketrans({one: f"\\{one}" for one in "\\`*[]<>!#"})


def terminal(text: str) -> str:
    """The text with control characters and marks of direction written out, very long lines cut, and very
    many."""
    lines = text.split("\n")
    more = [f"… ({len(lines) - MOST_LINES:,} more lines)"] if len(lines) > MOST_LINES else []
    return "\n".join([*(_cut(visible(line, keep="\t"), MOST_LETTERS) for line in lines[:MOST_LINES]), *more])


def quoted(text: str) -> str:
    """The text on one line, as part of a line of ours: line breaks written out, cut where it is long."""
    return _cut(visible(text), MOST_QUOTED)


def visible(text: str, keep: str = "") -> str:
    r"""What moves the cursor, breaks lines or turns the order of letters round, as its code: \x1b, \u202e."""
    return text if text.isprintable() else "".join(c if c in keep else _visible(c) for c in text)


def csv_text(header: Sequence[object], rows: Iterable[Iterable[object]]) -> str:
    """A table as CSV: numbers as they are, no text that a spreadsheet takes for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(list(map(_cell, header)))
    writer.writerows(list(map(_cell, row)) for row in rows)
    return text.getvalue()


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; the second line says how its columns are aligned."""
    return "\n".join("| " + " | ".join(_in_one_cell(cell) for cell in line) + " |" for line in lines)


def text_table(header: Sequence[str], rows: Iterable[Iterable[object]], right: str = "") -> str:
    """A table in Markdown of plain text; `right`: a letter for each column, "r" for those of numbers."""
    ends = ["---:" if one == "r" else "---" for one in right.ljust(len(header))]
    lines = [[in_markdown(str(cell)) for cell in row] for row in (header, *rows)]
    return markdown([lines[0], ends, *lines[1:]])


def code(text: str) -> str:
    """Plain text as a piece of code in Markdown."""
    return f"`{_one_line(text).replace('`', chr(39))}`"


def in_markdown(text: str) -> str:
    """Plain text as Markdown that shows it to the letter: no links, pictures, tags."""
    return _one_line(text).translate(_MARKDOWN)


def in_latex(text: str) -> str:
    """Plain text as LaTeX that shows it to the letter."""
    return _one_line(text).translate(_LATEX)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = "".join(c if c in "\n\t" else _visible(c) for c in value)
    formula = text.lstrip(" \n").startswith(_FORMULA) and not _NUMBER.fullmatch(text.strip())
    return f"'{text}" if formula else text


def _in_one_cell(cell: str) -> str:
    return _one_line(cell).replace("|", r"\|")


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def _visible(char: str) -> str:
    steers = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in _JOINERS
    return char.encode("unicode_escape").decode() if steers else char


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more letters)"
