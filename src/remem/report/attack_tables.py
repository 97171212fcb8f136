"""What attacks brought out, as files: every arm, every method beside the Goal models, the worst of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from remem.outgoing import csv_text
from remem.report import words
from remem.report.attacked import MEASURES, Attacked, Key, Setting
from remem.report.marks import Mark, noted
from remem.report.read import Arm, RunRecord
from remem.report.returning import CHOSEN, Most, Returning, share, works
from remem.report.tables import Text, write_table
from remem.scoring.recovered import Recovered


def write(folder: Path, run: RunRecord, found: Attacked, back: Returning, cautions: Sequence[Mark]) -> None:
    """attacks, recovered, attack-cost (CSV) and worst (three formats); nothing where nothing was attacked."""
    if not back.tables:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (
        ("attacks", raw(run, found)),
        ("recovered", recovered_rows(run, found)),
        ("attack-cost", cost_rows(found)),
    ):
        (folder / f"{name}.csv").write_text(csv_text(*noted(*table, cautions)), "utf-8")
    header = ["Method", *(f"{one.access}, {one.measure}" for one in back.most)]
    rows = [
        [words.method(method), *(share(cell.found) if cell else "" for cell in cells)]
        for method, *cells in zip(back.methods, *(one.cells for one in back.most), strict=True)
    ]
    caption = f"In % of what teaching added, with 95 % intervals; 0 is what {CHOSEN}"
    text = Text("Recovered by the worst attack", caption, header, rows)
    write_table(folder, "worst", *worst_rows(run, back.most), [text], cautions)


def cost_rows(found: Attacked) -> tuple[list[str], list[list[object]]]:
    """Header and rows of what every attack took on every arm, in seconds."""
    header = ["arm", "attack", "access", "attacker_has", "seconds"]
    rows: list[list[object]] = [
        [arm, step, one.access, one.knows, one.seconds]
        for step, by_arm in found.costs.items()
        for arm, one in by_arm.items()
    ]
    return header, rows


def raw(run: RunRecord, found: Attacked) -> tuple[list[str], list[list[object]]]:
    """Header and rows of every setting on every arm."""
    header = ["arm", "attack", "setting", "access", "control", "curve", "at", "measure", "mean", "items"]
    rows: list[list[object]] = []
    for arm in run.arms.values():
        for key, one in found.settings.items():
            for measure in MEASURES:
                values = [v for v in _values(found, arm, key, measure) if v is not None]
                if values:
                    mean = sum(values) / len(values)
                    rows.append([arm.name, *_who(one), found.named(measure), mean, len(values)])
    return header, rows


def _values(found: Attacked, arm: Arm, key: Key, measure: str) -> list[float | None]:
    return list(found.values(arm, key, measure).values()) if found.outcomes[arm.name] else []


def _who(one: Setting) -> list[object]:
    return [one.key.step, one.label, one.access, one.control, one.curve, one.at]


NUMBERS = [
    *("after", "goal", "excess", "excess_low", "excess_high", "added"),
    *(
        "recovered",
        "recovered_low",
        "recovered_high",
        "brought_back",
        "brought_back_low",
        "brought_back_high",
    ),
    *("over", "unknown", "items", "missing"),
]


def numbers(found: Recovered) -> list[object]:
    """One row's cells under NUMBERS."""
    spans = [
        part
        for one in (found.share, found.back)
        for part in ((one.mean, *(one.ends() or (None, None))) if one is not None else (None, None, None))
    ]
    gap = found.excess
    told = [gap.mean, *(gap.ends() or (None, None))]
    over = [" ".join(gap.over), " ".join(gap.unknown), gap.items, gap.missing]
    return [found.ours, found.goal, *told, found.added, *spans, *over]


def recovered_rows(run: RunRecord, found: Attacked) -> tuple[list[str], list[list[object]]]:
    """Header and rows of every setting on every method, beside the Goal models."""
    header = [
        "method",
        "attack",
        "setting",
        "access",
        "control",
        "curve",
        "at",
        "measure",
        "works_on_goal",
        *NUMBERS,
    ]
    rows: list[list[object]] = []
    for measure in MEASURES:
        for key, one in found.settings.items():
            on_goal = works(run, found, key, measure)
            for method, arms in run.methods.items():
                there = found.recovered(arms, key, measure)
                if there is not None:
                    rows.append([method, *_who(one), found.named(measure), on_goal, *numbers(there)])
    return header, rows


def worst_rows(run: RunRecord, most: Sequence[Most]) -> tuple[list[str], list[list[object]]]:
    """Header and rows of the worst attack of each access, on every method."""
    header = ["method", "access", "measure", "setting", "chosen_for", "settings_looked_at", *NUMBERS]
    rows: list[list[object]] = [
        [
            *(method, one.access, one.measure, one.labels[one.worst.setting]),
            *(one.worst.chosen[one.worst.setting], one.worst.looked, *numbers(one.found)),
        ]
        for line in most
        for method, one in zip(run.methods, line.cells, strict=True)
        if one is not None
    ]
    return header, rows
