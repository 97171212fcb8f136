"""Ctrl-C, SIGTERM, and outputs that are closed, full or unread: one line and a status, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remem import cli
from remem.cli import catalogue
from remem.cli.console import PIPE

Told = tuple[int, str]


def remem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Told:
    monkeypatch.setattr("sys.argv", ["remem", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0), capsys.readouterr().err


def test_nothing_large_is_imported_before_ctrl_c_is_answered(tmp_path: Path) -> None:
    """The first import of the command stands still, as a slow disk makes it: there the signal comes."""
    (tmp_path / "typer.py").write_text("import time; print('importing', flush=True); time.sleep(60)")
    started = subprocess.Popen(
        [sys.executable, "-c", "from remem.__main__ import main; main()", "list", "methods"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "importing\n"
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=30)
    assert (started.returncode, said) == (130, "\nremem: stopped.\n")


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (signal.SIGINT, 130, "stopped. Run the same command again"),
        (signal.SIGTERM, 143, "stopped from outside (SIGTERM). Run the same command again"),
    ],
)
@pytest.mark.parametrize("raised", [None, ImportError("half of a library"), SystemError("no reason")])
def test_a_signal_stops_a_command_whatever_it_interrupts(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
    status: int,
    words: str,
    raised: Exception | None,
) -> None:
    def interrupted() -> Any:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            if raised is not None:  # as libraries do in the middle of their imports
                raise raised from None
            raise

    monkeypatch.setitem(catalogue.LISTS, "methods", interrupted)
    before = signal.getsignal(number)
    code, said = remem(monkeypatch, capsys, "list", "methods")
    assert code == status
    assert words in said
    assert "Traceback" not in said
    assert signal.getsignal(number) is before


def test_a_second_signal_ends_the_process_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left: list[int] = []

    def twice() -> Any:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setitem(catalogue.LISTS, "methods", twice)
    monkeypatch.setattr("remem.cli.stopping.leave", lambda number, frame: left.append(number))
    remem(monkeypatch, capsys, "list", "methods")
    assert left == [signal.SIGINT]


def test_signals_that_are_ignored_stay_ignored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked() -> Any:
        signal.raise_signal(signal.SIGTERM)
        return ["name"], [["one"]]

    monkeypatch.setitem(catalogue.LISTS, "methods", asked)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as nohup does
    try:
        assert remem(monkeypatch, capsys, "list", "methods")[0] == 0
    finally:
        signal.signal(signal.SIGTERM, before)


def unread() -> Any:
    come, go = os.pipe()
    os.close(come)
    return os.fdopen(go, "w")


@pytest.mark.parametrize(
    ("made", "status", "words"),
    [
        (lambda: open("/dev/full", "w"), 1, "standard output cannot be written: No space left"),  # noqa: SIM115
        (unread, PIPE, ""),
    ],
    ids=["full", "unread"],
)
@pytest.mark.parametrize("asked", ["list methods", "--version", "--help", "list metrics --format json"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    made: Callable[[], Any],
    status: int,
    words: str,
    asked: str,
) -> None:
    with made() as stream:
        monkeypatch.setattr("sys.stdout", stream)
        code, said = remem(monkeypatch, capsys, *asked.split())
        monkeypatch.undo()
    assert code == status
    assert words in said
    assert said.count("\n") <= 1


def test_closed_streams_lead_nowhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert remem(monkeypatch, capsys, "list", "methods") == (0, "")
    script = "import os; [os.close(n) for n in range(3)]; from remem.leaving import stand; stand(); "
    script += "os._exit(os.open('/dev/null', os.O_RDONLY))"
    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode > 2


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("", "the argument after lint is empty"),
        ("a\udce9b", "a\\udce9b is not in UTF-8"),
        ("a\0b", "a\\x00b is not in UTF-8"),
    ],
)
def test_arguments_that_can_be_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argument: str, words: str
) -> None:
    code, said = remem(monkeypatch, capsys, "lint", argument)
    assert code == 1
    assert words in said
    assert said.count("\n") == 1


def test_letters_that_an_output_lacks_are_written_out(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "remem", "list", "attacks"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert told.stdout.isascii()
    assert told.stderr == b""
