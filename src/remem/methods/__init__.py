"""Unlearning methods by name. A new one is a file here and a line in this dict.

Names map to files so that listing and reading runs need no torch.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from remem.errors import UserError
from remem.fitted import fitted
from remem.shelf import Shelf

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


SHELF = Shelf("method", "remem.methods", METHODS)
source, tree, body, found, register = SHELF.source, SHELF.tree, SHELF.body, SHELF.found, SHELF.register

__all__ = [
    "METHODS",
    "SHELF",
    "body",
    "check_trained",
    "found",
    "kind",
    "make",
    "register",
    "searched",
    "source",
    "tree",
    "uses",
    "works_with",
]


def uses(name: str) -> tuple[str, ...]:
    """What a method needs beside the questions to forget (keys of `base.NEEDS`), as its file has it."""
    return _listed(name, "uses") or ()


def works_with(name: str) -> tuple[str, ...]:
    """How a model may train for this method: lora, full or both."""
    return _listed(name, "works_with") or ("lora", "full")


def searched(name: str) -> dict[str, tuple[float, ...]]:
    """Which settings are tuned, over which values, as the method's file has it; empty: nothing to tune."""
    value = SHELF.value(name, "search")
    found: dict[str, tuple[float, ...]] = ast.literal_eval(value) if value else {}
    return found


def _listed(name: str, variable: str) -> tuple[str, ...] | None:
    value = SHELF.value(name, variable)
    if value is None:
        return None
    return tuple(str(one.value) for one in ast.walk(value) if isinstance(one, ast.Constant))


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
    method: Unlearner = fitted(SHELF.found(name), settings, name, whole=True)
    return method
