"""What goes to standard output: whole in a pipe, alone for a machine, little with --quiet."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from remem import cli
from remem.cli import console, ending, tables
from remem.cli.catalogue import LISTS
from remem.run.recipes import tiny
from remem.settings import plain
from remem.steps.digests import canonical, text_digest
from remem.steps.sealed import FORMAT
from remem.story.resolve import resolve

METHODS = "arm,em,em:low,verdict,notes\ntaught,1.0,0.9,still answers,of one person\nnpo-s0,nan,,forgets,\n"


def remem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["remem", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out, said.err


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A run folder of which nothing is made yet."""
    record: dict[str, Any] = {
        "format": FORMAT,
        "version": "0",
        "recipe": "tiny",
        "config": plain(resolve(tiny())),
        "request": {"data": "", "ignore_gate": False, "run": plain(tiny())},
    }
    record["sha256"] = text_digest(canonical(record))
    (tmp_path / "run.json").write_text(json.dumps(record))
    return tmp_path


@pytest.fixture
def reported(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (root / "report" / "tables").mkdir(parents=True)
    (root / "report" / "index.html").write_text("")
    (root / "report" / "tables" / "methods.csv").write_text(METHODS)
    (root / "gate").mkdir()
    (root / "gate" / "gate.json").write_text('{"passed": true}')
    gate = SimpleNamespace(text=lambda: ["pass  1-hop"])
    monkeypatch.setattr("remem.scoring.gate.read_gate", lambda path: gate)
    return root


@pytest.mark.parametrize("columns", ["", "40"])
def test_a_pipe_gets_a_row_a_line_and_all_of_it(columns: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    environment |= {"COLUMNS": columns} if columns else {}
    told = subprocess.run(
        [sys.executable, "-m", "remem", "list", "methods"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environment,
    ).stdout
    headings, rows = LISTS["methods"]()
    lines = told.splitlines()
    assert len(lines) == 1 + len(rows)
    assert [re.split(r"  +", line) for line in lines] == [headings, *rows]


def test_a_list_for_a_machine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    headings, rows = LISTS["metrics"]()
    _, out, err = remem(monkeypatch, capsys, "list", "metrics", "--format", "json")
    assert json.loads(out) == [dict(zip(headings, row, strict=True)) for row in rows]
    assert err == ""
    _, out, _ = remem(monkeypatch, capsys, "list", "metrics", "--format", "csv")
    assert list(csv.reader(io.StringIO(out))) == [headings, *rows]
    code, out, err = remem(monkeypatch, capsys, "list", "metrics", "--format", "jsn")
    assert (code, out) == (1, "")
    assert "unknown format: jsn. Did you mean json?" in err


def test_status_for_a_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = remem(monkeypatch, capsys, "status", root, "--format", "json")
    steps = json.loads(out)
    assert code == 0
    assert steps[0] == {"step": "dataset", "state": "to do", "since": "", "why": ""}
    assert "to do" in err  # what people read, and not on standard output
    code, out, _ = remem(monkeypatch, capsys, "status", root)
    assert [line.split()[0] for line in out.splitlines()[2:-1]] == [one["step"] for one in steps]


def test_verify_for_a_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [SimpleNamespace(step="gate", wrong=""), SimpleNamespace(step="report", wrong="is damaged")]
    monkeypatch.setattr("remem.steps.verify.verify", lambda folder, progress: found)
    code, out, _ = remem(monkeypatch, capsys, "verify", root, "--format", "json")
    assert (code, json.loads(out)) == (1, {"steps": 2, "wrong": [{"step": "report", "what": "is damaged"}]})
    code, out, _ = remem(monkeypatch, capsys, "verify", root, "--format", "csv")
    assert (code, out) == (1, "step,what is wrong\nreport,is damaged\n")
    code, out, _ = remem(monkeypatch, capsys, "verify", root)
    assert (code, out) == (1, "FAIL  report: is damaged\n")


def test_the_end_of_a_run_for_a_machine(reported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console.speak(form="json")
    ending.conclude(reported, "report", 0.0, "json")
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["methods"][0] == {
        "arm": "taught", "em": 1.0, "em:low": 0.9, "verdict": "still answers", "notes": "of one person",
    }  # fmt: skip
    assert (found["methods"][1]["em"], found["methods"][1]["em:low"]) == (None, None)
    assert found["gate"] == {"passed": True}
    assert found["report"] == str(reported / "report" / "index.html")
    assert "pass  1-hop" in said.err
    console.speak(form="csv")
    ending.conclude(reported, "report", 0.0, "csv")
    told = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert told[1] == ["taught", "1.0", "0.9", "still answers", "of one person"]
    assert told[2] == ["npo-s0", "", "", "forgets", ""]


def test_quiet_is_quiet(reported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(quiet: bool) -> str:
        console.speak(quiet)
        with console.watching(1) as view:
            view.start("gate")
            view.finish("gate", 1.0)
        console.Line("pictures")(1, 1)
        ending.conclude(reported, "report", 0.0, "table")
        return capsys.readouterr().out

    assert run(quiet=True) == f"report {reported}/report/index.html\n"
    told = run(quiet=False)
    assert re.search(r"^\d\d:\d\d:\d\d  \.\.\.  gate$", told, re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d  done gate  1.0 s  \(1 of 1\)$", told, re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d  pictures 1/1 ", told, re.MULTILINE)
    assert "pass  1-hop" in told
    assert "of one person: see the report" in told
    console.speak(quiet=True)
    console.warn("a note")
    assert "a note" in capsys.readouterr().err
    ending.conclude(reported, "learn", 0.0, "table")
    assert capsys.readouterr().out == "pass  1-hop\n"  # of a stage without a report this is the result


def test_csv_of_what_has_no_table_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = remem(monkeypatch, capsys, "learn", "tiny", "--format", "csv")
    assert (code, out) == (1, "")
    assert "take json" in err


def test_a_command_speaks_as_it_was_told_and_the_next_one_as_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    remem(monkeypatch, capsys, "list", "judges", "--format", "json")
    _, out, _ = remem(monkeypatch, capsys, "--version")
    assert out.startswith("remem ")


def test_no_cell_steers_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    console.speak()
    tables.show(("a", "b"), [("one\x1b[2J\ntwo", "\u202e")], "table")
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 2
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_a_name_that_looks_like_a_style_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    console.out.say("[bold]report[/] {} {:.1f} s, {}", Path("a[red]/b\x1b[2J"), 2.25, "[/] {0}")
    assert capsys.readouterr().out == "report a[red]/b\\x1b[2J 2.2 s, [/] {0}\n"
