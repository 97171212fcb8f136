"""What a class of settings says of its fields, read from its file: type, range, default, comment."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import NamedTuple

_TYPES = {"float": "number", "int": "whole number", "str": "text", "bool": "true or false", "Path": "file"}
_NULL = ", or null"
_CHECKS = {"positive": " above 0", "not_negative": ", 0 or more", "share": " above 0 and at most 1"}


class Field(NamedTuple):
    """One setting, as its file has it."""

    name: str
    takes: str  # in words: "number above 0"
    default: str  # as source
    text: str  # the comments above and beside it


def of_class(kind: type) -> dict[str, Field]:
    """The fields of a dataclass by name. What it says nothing of is as the class below it says."""
    found: dict[str, Field] = {}
    for one in reversed([one for one in kind.__mro__ if is_dataclass(one)]):
        source = Path(inspect.getfile(one)).read_text(encoding="utf-8")
        named = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
        for field in fields(next(node for node in named if node.name == one.__name__), source):
            below = found.get(field.name, field)
            found[field.name] = field._replace(text=field.text or below.text, takes=_longer(field, below))
    return found


def _longer(field: Field, below: Field) -> str:
    return below.takes if below.takes.startswith(field.takes.removesuffix(_NULL)) else field.takes


def _held_to(words: str, ends: str) -> str:
    return f"{words.removesuffix(_NULL)}{ends}{_NULL if words.endswith(_NULL) else ''}"


def fields(body: ast.ClassDef, source: str) -> list[Field]:
    """The fields of a class, in order."""
    said, ranges, aliases = _comments(source), _ranges(body), _aliases(source)
    return [
        Field(
            name := ast.unparse(node.target),
            _held_to(_words(node.annotation, aliases), ranges.get(name, "")),
            ast.unparse(node.value) if node.value else "",
            _beside(node, said, source.splitlines()),
        )
        for node in body.body
        if isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.unparse(node.annotation)
    ]


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {one.start[0]: one.string.lstrip("# ") for one in tokens if one.type == tokenize.COMMENT}


def _beside(node: ast.AnnAssign, said: dict[int, str], lines: list[str]) -> str:
    """The comments of a field: those right above it, a line each, and those at its end."""
    above = node.lineno - 1
    while above in said and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    last = node.end_lineno or node.lineno
    return " ".join(said[line] for line in range(above + 1, last + 1) if line in said)


def _aliases(source: str) -> dict[str, ast.expr]:
    """Names that stand for a type: `How = Literal["frozen", "lora", "full"]`."""
    return {
        ast.unparse(node.targets[0]): node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)
    }


def _words(hint: ast.expr, aliases: dict[str, ast.expr]) -> str:
    """A type as the reader of a list needs it."""
    if isinstance(hint, ast.BinOp):
        return f"{_words(hint.left, aliases)}{_NULL}"
    if isinstance(hint, ast.Subscript):
        inside = hint.slice.elts if isinstance(hint.slice, ast.Tuple) else [hint.slice]
        if ast.unparse(hint.value) == "Literal":
            *first, last = (str(one.value) for one in inside if isinstance(one, ast.Constant))
            return f"{', '.join(first)} or {last}"
        return f"{_words(inside[0], aliases)}s, commas between"
    name = ast.unparse(hint)
    return _words(aliases[name], aliases) if name in aliases else _TYPES.get(name, name)


def _ranges(body: ast.ClassDef) -> dict[str, str]:
    """What `within(name, self.FIELD, low, high)`, `check_ranges((FIELD, low, high))` ... hold to."""
    found: dict[str, str] = {}
    for node in ast.walk(body):
        if not isinstance(node, ast.Call):
            continue
        found |= dict(_held(node))
    return found


def _held(call: ast.Call) -> Iterator[tuple[str, str]]:
    named = ast.unparse(call.func)
    if named == "within" and isinstance(call.args[1], ast.Attribute):
        above = any(one.arg == "above" for one in call.keywords)
        yield call.args[1].attr, _range(call.args[2:], above)
    if named in _CHECKS:  # of methods/checks.py
        for keyword in call.keywords:
            yield str(keyword.arg), _CHECKS[named]
    if named == "self.check_ranges":
        for one in call.args:
            if isinstance(one, ast.Tuple) and isinstance(one.elts[0], ast.Constant):
                yield str(one.elts[0].value), _range(one.elts[1:], False)


def _range(ends: list[ast.expr], above: bool) -> str:
    """In words; an end that is no number is left out."""
    low, high = ([ast.unparse(one) if isinstance(one, ast.Constant) else "" for one in ends] + [""])[:2]
    if above:
        return f" above {low} and at most {high}" if high else f" above {low}"
    if low and high:
        return f" from {low} to {high}"
    return f", {low} or more" if low else f", at most {high}" if high else ""
