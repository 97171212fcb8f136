"""Recovery attacks by name. A new one is a file here and a line in this dict.

Names map to files so that listing and reading runs need no torch.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.errors import unknown
from remem.fitted import fitted

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
OWN: dict[str, str] = {}  # attack of a plugin -> its module

__all__ = [
    "ATTACKS",
    "OWN",
    "QUICK",
    "body",
    "changes_weights",
    "classes",
    "make",
    "module",
    "register",
    "source",
    "told",
    "tree",
]


def source(name: str) -> str:
    """The file of an attack, or of this folder, as text: reading it needs no torch. UserError where there is
    none, which names the nearest attack."""
    own = sys.modules[OWN[name]].__file__ if name in OWN else None
    path = Path(own) if own else Path(__file__).parent / f"{name}.py"
    if not path.is_file():
        raise unknown("attack", name, ATTACKS)
    return path.read_text(encoding="utf-8")


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
            file = Path(__file__).parent / f"{(node.module or '').rpartition('.')[2]}.py"
            for alias in node.names:
                if alias.name in above:
                    text = file.read_text(encoding="utf-8")
                    found.append((_class(ast.parse(text), alias.name), text))
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
    return told(name, "access") == "weights"


def make(name: str, settings: Mapping[str, Any]) -> Attack:
    """An attack with its settings; errors name the nearest attack or setting."""
    if name not in ATTACKS:
        raise unknown("attack", name, ATTACKS)
    attack: Attack = fitted(getattr(importlib.import_module(module(name)), ATTACKS[name]), settings, name)
    return attack


def module(name: str) -> str:
    """The module that an attack is in."""
    return OWN.get(name, f"remem.attacks.{name}")


def register(name: str, kind: type, where: str) -> None:
    """Adds an attack of the user's own; `where` is the module that holds its class."""
    ATTACKS[name], OWN[name] = kind.__name__, where
