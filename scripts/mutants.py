"""Mutation testing: does a test fail when a number changes? A drawn sample, or all of it overnight.

    python scripts/mutants.py [--room methods] [--sample 60|all] [--seed 0]

mutmut makes the mutants and runs first, of a room's tests, those that call the changed function. What they do
not kill is looked at twice: by all tests of the room, in a process of its own. Only what survives that, too,
is a survivor. State is kept in .mutants/, so that a killed run goes on; it begins anew when a file of src/ or
tests/ has changed. docs/decisions/0032-mutants.md says what is left out and why.
"""

import argparse
import ast
import contextlib
import difflib
import functools
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.mutation.trampoline_templates import mangle_function_name
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).parent.parent
DEAD = ("killed", "timeout")
FAIL = "mutants: the tests fail before anything is changed: mend them first"
CHECKS = {"positive", "not_negative", "share"}  # their first argument is a word of the error's text
WORDS = {"encoding", "title", "unit", "source"}  # of calls: what tables say of a number
SPEECH = {"print", "warn", "debug", "info", "warning", "error", "exception", "log"}


@dataclass(frozen=True)
class Room:
    """What is mutated, and the tests that must notice."""

    files: tuple[str, ...]  # globs, from the root of the repository
    tests: tuple[str, ...]


ROOMS = {
    "methods": Room(("src/remem/methods/*.py",), ("tests/methods", "tests/models/test_views.py")),
    "asking": Room(("src/remem/asking/candidates.py",), ("tests/asking/test_candidates.py",)),
    "metrics": Room(("src/remem/scoring/metrics/*.py",), ("tests/scoring/metrics",)),
    "scoring": Room(("src/remem/scoring/*.py", "src/remem/scoring/judge/*.py"), ("tests/scoring",)),
}


class Mutant(NamedTuple):
    """One change of one function."""

    name: str  # as mutmut has it
    file: str
    line: int
    before: str
    after: str


# -- which mutants there are ------------------------------------------------------------------------


class _Numbers(ast.NodeTransformer):
    """Takes out of a function what no number depends on: words for the reader, and types."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Raise(exc=node.exc.func if isinstance(node.exc, ast.Call) else node.exc)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.Assert(test=self.visit(node.test))

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Constant):
            return ast.Pass()
        if isinstance(call, ast.Call) and _called(call) in SPEECH:
            return ast.Pass()
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _called(node) in CHECKS:
            node.args = node.args[1:]
        node.keywords = [one for one in node.keywords if one.arg not in WORDS]
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(arg=node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = "", None
        return self.generic_visit(node)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def numbers(function: str) -> str:
    """A function without what no number depends on; two that give the same text compute the same."""
    indented = function.lstrip("\n").startswith(" ")
    tree = ast.parse(f"if 1:\n{function}" if indented else function)
    return ast.dump(_Numbers().visit(tree))


def mutants_of(root: Path, file: str) -> Iterator[Mutant]:
    """The mutants of a file that may move a number."""
    source = (root / file).read_text("utf-8")
    made = mutate_file_contents(file, source)
    code, starts = made.code.splitlines(), dict(_functions(ast.parse(source)))

    def text(name: str) -> list[str]:
        span = made.line_span_by_function_name[name]
        lines = code[span.start - 1 : span.end]
        return [line.replace(name, name.partition("__mutmut_")[0]) for line in lines]

    for name in made.mutant_names:
        function = name.partition("__mutmut_")[0]
        old, new = text(f"{function}__mutmut_orig"), text(name)
        if numbers("\n".join(old)) == numbers("\n".join(new)):
            continue
        head = next(i for i, line in enumerate(old) if re.match(r"\s*(async )?def ", line))
        matched = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        _, i, to_i, j, to_j = next(one for one in matched if one[0] != "equal")
        before, after = (" ".join(line.strip() for line in part) for part in (old[i:to_i], new[j:to_j]))
        yield Mutant(get_mutant_name(Path(file), name), file, starts[function] + i - head, before, after)


def _functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    def walk(body: Sequence[ast.stmt], owner: str) -> Iterator[tuple[str, int]]:
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{owner}.{node.name}" if owner else node.name)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield mangle_function_name(name=node.name, class_name=owner or None), node.lineno

    return walk(tree.body, "")


def drawn(mutants: Sequence[Mutant], size: int | None, seed: int) -> list[Mutant]:
    """So many of them, drawn without replacement; all where there are no more, or size is None."""
    if size is None or size >= len(mutants):
        return list(mutants)
    return sorted(random.Random(f"mutants/{seed}").sample(mutants, size))


# -- running them -----------------------------------------------------------------------------------


class Bench:
    """A folder in which mutmut works for one room, and what has been found there."""

    def __init__(self, folder: Path, root: Path, room: Room, processes: int = 1) -> None:
        self.folder, self.root, self.room, self.processes = folder, root, room, processes
        self.copy = folder / "mutants"
        self.second_file = folder / "second.json"
        stamp = _digest(root, room)
        if not (folder / "stamp").exists() or (folder / "stamp").read_text() != stamp:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name in ("src", "tests"):
                (folder / name).symlink_to((root / name).resolve(), target_is_directory=True)
            (folder / "pyproject.toml").write_text(self._settings(), "utf-8")
            (folder / "stamp").write_text(stamp)
        self.second = json.loads(self.second_file.read_text()) if self.second_file.exists() else {}

    def _settings(self) -> str:
        settings = (self.root / "pyproject.toml").read_text("utf-8")
        pytest = re.search(r"^\[tool\.pytest\.ini_options\]\n(?:(?!\[).*\n?)*", settings, re.MULTILINE)
        lists = {"only_mutate": self.files(), "pytest_add_cli_args_test_selection": list(self.room.tests)}
        lines = [f"{key} = {json.dumps(value)}" for key, value in lists.items()]
        lines += ['source_paths = ["src/"]', "use_git_change_detection = false"]
        lines += ["timeout_multiplier = 5.0", "timeout_constant = 2.0"]
        return (pytest[0] if pytest else "") + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n"

    def files(self) -> list[str]:
        found = (path for glob in self.room.files for path in self.root.glob(glob))
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def mutants(self) -> list[Mutant]:
        with contextlib.chdir(self.folder):  # where mutmut looks for its settings
            return [one for file in self.files() for one in mutants_of(self.root, file)]

    def found(self) -> dict[str, str]:
        """What mutmut and the second look have found so far, by name."""
        first: dict[str, str] = {}
        for file in self.files():
            kept = self.copy / f"{file}.meta"
            if kept.exists():
                try:
                    codes = json.loads(kept.read_text("utf-8"))["exit_code_by_key"]
                except json.JSONDecodeError:  # killed while it was written: mutmut makes both anew
                    kept.unlink()
                    kept.with_suffix("").unlink()
                    continue
                first |= {name: status_by_exit_code[code] for name, code in codes.items() if code is not None}
        return first | self.second

    def run(self, mutants: Sequence[Mutant]) -> dict[str, str]:
        """killed, timeout, or survived, by name; SystemExit where the tests fail without a mutation."""
        known = self.found()
        waiting = [one.name for one in mutants if one.name not in known]
        if waiting:
            # Python takes what is on its path and not there when it starts for missing for good.
            (self.copy / "src").mkdir(parents=True, exist_ok=True)
            mutmut = Path(sys.executable).with_name("mutmut")
            command = [str(mutmut), "run", "--max-children", str(self.processes), *waiting]
            with (self.folder / "log.txt").open("w") as log:
                done = subprocess.run(
                    command, cwd=self.folder, stdout=log, stderr=log, env=self._env(), check=False
                )
            if done.returncode:
                told = (self.folder / "log.txt").read_text("utf-8", "replace")[-3000:]
                raise SystemExit(
                    f"{told}\nmutants: the tests fail before anything is changed: mend them first"
                )
            known = self.found()
        for one in mutants:
            if known.get(one.name) not in DEAD and one.name not in self.second:
                self.second[one.name] = self._look(one.name)
                part = self.second_file.with_suffix(".part")
                part.write_text(json.dumps(self.second, indent=1))
                part.replace(self.second_file)
        known = self.found()
        return {one.name: known[one.name] for one in mutants}

    def _look(self, name: str) -> str:
        try:
            code = self._tests(name, limit_s=3 * self._whole_s + 10)
        except subprocess.TimeoutExpired:
            return "timeout"
        return "killed" if code else "survived"

    @functools.cached_property
    def _whole_s(self) -> float:
        start = time.monotonic()
        if self._tests("", limit_s=3600):
            raise SystemExit(FAIL)
        return time.monotonic() - start

    def _tests(self, name: str, limit_s: float) -> int:
        env = self._env() | {"MUTANT_UNDER_TEST": name}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *self.room.tests]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.run(
            command, cwd=self.copy, env=env, timeout=limit_s, check=False, **quiet
        ).returncode

    def _env(self) -> dict[str, str]:
        """CI: hypothesis draws the same examples each time. No plugins: a process of tests starts quicker.

        PYTHONPATH: processes that a test starts see the changed sources, too, and not those installed.
        """
        return os.environ | {
            "CI": "true",
            "OMP_NUM_THREADS": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str((self.copy / "src").absolute()),
        }


def _digest(root: Path, room: Room) -> str:
    told = hashlib.sha256(repr(room).encode())
    for path in sorted([*root.glob("src/**/*.py"), *root.glob("tests/**/*"), Path(__file__)]):
        if path.is_file() and "__pycache__" not in path.parts:
            told.update(path.as_posix().encode() + path.read_bytes())
    return told.hexdigest()


# -- telling ----------------------------------------------------------------------------------------


def score(found: dict[str, str]) -> tuple[int, int]:
    """Killed, and all."""
    return sum(status in DEAD for status in found.values()), len(found)


def told(name: str, found: dict[str, str], mutants: Sequence[Mutant], total: int, explained: str) -> str:
    """The score with its interval (Wilson, 95 %; none where all were run), then each survivor."""
    from scipy.stats import binomtest  # takes a second to import

    dead, all_ = score(found)
    counts = Counter(found.values())
    line = f"{name}: {all_} of {total} mutants, {dead} killed ({counts['timeout']} by the clock)"
    line += f", {all_ - dead} survived: {100 * dead / all_:.1f} %"
    if all_ < total:
        ends = binomtest(dead, all_).proportion_ci(method="wilson")
        line += f" [{100 * ends.low:.1f}, {100 * ends.high:.1f}]"
    lines = [line]
    for one in mutants:
        if found[one.name] not in DEAD:
            known = any(
                one.file.removeprefix("src/remem/") in row and one.after in row
                for row in explained.splitlines()
            )
            lines += [f"  {one.file}:{one.line}{'  (explained in docs/mutants.md)' if known else ''}"]
            lines += [f"    - {one.before}", f"    + {one.after}"]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--room", choices=ROOMS, action="append", help="default: all of them")
    parser.add_argument("--sample", default="60", help="mutants of each room, or all")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    if given.sample != "all" and not given.sample.isdigit():
        parser.error("--sample is a number, or all")
    page = ROOT / "docs" / "mutants.md"
    for name in given.room or ROOMS:
        bench = Bench(ROOT / ".mutants" / name, ROOT, ROOMS[name], given.processes)
        mutants = bench.mutants()
        chosen = drawn(mutants, None if given.sample == "all" else int(given.sample), given.seed)
        start = time.monotonic()
        found = bench.run(chosen)
        print(told(name, found, chosen, len(mutants), page.read_text("utf-8") if page.exists() else ""))
        print(f"  {time.monotonic() - start:.0f} s; state in .mutants/{name}", flush=True)


if __name__ == "__main__":
    main()
