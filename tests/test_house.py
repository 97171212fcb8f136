"""The rooms of the house: what may import what, and that the contract which says so can fail."""

from __future__ import annotations

import graphlib
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
LARGEST = 400  # lines
TABLES = {"src/remem/data/images/backdrops.py"}  # tables of data


def contract(folder: Path) -> subprocess.CompletedProcess[str]:
    """The linter on a copy of the package, or on the package itself."""
    script = f"import sys; sys.path.insert(0, {str(folder / 'src')!r})\n"
    script += "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("room", "line", "broken"),
    [
        (
            "data/lint.py",
            "def late():\n    from remem.scoring import stats\n",
            "A room uses only what lies below",
        ),
        ("text.py", "from remem.data import table\n", "A room uses only what lies below"),
        (
            "data/table.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from remem.data import reading\n",
            "Nothing goes in a circle",
        ),
    ],
)
def test_a_planted_import_breaks_the_contract(tmp_path: Path, room: str, line: str, broken: str) -> None:
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.safetensors", "people_pack")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / "src" / "remem" / room
    file.write_text(file.read_text("utf-8") + "\n\n" + line, "utf-8")
    found = contract(tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert any(broken in told and "BROKEN" in told for told in found.stdout.splitlines())


def test_no_module_imports_itself_by_way_of_others() -> None:
    """The contract looks at siblings; this looks at every file, packages' own `__init__` among them."""
    graph = grimp.build_graph("remem", cache_dir=None)
    below = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    list(graphlib.TopologicalSorter(below).static_order())  # raises CycleError with the circle's names


def test_no_file_is_long() -> None:
    long = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*.py")
        if len(path.read_text("utf-8").splitlines()) > LARGEST
    }
    assert long <= TABLES


def test_help_needs_neither_torch_nor_numpy() -> None:
    script = "import sys, remem.cli; print({'torch', 'numpy', 'pyarrow', 'transformers'} & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.strip() == "set()"
