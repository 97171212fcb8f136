"""The numbers as files: CSV (raw, for machines), Markdown and LaTeX (hundredths, for papers)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from remem.outgoing import csv_text, in_latex, in_markdown, markdown
from remem.report import words
from remem.report.comparison import Comparison, comparisons, labels
from remem.report.costs import Cost
from remem.report.evidence import KEPT as KINDS
from remem.report.findings import DISTANCE_OVER, Finding, distance_to_goal
from remem.report.marks import Mark, noted, sentences
from remem.report.read import RunRecord
from remem.scoring.metrics import STATES


def write_tables(
    folder: Path, run: RunRecord, found: list[Finding], costs: list[Cost], cautions: Sequence[Mark]
) -> None:
    """Summary (every number), methods (side by side), cost (the only one with times): three formats each."""
    folder.mkdir(parents=True, exist_ok=True)
    pivots = [_pivot(comparison) for comparison in comparisons(run)]
    write_table(folder, "summary", *summary(run), pivots, cautions)
    methods = methods_table(run, found)
    write_table(folder, "methods", *methods.raw, [methods.text], cautions)
    write_costs(folder, costs, cautions)


def write_costs(folder: Path, costs: list[Cost], cautions: Sequence[Mark]) -> None:
    """cost.csv, .md and .tex: the only table with times."""
    header = ["arm", "seconds", "share_of_retraining", "peak_memory_bytes", "device"]
    rows: list[list[object]] = [[c.arm, c.seconds, c.share, c.peak_memory_bytes, c.device] for c in costs]
    shown = [
        [c.label, words.seconds(c.seconds), words.score(c.share), words.memory(c.peak_memory_bytes)]
        for c in costs
    ]
    text = Text(
        "Cost", "Share of retraining: training time as hundredths of the goal model's.", [*COST_HEAD], shown
    )
    write_table(folder, "cost", header, rows, [text], cautions)


ENDS = ("", ":low", ":high")  # of a number in methods.csv
COST_HEAD = ("Model", "Training", "Share of retraining", "Peak memory")


@dataclass(frozen=True)
class Text:
    """A table whose cells are written out; the first column is text, the others numbers."""

    title: str
    caption: str
    header: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        head, *rows = ([in_markdown(cell) for cell in row] for row in (self.header, *self.rows))
        lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
        return f"**{self.title}.** {self.caption}\n\n{markdown(lines)}\n"

    def latex(self) -> str:
        def line(cells: list[str]) -> str:
            return " & ".join(map(in_latex, cells)) + r" \\"

        body = "\n".join(line(row) for row in self.rows)
        return (
            "\\begin{table}\n\\centering\n"
            f"\\caption{{{in_latex(self.title)}. {in_latex(self.caption)}}}\n"
            f"\\begin{{tabular}}{{l{'r' * (len(self.header) - 1)}}}\n\\toprule\n"
            f"{line(self.header)}\n\\midrule\n"
            f"{body}\n\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n"
        )


def write_table(
    folder: Path,
    name: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    texts: list[Text],
    cautions: Sequence[Mark],
) -> None:
    """One table as CSV (every number), Markdown and LaTeX; each has its cautions."""
    (folder / f"{name}.csv").write_text(csv_text(*noted(header, rows, cautions)), "utf-8")
    said = sentences(cautions)
    told = [replace(text, caption=f"{said} {text.caption}".strip()) for text in texts]
    (folder / f"{name}.md").write_text("\n".join(text.markdown() for text in told), "utf-8")
    need = "% needs \\usepackage{booktabs}\n"
    (folder / f"{name}.tex").write_text(need + "\n".join(text.latex() for text in told), "utf-8")


def summary(run: RunRecord) -> tuple[list[str], list[list[object]]]:
    """Header and rows of every number of the summaries."""
    header = [
        "arm",
        "split",
        "question_type",
        "metric",
        "mean",
        "low",
        "high",
        "over",
        "people",
        "items",
        "missing",
    ]
    rows: list[list[object]] = [
        [name, *key, e.mean, e.low, e.high, e.over, e.people, e.items, e.missing]
        for name, arm in run.arms.items()
        for key, e in arm.estimates.items()
    ]
    return header, rows


def _pivot(table: Comparison) -> Text:
    header = ["Model", *(words.metric(key) for key in table.columns), *STATES] + (
        ["distance"] if table.has_goal else []
    )
    rows = []
    for row in table.rows:
        cells = [row.label, *(words.interval(cell) for cell in row.cells)]
        cells += [words.score(cell.mean if cell else None, 0) for cell in row.states]
        rows.append(cells + ([words.score(row.distance)] if table.has_goal else []))
    return Text(table.title, table.caption, header, rows)


@dataclass(frozen=True)
class Methods:
    raw: tuple[list[str], list[list[object]]]
    text: Text


def methods_table(run: RunRecord, found: list[Finding]) -> Methods:
    """What a paper prints: forget, retain and held-out numbers of every arm, with the verdict."""
    wanted = [(run.forget or "forget", "em"), (run.forget or "forget", "exposure_norm")]
    wanted += [(split, "em") for split in ("kept", *KINDS, "rehearsed", "retain")]
    wanted += [("retain", "rouge_l_f1"), ("test-forget", "em")]
    wanted += [(split, key) for key in run.own_metrics for split in (run.forget or "forget", "kept")]
    wanted = [one for one in wanted if any(arm.get(one[0], "all", one[1]) for arm in run.arms.values())]
    verdicts = {arm.name: finding.verdict for finding in found for arm in finding.arms}
    names = labels(run)
    raw: list[list[object]] = []
    shown = []
    for name, arm in run.arms.items():
        cells = [arm.get(split, "all", metric) for split, metric in wanted]
        values = [end for e in cells for end in ((e.mean, e.low, e.high) if e else (None, None, None))]
        gap = distance_to_goal(run, arm, run.forget or "", "all") if arm.role != "goal" else None
        verdict = verdicts[name].heading if name in verdicts else ""
        raw.append([name, *values, gap, verdict])
        shown.append([names[name], *map(words.interval, cells), words.score(gap), verdict])
    keys = [f"{split}:{metric}{end}" for split, metric in wanted for end in ENDS]
    header = [
        "Model",
        *(f"{split} {words.metric(metric)}" for split, metric in wanted),
        "distance",
        "verdict",
    ]
    over = ", ".join(words.metric(metric) for metric in DISTANCE_OVER)
    caption = (
        "Scores × 100, with their 95 % intervals. Distance: mean absolute difference to the goal "
        "model on the forget set over " + over + "."
    )
    text = Text("Methods", caption, header, shown)
    return Methods((["arm", *keys, "distance_to_goal", "verdict"], raw), text)
