"""The page of a diagnosis of stage 1: one figure for each sweep, and a sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from remem.formats import NONE
from remem.outgoing import csv_text
from remem.report import words
from remem.report.panels import Mark, Panel, Series, panels
from remem.report.svg import Figure, standalone
from remem.report.template import environment

if TYPE_CHECKING:
    from remem.studies.diagnosis.numbers import Number, Numbers
    from remem.studies.diagnosis.sweeps import Sweep

TAUGHT, HELD_OUT = "finetune", "test"
# What each sweep's figure draws: title, split, metric.
DRAWN = (
    ("Exact match, as taught", TAUGHT, "em"),
    ("Exact match, held-out wording and views", HELD_OUT, "em"),
    ("ROUGE-L F1, held-out wording and views", HELD_OUT, "rouge_l_f1"),
    ("Exposure, share of its maximum", TAUGHT, "exposure_norm"),
    ("Min-10 % of the true answer, as taught (nats)", TAUGHT, "min_k_10"),
    ("Min-10 %++ of the true answer, as taught (sd)", TAUGHT, "min_k_pp_10"),
)
COLOURS = {"1-hop": 3, "multi-hop": 0}


@dataclass(frozen=True)
class Told:
    """One sweep on the page."""

    sweep: Sweep
    sentences: list[str]
    figure: Figure
    header: list[str]
    table: list[list[str]]


def write(out: Path, sweeps: Sequence[Sweep], numbers: Numbers) -> Path:
    """Writes index.html, numbers.csv and figures/ into `out`; returns the page's path."""
    told = [_told(sweep, numbers) for sweep in sweeps]
    (out / "figures").mkdir(parents=True, exist_ok=True)
    for one in told:
        (out / "figures" / f"{one.sweep.key}.svg").write_text(standalone(one.figure), "utf-8")
    rows = [asdict(row) for row in numbers.rows]
    (out / "numbers.csv").write_text(
        csv_text([*rows[0]] if rows else [], (r.values() for r in rows)), "utf-8"
    )
    page = out / "index.html"
    seeds = max((row.seeds for row in numbers.rows), default=0)
    html = environment().get_template("diagnosis.html")
    page.write_text(
        html.render(told=told, words=words, seeds=seeds, candidates=numbers.candidates, over=_over(numbers)),
        "utf-8",
    )
    return page


def _over(numbers: Numbers) -> str:
    return words.listing(sorted({row.over for row in numbers.rows if row.low is not None}) or ["nothing"])


def _told(sweep: Sweep, numbers: Numbers) -> Told:
    rows = [row for row in numbers.rows if row.sweep == sweep.key]
    kinds = sorted({row.question_type for row in rows}, key=lambda kind: (kind != "1-hop", kind))
    members = [run.recipe for run in sweep.runs]
    found = {(row.member, row.split, row.question_type, row.metric): row for row in rows}
    drawn = [
        Panel(
            title,
            words.is_share(metric),
            tuple(
                Series(kind, COLOURS.get(kind, 5), _marks(found, members, split, kind, metric))
                for kind in kinds
            ),
        )
        for title, split, metric in DRAWN
    ]
    short = [name.removeprefix(f"{sweep.key}-") for name in members]
    figure = panels(sweep.title, sweep.axis, short, drawn, joined=sweep.ordered)
    sentences = [_extremes(found, members, short, kind) for kind in kinds]
    header, table = _table(found, members, short, kinds)
    return Told(sweep, [*filter(None, sentences), _gates(sweep, numbers, short)], figure, header, table)


Found = dict[tuple[str, str, str, str], "Number"]


def _marks(found: Found, members: list[str], split: str, kind: str, metric: str) -> tuple[Mark, ...]:
    marks = []
    for place, member in enumerate(members):
        row = found.get((member, split, kind, metric))
        if row is not None and row.mean is not None:
            marks.append(Mark(place, row.mean, row.low, row.high))
    return tuple(marks)


def _extremes(found: Found, members: list[str], short: list[str], kind: str) -> str:
    """Where held-out exact match is highest and lowest, and whether the intervals tell the two apart."""
    marks = _marks(found, members, HELD_OUT, kind, "em")
    if not marks:
        return ""
    best, worst = (pick(marks, key=lambda mark: mark.mean) for pick in (max, min))
    if best.mean == worst.mean:
        return f"Held-out {kind} questions: exact match is {words.score(best.mean)} throughout."
    text = (
        f"Held-out {kind} questions: exact match is highest at {short[best.place]} ({_estimate(best)}) and "
        f"lowest at {short[worst.place]} ({_estimate(worst)})"
    )
    if best.low is None or worst.high is None:
        return f"{text}; without intervals, whether that is chance is not known."
    if best.low <= worst.high:
        return f"{text}; the intervals overlap, so not even these two are told apart."
    level = [short[m.place] for m in marks if m is not best and m.high is not None and m.high >= best.low]
    rest = f"; {words.listing(level)} cannot be told from the best" if level else ""
    return f"{text}{rest}."


def _estimate(mark: Mark) -> str:
    if mark.low is None or mark.high is None:
        return words.score(mark.mean)
    return f"{words.score(mark.mean)}, {words.ends(mark)}"


def _gates(sweep: Sweep, numbers: Numbers, short: list[str]) -> str:
    counts = [numbers.passed[sweep.key, run.recipe] for run in sweep.runs]
    learnt = [name for name, (passed, seeds) in zip(short, counts, strict=True) if passed == seeds]
    some = [name for name, (passed, seeds) in zip(short, counts, strict=True) if 0 < passed < seeds]
    if not learnt and not some:
        return "None passes the gate: whatever were forgotten afterwards, nothing would be measured."
    parts = [f"with every seed at {words.listing(learnt)}"] if learnt else []
    parts += [f"with some seeds at {words.listing(some)}"] if some else []
    return f"The gate, which asks what was taught as it was taught, is passed {', '.join(parts)}."


def _table(
    found: Found, members: list[str], short: list[str], kinds: list[str]
) -> tuple[list[str], list[list[str]]]:
    header = ["", "Questions", *(title for title, _, _ in DRAWN)]
    rows = []
    for member, name in zip(members, short, strict=True):
        for kind in kinds:
            cells = []
            for _, split, metric in DRAWN:
                row = found.get((member, split, kind, metric))
                cells.append(_cell(row, metric))
            rows.append([name, kind, *cells])
    return header, rows


def _cell(row: Number | None, metric: str) -> str:
    if row is None or row.mean is None:
        return NONE
    text = words.measure(metric, row.mean)
    if row.low is not None and row.high is not None:
        text += f" ({words.measure(metric, row.low)} to {words.measure(metric, row.high)})"
    return text
