"""Classes by name, each in a file of its own: looked up, and read as text, without importing any."""

from __future__ import annotations

import ast
import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from remem.errors import unknown


class Shelf:
    """The methods, or the attacks. `names`: name -> class; files are called as what they hold."""

    def __init__(self, what: str, package: str, names: dict[str, str]) -> None:
        self.what, self.package, self.names = what, package, names
        self.own: dict[str, str] = {}  # name that a plugin added -> its module

    def register(self, name: str, kind: type, where: str) -> None:
        """Adds a class of the user's own; `where` is the module that holds it."""
        self.names[name], self.own[name] = kind.__name__, where

    def module(self, name: str) -> str:
        """The module that holds it."""
        return self.own.get(name, f"{self.package}.{name}")

    def found(self, name: str) -> type[Any]:
        """The class itself; UserError that names the nearest."""
        if name not in self.names:
            raise unknown(self.what, name, self.names)
        kind: type[Any] = getattr(importlib.import_module(self.module(name)), self.names[name])
        return kind

    def source(self, name: str) -> str:
        """Its file, as text; UserError that names the nearest."""
        if name not in self.names:
            raise unknown(self.what, name, self.names)
        own = sys.modules[self.own[name]].__file__ if name in self.own else None
        return (Path(own) if own else self.folder / f"{name}.py").read_text(encoding="utf-8")

    def tree(self, name: str) -> ast.Module:
        """The syntax tree of its file."""
        return ast.parse(self.source(name))

    def body(self, name: str) -> ast.ClassDef:
        """Its class, as source."""
        return class_in(self.tree(name), self.names[name])

    def value(self, name: str, variable: str) -> ast.expr | None:
        """What its class gives a variable, as source; None where it names none."""
        for node in self.body(name).body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == variable:
                return node.value
        return None

    @property
    def folder(self) -> Path:
        """Where remem's own lie."""
        spec = find_spec(self.package)
        assert spec is not None
        assert spec.origin is not None
        return Path(spec.origin).parent


def class_in(tree: ast.Module, name: str) -> ast.ClassDef:
    """A class of a module, as source."""
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
