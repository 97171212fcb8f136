"""The whole grid of a tuning, for machines (trials.csv) and for readers (tuning.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from remem.outgoing import csv_text, in_markdown, markdown
from remem.run.settings import Run
from remem.studies.tuning.rule import Choice, Rule, Trial, front


def write_page(
    folder: Path,
    run: Run,
    rule: Rule,
    by_method: Mapping[str, Sequence[Trial]],
    choices: Mapping[str, Choice | None],
) -> None:
    """Writes trials.csv and tuning.md."""
    header = ["method", "trial", "setting", *rule.measures, "diverged", "front", "chosen", "seconds"]
    rows: list[list[object]] = []
    text = [
        "# Tuning",
        f"Rule: {in_markdown(rule.words())}. A trial that diverged cannot win. Forgotten was "
        f"{in_markdown(run.forget.split)} of "
        f"{in_markdown(run.data) or f'the people of build.seed={run.build.seed}'}, with seed "
        f"{', '.join(map(str, run.forget.seeds))}.",
    ]
    for method, trials in by_method.items():
        choice, ahead = choices[method], front(trials, rule)
        best = choice.trial if choice else None
        text += [f"## {method}", _verdict(choice, trials), _table(trials, rule, best, ahead)]
        for one in trials:
            values = [one.measured[measure] for measure in rule.measures]
            flags = [one.diverged, one in ahead, one is best]
            rows.append([method, one.name, _point(one), *values, *map(int, flags), one.seconds])
    (folder / "trials.csv").write_text(csv_text(header, rows), encoding="utf-8")
    (folder / "tuning.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _verdict(choice: Choice | None, trials: Sequence[Trial]) -> str:
    if choice is None:
        gone = sum(one.diverged for one in trials)
        return f"**No trial can win**: {gone} of {len(trials)} diverged, and the others lack a measure."
    ends = edges(choice.trial, trials)
    more = f" At the end of what was tried: {', '.join(ends)}." if ends else ""
    warning = "" if choice.kept else "**Nothing that was tried keeps enough.** "
    return f"{warning}{_point(choice.trial)} ({choice.trial.name}): {choice.why}.{more}"


def edges(best: Trial, trials: Sequence[Trial]) -> list[str]:
    """Settings of which the lowest or highest of three or more values was chosen: better may lie beyond."""
    found = []
    for key, value in best.point.items():
        tried = sorted({one.point[key] for one in trials})
        if len(tried) > 2 and value in (tried[0], tried[-1]):
            found.append(key)
    return found


def _table(trials: Sequence[Trial], rule: Rule, best: Trial | None, ahead: Sequence[Trial]) -> str:
    keys = list(trials[0].point)
    lines = [
        [*keys, *rule.measures, "seconds", "front", ""],
        ["---"] * (len(keys) + len(rule.measures) + 3),
    ]
    for one in trials:
        values = [_shown(one.measured[measure]) for measure in rule.measures]
        mark = "←" if one is best else "diverged" if one.diverged else ""
        point = [f"{one.point[key]:g}" for key in keys]
        lines.append([*point, *values, f"{one.seconds:.0f}", "•" if one in ahead else "", mark])
    return markdown(lines)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _point(trial: Trial) -> str:
    return ", ".join(f"{key} {value:g}" for key, value in trial.point.items())
