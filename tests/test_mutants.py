"""The runner of mutants on a module of two lines: what it makes, leaves out, kills, and refuses to run on."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "mutants.py"
TOY = '''def half(x: float) -> float:
    """Half of x."""
    if x < 0:
        raise ValueError(f"{x} is negative")
    return x / 2
'''
TESTS = "from toy import half\n\n\ndef test_half():\n    assert half(2) == 1\n"


@pytest.fixture(scope="module")
def mutants() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutants", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = made
    spec.loader.exec_module(made)
    return made


def toy(mutants: ModuleType, root: Path, tests: str) -> Any:
    for name, text in {"src/toy.py": TOY, "tests/test_toy.py": tests, "pyproject.toml": ""}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return mutants.Bench(root / ".mutants" / "toy", root, mutants.Room(("src/toy.py",), ("tests",)))


def test_survivors_of_a_toy_are_named_with_their_line(mutants: ModuleType, tmp_path: Path) -> None:
    bench = toy(mutants, tmp_path, TESTS)
    made = bench.mutants()
    assert all("negative" not in one.before for one in made)  # words of errors are left out
    found = bench.run(made)
    survivors = [(one.line, one.after) for one in made if found[one.name] == "survived"]
    assert survivors == [(3, "if x <= 0:"), (3, "if x < 1:")]
    killed = {one.after for one in made if found[one.name] == "killed"}
    assert killed == {"return x * 2", "return x / 3"}
    told = mutants.told("toy", found, made, len(made), "| src/toy.py | `if x <= 0:` | why |")
    assert told.splitlines()[0] == "toy: 4 of 4 mutants, 2 killed (0 by the clock), 2 survived: 50.0 %"
    assert "  src/toy.py:3  (explained in docs/mutants.md)" in told
    # Another process goes on from what is on disk: nothing is run again.
    again = toy(mutants, tmp_path, TESTS)
    again._look = None
    assert again.run(made) == found
    kept = again.copy / "src" / "toy.py.meta"
    kept.write_text(kept.read_text()[:40])  # killed while it was written
    assert set(again.found()) == set(again.second)
    again._look = lambda name: pytest.fail("the second look is kept")
    assert again.run(made) == found


def test_tests_that_fail_anyway_kill_nothing(mutants: ModuleType, tmp_path: Path) -> None:
    bench = toy(mutants, tmp_path, TESTS.replace("== 1", "== 3"))
    with pytest.raises(SystemExit, match="the tests fail before anything is changed"):
        bench.run(bench.mutants())


def test_a_sample_is_drawn_with_a_seed_and_has_an_interval(mutants: ModuleType) -> None:
    made = [mutants.Mutant(str(number), "src/toy.py", number, "", "") for number in range(100)]
    assert mutants.drawn(made, 10, 0) == mutants.drawn(made, 10, 0) != mutants.drawn(made, 10, 1)
    assert len(set(mutants.drawn(made, 10, 0))) == 10
    assert mutants.drawn(made, None, 0) == mutants.drawn(made, 500, 0) == made
    found = {str(number): "killed" if number < 9 else "timeout" for number in range(10)}
    told = mutants.told("toy", found, made[:10], 100, "")
    assert (
        "10 killed (1 by the clock), 0 survived: 100.0 % [72.2, 100.0]" in told
    )  # Wilson: 10 / (10 + 1.96²)
