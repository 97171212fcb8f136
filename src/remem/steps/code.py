"""What of the code decides a result: a digest of its syntax. A comment or a docstring changes nothing."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path


@cache
def syntax_digest(module: str) -> str:
    """Digest of a module's syntax tree and of what it imports inside its own package, docstrings left out.

    `module` is a dotted name; it is read as text and never imported. Its package is its room.
    """
    seen = {name: _digest(tree) for name, tree in _reached(module).items()}
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()[:20]


def file_syntax(path: Path) -> str:
    """Digest of the syntax tree of one file, docstrings left out."""
    return _digest(ast.parse(path.read_text("utf-8")))[:20]


@cache
def reached(module: str) -> tuple[str, ...]:
    """The module and all that it imports inside its own package, and so on; the module first."""
    return tuple(_reached(module))


def _reached(module: str) -> dict[str, ast.Module]:
    room = module.rpartition(".")[0]
    seen: dict[str, ast.Module] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if name in seen or path is None:
            continue
        seen[name] = ast.parse(path.read_text("utf-8"))
        waiting += sorted(_imported(seen[name], room))
    return seen


@cache
def folder_digest(package: str) -> str:
    """Digest of a whole package: the syntax of its modules, the bytes of its other files."""
    place = _source(package)
    assert place is not None
    folder, found = place.parent, []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py":
            found.append((path.relative_to(folder).as_posix(), _digest(ast.parse(path.read_text("utf-8")))))
        elif path.is_file() and "__pycache__" not in path.parts:
            text = hashlib.sha256(path.read_bytes()).hexdigest()
            found.append((path.relative_to(folder).as_posix(), text))
    return hashlib.sha256(repr(found).encode()).hexdigest()[:20]


@cache
def _source(module: str) -> Path | None:
    """The file of a module of ours; neither it nor a package above it is imported."""
    top, *inside = module.split(".")
    spec = importlib.util.find_spec(top)  # of a part it would import all that lies above
    for folder in (spec.submodule_search_locations if spec else None) or ():
        place = Path(folder, *inside)
        for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if path.is_file():
                return path
    return None


def _imported(tree: ast.Module, room: str) -> set[str]:
    """Modules of the room that are imported anywhere in a tree, whatever for."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == room or node.module.startswith(f"{room}."):
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.startswith(f"{room}."))
    return found - {room}


def _digest(tree: ast.Module) -> str:
    return hashlib.sha256(repr(_plain(tree)).encode()).hexdigest()


def _plain(node: object) -> object:
    """A tree as nested tuples, the same in all versions of Python that parse it alike: without places, empty
    fields and docstrings."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    inside = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        inside["body"] = _without_docstring(node.body)
    inside.pop("type_comment", None)
    inside.pop("kind", None)
    return type(node).__name__, [(name, _plain(value)) for name, value in inside.items()]


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if told and isinstance(first.value.value, str) else body  # type: ignore[union-attr]
