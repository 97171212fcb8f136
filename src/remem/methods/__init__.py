"""Unlearning methods by name. A new one is a file here and a line in this dict.

Names map to files so that listing and reading runs need no torch.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.errors import UserError, unknown
from remem.fitted import fitted

if TYPE_CHECKING:
    from remem.methods.base import Unlearner

METHODS = {
    "bgd": "BalancedGradientDifference",
    "bgd_kl": "BalancedKLMinimisation",
    "ceu": "CEU",
    "dpo": "DPO",
    "ga": "GradientAscent",
    "gd": "GradientDifference",
    "kl": "KLMinimisation",
    "l1": "L1Adapter",
    "llmu": "LLMU",
    "manu": "MANU",
    "mmunlearner": "MMUnlearner",
    "npo": "NPO",
    "pdu": "PDU",
    "po": "PreferenceOptimisation",
    "prompt": "Prompt",
    "retrain": "Retrain",
    "rmu": "RMU",
    "satimp": "SatImp",
    "scrub": "SCRUB",
    "simnpo": "SimNPO",
    "siu": "SIU",
    "smfa": "SMFA",
    "task_vector": "TaskVector",
    "undial": "UNDIAL",
    "wga": "WGA",
}

OWN: dict[str, str] = {}  # method of a plugin -> its module

__all__ = [
    "METHODS",
    "OWN",
    "body",
    "check_trained",
    "found",
    "kind",
    "make",
    "module",
    "register",
    "searched",
    "source",
    "tree",
    "uses",
    "works_with",
]


def source(name: str) -> str:
    """A method's file, as text: reading it needs no torch. UserError that names the nearest."""
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    own = sys.modules[OWN[name]].__file__ if name in OWN else None
    return (Path(own) if own else Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")


def tree(name: str) -> ast.Module:
    """The syntax tree of a method's file."""
    return ast.parse(source(name))


def body(name: str) -> ast.ClassDef:
    """The class of a method, as source."""
    found = (
        node for node in tree(name).body if isinstance(node, ast.ClassDef) and node.name == METHODS[name]
    )
    return next(found)


def uses(name: str) -> tuple[str, ...]:
    """What a method needs beside the questions to forget (keys of `base.NEEDS`), as its file has it."""
    return _listed(name, "uses") or ()


def works_with(name: str) -> tuple[str, ...]:
    """How a model may train for this method: lora, full or both."""
    return _listed(name, "works_with") or ("lora", "full")


def searched(name: str) -> dict[str, tuple[float, ...]]:
    """Which settings are tuned, over which values, as the method's file has it; empty: nothing to tune."""
    value = _value(name, "search")
    found: dict[str, tuple[float, ...]] = ast.literal_eval(value) if value else {}
    return found


def _listed(name: str, variable: str) -> tuple[str, ...] | None:
    value = _value(name, variable)
    if value is None:
        return None
    return tuple(str(one.value) for one in ast.walk(value) if isinstance(one, ast.Constant))


def _value(name: str, variable: str) -> ast.expr | None:
    for node in body(name).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == variable:
            return node.value
    return None


def kind(name: str) -> str:
    """Which of the three kinds a method is (see `base`), as its file has it."""
    verbs = {node.name for node in body(name).body if isinstance(node, ast.FunctionDef)}
    if "loss" in verbs:
        return "loss on hidden states" if "hidden" in uses(name) else "loss"
    return "edit" if "edit" in verbs else "instruction"


def check_trained(name: str, how: Iterable[str]) -> None:
    """UserError if the method does not work with parts trained like this (frozen, lora or full each)."""
    trained = "lora" if "lora" in how else "full"
    if trained not in works_with(name):
        only = works_with(name)[0]
        raise UserError(
            f"{name} works with {only} only, and this model trains with {trained}: "
            f"set model.adapt.language={only}, or leave this method out"
        )


def make(name: str, settings: Mapping[str, Any]) -> Unlearner:
    """A method with its settings; errors name the nearest method or setting."""
    method: Unlearner = fitted(found(name), settings, name, whole=True)
    return method


def found(name: str) -> type[Any]:
    """The class of a method; UserError that names the nearest."""
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    kind: type[Any] = getattr(importlib.import_module(module(name)), METHODS[name])
    return kind


def module(name: str) -> str:
    """The module that a method is in."""
    return OWN.get(name, f"remem.methods.{name}")


def register(name: str, kind: type, where: str) -> None:
    """Adds a method of the user's own; `where` is the module that holds its class."""
    METHODS[name], OWN[name] = kind.__name__, where
