"""The one way in for CSV: a header and rows of as many cells, or one error that names file and line."""

import csv
import io
import re
from pathlib import Path

from remem.data.tablefile import line, once, present
from remem.errors import UserError

_MARKS = ",;\t"
_AS_EXCEL = re.compile(r"sep=.\r?\n")  # a first line of its own that names the mark
_QUOTES = "Put cells that hold a comma, a quote or a line's end in quotes."


def rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and every row with the number of the line that it ends on (the header's is 1).

    Commas, semicolons or tabs stand between cells, as in the header. UserError where the file is not UTF-8,
    holds a NUL character or a quote that is never closed, names a column twice, or has rows of other lengths.
    """
    text = decoded(path)
    told = _AS_EXCEL.match(text)
    text, before = (text[told.end() :], 1) if told else (text, 0)
    mark = max(_MARKS, key=text.partition("\n")[0].count)
    limit = csv.field_size_limit(max(len(text), 1))  # a cell may be long: the whole text is held anyway
    found: list[tuple[int, list[str]]] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        for cells in reader:
            if cells:
                found.append((reader.line_num + before, cells))
    except csv.Error as error:
        raise UserError(
            f"{path} line {reader.line_num + before}: it is no CSV ({line(error)}). {_QUOTES}"
        ) from error
    finally:
        csv.field_size_limit(limit)
    if not found:
        raise UserError(f"{path} is empty. Export it again.")
    header = [name.strip() for name in found[0][1]]
    once(str(path), header)
    for number, cells in found[1:]:
        if len(cells) != len(header):
            raise UserError(
                f"{path} line {number} has {len(cells)} cells, but the header names {len(header)}. {_QUOTES}"
            )
    return header, found[1:]


def decoded(path: Path) -> str:
    """The text of a file in UTF-8, a mark at its beginning left out. UserError with the line that is none."""
    if not present(path):
        raise UserError(f"{path} is not there. Export it again.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error}). Make it readable.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = content[: error.start].count(b"\n") + 1
        raise UserError(f"{path} line {at}: it is not in UTF-8. Save it as UTF-8.") from error
    if "\0" in text:
        at = text[: text.index("\0")].count("\n") + 1
        raise UserError(f"{path} line {at}: it holds a NUL character. Remove it.")
    return text
