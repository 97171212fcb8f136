"""What a run says when it is done."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.cli.console import out, progress
from remem.cli.tables import machine, read, results, show

TABLE = Path("tables", "methods.csv")
_CURE = "Run the same command again."


def conclude(root: Path, stage: str, clock: float, form: str) -> None:
    """The gate, the table of methods and where the report is; with --quiet the last of these alone."""
    from remem.scoring.gate import read_gate

    gate, page = root / "gate" / "gate.json", root / "report" / "index.html"
    done = stage == "report" and page.exists()
    if form != "table":
        told(root, page if done else None, form)
    if gate.exists() and stage != "evidence":
        where = progress if done else out
        for line in read_gate(gate).text():
            where.say("{}", line)
    if done:
        if (table := page.parent / TABLE).exists():
            shown, notes = results(table)
            progress.print()
            progress.print(shown)
            if notes:
                progress.say("[dim]{}[/]", notes)
        progress.print()
        out.say("[bold]report[/] {}", page)
    progress.say("[dim]{:.1f} s[/]", time.monotonic() - clock)


def told(root: Path, page: Path | None, form: str) -> None:
    """The same for a machine: the folder, the gate, the report and its table of methods."""
    table = page.parent / TABLE if page else None
    headings, rows = read(table) if table and table.exists() else ([], [])
    if form == "csv":
        show(headings, rows, form)
        return
    gate = root / "gate" / "gate.json"
    found: dict[str, Any] = {"folder": str(root), "report": str(page) if page else None}
    found["gate"] = jsonfile.read(gate, dict[str, Any], _CURE) if gate.exists() else None
    found["methods"] = [dict(zip(headings, row, strict=True)) for row in rows]
    machine(found)
