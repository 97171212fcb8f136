"""Recovery attacks by name. A new one is a file here and a line in this dict.

Names map to files so that listing and reading runs need no torch.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import math
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem import jsonfile
from remem.errors import UserError, unknown

if TYPE_CHECKING:
    from remem.attacks.attack import Attack

ATTACKS = {
    "quick": "Quick",
    "paraphrase": "Paraphrase",
    "views": "Views",
    "prefill": "Prefill",
    "choice": "Choice",
    "few_shot": "FewShot",
    "role_play": "RolePlay",
    "sampling": "Sampling",
    "soft_prompt": "SoftPrompt",
    "embedding": "EmbeddingSpace",
    "picture": "AdversarialPicture",
    "lens": "LogitLens",
    "probe": "Probe",
    "steering": "Steering",
    "relearn": "Relearn",
    "unrelated": "Unrelated",
    "quantise": "Quantise",
    "merge": "Merge",
}

QUICK = "quick"  # made of parts of others

__all__ = [
    "ATTACKS",
    "QUICK",
    "body",
    "changes_weights",
    "classes",
    "make",
    "source",
    "told",
    "tree",
]


def source(name: str) -> str:
    """An attack's file, as text: reading it needs no torch."""
    return (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")


def tree(name: str) -> ast.Module:
    """The syntax tree of an attack's file."""
    return ast.parse(source(name))


def body(name: str) -> ast.ClassDef:
    """The class of an attack, as source."""
    return _class(tree(name), ATTACKS[name])


def classes(name: str) -> list[tuple[ast.ClassDef, str]]:
    """The class of an attack and those of this folder that it is made from, each with its file's text."""
    own = body(name)
    found = [(own, source(name))]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("remem.attacks."):
            above = {one.id for one in own.bases if isinstance(one, ast.Name)}
            file = (node.module or "").rpartition(".")[2]
            for alias in node.names:
                if alias.name in above:
                    found.append((_class(tree(file), alias.name), source(file)))
    return found


def _class(tree: ast.Module, name: str) -> ast.ClassDef:
    nodes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return next(node for node in nodes if node.name == name)


def told(name: str, variable: str) -> str:
    """`access` or `knows` of an attack, as its file has it."""
    for node in body(name).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == variable and node.value:
            return str(ast.literal_eval(node.value))
    return ""


def changes_weights(name: str) -> bool:
    """Whether an attack puts other weights into the model: it cannot, into weights of four bits."""
    return name in ("quick", "relearn", "unrelated", "quantise", "merge")


def make(name: str, settings: Mapping[str, Any]) -> Attack:
    """An attack with its settings; errors name the nearest attack or setting."""
    if name not in ATTACKS:
        raise unknown("attack", name, ATTACKS)
    cls = getattr(importlib.import_module(f"remem.attacks.{name}"), ATTACKS[name])
    hints = typing.get_type_hints(cls)
    known = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
    for key in settings:
        if key not in known:
            raise unknown(f"setting of {name}", key, known)
    fitted = {key: _fit(value, known[key], f"{name}.{key}") for key, value in settings.items()}
    attack: Attack = cls(**fitted)
    return attack


def _fit(value: Any, hint: Any, key: str) -> Any:
    """A setting as its field has it: a number, a text, a flag, or several of one of these."""
    if typing.get_origin(hint) is tuple:
        inside = typing.get_args(hint)[0]
        if isinstance(value, str) and inside is not str:
            cure = f"Give numbers with commas, as in {key}=1,4."
            value = [jsonfile.literal(one, f"{one[:40]!r}", cure) for one in value.split(",")]
        elif isinstance(value, str):
            value = [one.strip() for one in value.split(",")]
        values = value if isinstance(value, list | tuple) else (value,)
        return tuple(_fit(one, inside, key) for one in values)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise UserError(f"{key} must be a finite number, not {value!r}")
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        what = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}[hint]
        raise UserError(f"{key} must be {what}, not {value!r}")
    return value
