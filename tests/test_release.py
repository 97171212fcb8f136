"""What a release needs: one version everywhere, files that others read, and a wheel that runs by itself."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import remem

ROOT = Path(__file__).parent.parent


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/remem/__init__.py"
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["version"] == remem.__version__
    assert f"## {remem.__version__} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_citation_says_what_its_format_demands() -> None:
    """Of the schema 1.2.0 of the Citation File Format what this file uses."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert cited["type"] in ("software", "dataset")
    assert cited["license"] == "Apache-2.0"
    assert all(set(one) <= {"name", "family-names", "given-names", "website"} for one in cited["authors"])
    for reference in cited["references"]:
        assert {"type", "title", "authors"} <= set(reference)


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.stem)
def test_what_github_reads_is_whole_and_holds_no_secret(path: Path) -> None:
    text = path.read_text("utf-8")
    found = yaml.safe_load(text)
    assert "secrets." not in text
    if path.parent.name == "workflows":
        # YAML reads the key `on` as true.
        assert {"name", True, "jobs", "permissions"} <= set(found)
        for job in found["jobs"].values():
            for step in job["steps"]:
                for command in step.get("run", "").splitlines():
                    target = command.split()[1] if command.startswith("make ") else None
                    assert target is None or f"\n{target}:" in (ROOT / "Makefile").read_text("utf-8")
    elif path.stem != "config":
        assert {"name", "description", "body"} <= set(found)
        ids = [part["id"] for part in found["body"] if "id" in part]
        assert len(ids) == len(set(ids))


@pytest.mark.slow
def test_the_wheel_installs_and_runs_outside_the_checkout(tmp_path: Path) -> None:
    """As `make release-check`: needs a package index, and some minutes."""
    if any(importlib.util.find_spec(name) is None for name in ("build", "twine")):
        pytest.skip("needs the extra release")
    command = [sys.executable, "scripts/release.py", "--dist", str(tmp_path / "dist")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "installs and runs" in done.stdout


def test_the_installed_version_is_a_version() -> None:
    assert importlib.metadata.version("remem")
