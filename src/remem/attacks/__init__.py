"""Recovery attacks by name. A new one is a file here and a line in this dict.

Names map to files so that listing and reading runs need no torch.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from remem.fitted import fitted
from remem.shelf import Shelf, class_in

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
SHELF = Shelf("attack", "remem.attacks", ATTACKS)
source, tree, body, register = SHELF.source, SHELF.tree, SHELF.body, SHELF.register

__all__ = [
    "ATTACKS",
    "QUICK",
    "SHELF",
    "body",
    "changes_weights",
    "classes",
    "make",
    "register",
    "source",
    "told",
    "tree",
]


def classes(name: str) -> list[tuple[ast.ClassDef, str]]:
    """The class of an attack and those of this folder that it is made from, each with its file's text."""
    own = body(name)
    found = [(own, source(name))]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("remem.attacks."):
            above = {one.id for one in own.bases if isinstance(one, ast.Name)}
            file = SHELF.folder / f"{(node.module or '').rpartition('.')[2]}.py"
            for alias in node.names:
                if alias.name in above:
                    text = file.read_text(encoding="utf-8")
                    found.append((class_in(ast.parse(text), alias.name), text))
    return found


def told(name: str, variable: str) -> str:
    """`access` or `knows` of an attack, as its file has it."""
    value = SHELF.value(name, variable)
    return "" if value is None else str(ast.literal_eval(value))


def changes_weights(name: str) -> bool:
    """Whether an attack puts other weights into the model: it cannot, into weights of four bits."""
    return told(name, "access") == "weights"


def make(name: str, settings: Mapping[str, Any]) -> Attack:
    """An attack with its settings; errors name the nearest attack or setting."""
    attack: Attack = fitted(SHELF.found(name), settings, name)
    return attack
