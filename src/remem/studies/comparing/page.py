"""The comparison as a page: one table of all methods, and how far each is from others. No number by hand."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from remem import disk
from remem.data import Dataset
from remem.errors import UserError
from remem.formats import NONE
from remem.methods import METHODS, searched, uses
from remem.outgoing import code, in_markdown, markdown, visible
from remem.report import svg, words
from remem.report.costs import costs
from remem.report.findings import chance, expected, findings
from remem.report.marks import marks, sentences
from remem.report.read import REFERENCES, RunRecord, read_run
from remem.report.reproduce import command
from remem.scoring.differences import MARGIN
from remem.steps.folders import write_atomic
from remem.studies.comparing.apart import results
from remem.studies.comparing.numbers import ATTACK, Numbers
from remem.studies.comparing.pairs import Panel, picture
from remem.studies.comparing.saying import differences
from remem.studies.tuning.chosen import Chosen, departs, given, read

KEPT, KEPT_HELD_OUT = "kept", "test-retain"  # never rehearsed; in words and views never taught
COLUMNS = {  # heading -> split, metric
    "EM": ("forget", "em"),
    "ROUGE-L F1": ("forget", "rouge_l_f1"),
    "exposure": ("forget", "exposure_norm"),
    "EM, held out": ("test-forget", "em"),
    "kept: EM": (KEPT, "em"),
    "kept: EM, held out": (KEPT_HELD_OUT, "em"),
}
DECIDE = {  # what methods are compared in
    "exact match on the forget set": ("forget", "em"),
    "exposure": ("forget", "exposure_norm"),
    "exact match on what is kept": (KEPT, "em"),
}
PICTURE = ".svg"  # the ending of what is drawn beside the page
YARDSTICK = "retrain"  # the Goal model once more


def write(folder: Path, page: Path, settings: Path | None = None, against: str = "") -> Path:
    """Writes the page of a run and its picture.

    `settings` is the file of tuned settings that the run was given. Methods are compared with the Goal
    models, and with one more arm where `against` names it.
    """
    from remem.run.context import check_told, open_run

    page = disk.file(page)
    if disk.file(page.with_suffix(PICTURE)) == page:
        raise UserError(f"{page} is what the picture beside the page is called: name the page otherwise.")
    context, _ = open_run(folder)
    check_told(folder)
    data = context.data()
    run = read_run(folder, data)
    if run.sizes:
        raise UserError(
            f"{folder} forgets several sets ({', '.join(run.sizes)}): a comparison is of one. Its report has "
            f"them by size; to compare, run with --set forget.split={run.sizes[0]} and another --out."
        )
    numbers = Numbers(folder, run, data)
    seeds = set(context.run.forget.seeds)
    names, others = numbers.keep_seeds(seeds)
    wanted = [one.name or one.method for one in context.run.forget.methods]
    missing = [one for one in wanted if one not in names]
    if missing and len(missing) < len(wanted):
        lacks = "a seed" if missing[0] in others else "its scores"
        raise UserError(f"{folder} is not finished: {missing[0]} lacks {lacks}. Run it again first.")
    if not names:
        raise UserError(f"{folder} has no methods to compare: finish the run first.")
    if not any(numbers.values(name, ("forget", "em"))[0] for name in names):
        raise UserError(
            f"the answers in {folder} belong to other questions than its data set has: run it again first."
        )
    tuned = read(settings) if settings else None
    verdicts = {one.method: one.verdict.heading for one in findings(run, data)}
    references = [name for name in ("goal", numbers.find(against) if against else "") if name in numbers.arms]
    found = results(
        {
            (name, other, title): numbers.difference(name, other, measure)
            for other in dict.fromkeys(references)
            for name in names
            if name not in (other, YARDSTICK)
            for title, measure in DECIDE.items()
        }
    )
    parts = [
        f"# All methods on {in_markdown(run.forget or '')}",
        _cautions(run, data, others),
        _made(run, folder, page, settings, tuned, against),
        _setting(numbers, names, tuned, departs(context.run, tuned) if tuned else []),
        _table(numbers, names, verdicts),
        _reading(numbers),
        differences(found, seeds),
        _pairs(numbers, page),
        _costs(run, numbers, names),
    ]
    _write(page, "\n\n".join(part for part in parts if part) + "\n")
    return page


def _write(path: Path, text: str) -> None:
    with disk.writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)


def _cautions(run: RunRecord, data: Dataset, others: Sequence[str]) -> str:
    """What is to be known before believing the tables, in one paragraph."""
    said = sentences(marks(run, data))
    if others:
        said += f" Other seeds than the others', and left out: {words.listing(list(others))}."
    if not any(arm.estimates for arm in run.goals):
        said += " There is no Goal model with scores: nothing is compared with one."
    return f"**{in_markdown(said)}**" if said.strip() else ""


def _made(
    run: RunRecord, folder: Path, page: Path, settings: Path | None, tuned: Chosen | None, against: str
) -> str:
    first = (
        command(run, lambda made: given(made, tuned), "--settings", str(settings)) if tuned else command(run)
    )
    again = ["remem", "compare", str(folder), "--out", str(page)]
    again += ["--settings", str(settings)] if settings else []
    again += ["--against", against] if against else []
    lines = "\n".join(map(visible, (first, shlex.join(again))))
    return f"Made by remem {in_markdown(run.version)} from a run's files:\n\n```sh\n{lines}\n```"


def _setting(numbers: Numbers, names: Sequence[str], tuned: Chosen | None, changed: Sequence[str]) -> str:
    run, data = numbers.run, numbers.data
    model = (run.config.get("model") or {}).get("name", "a model")
    gone = len({data.items[i].person for i in numbers.splits["forget"]})
    seeds = [arm.seed for arm in numbers.arms[names[0]]]
    said = [
        f"Model {code(model)}, {words.count(len(data.people), 'person', 'people')}, of whom "
        f"{words.count(gone, 'person', 'people')} to forget; seeds {', '.join(map(str, seeds))}."
    ]
    if tuned:
        said.append(
            f"Settings were tuned at an equal budget, {tuned.trials} trials a method, on other people "
            f"({in_markdown(', '.join(f'{k} {v}' for k, v in tuned.people.items()))}): "
            f"{in_markdown(tuned.rule)}."
        )
        as_tuned = [name for name in names if name in tuned.methods and name not in changed]
        weak = [name for name in as_tuned if not tuned.methods[name].kept]
        searchable = [name for name in names if name in METHODS and searched(name)]
        absent = [name for name in searchable if name not in tuned.methods]
        idle = [name for name in names if name not in searchable]
        if weak:
            said.append(f"No trial of {words.listing(weak)} kept that much: the one that kept most is run.")
        if changed:
            said.append(f"Set otherwise than tuned: {in_markdown(words.listing(list(changed)))}.")
        if absent:
            said.append(f"Not tuned: {words.listing(absent)}.")
        if idle:
            said.append(f"Nothing to tune: {words.listing(idle)}.")
    else:
        said.append("Settings were not tuned: each method runs with those of the recipe.")
    return " ".join(said)


def _table(numbers: Numbers, names: Sequence[str], verdicts: dict[str, str]) -> str:
    head = ["", *COLUMNS, "membership AUC", "verdict"]
    lines = [head, ["---", *["---:"] * (len(head) - 2), "---"]]
    for name in [*(one for one in numbers.arms if one not in names), *names]:
        cells = [words.interval(numbers.cell(name, measure)) for measure in COLUMNS.values()]
        lines.append([_label(name), *cells, words.interval(numbers.membership(name)), verdicts.get(name, "")])
    return markdown(lines)


def _label(name: str) -> str:
    return f"*{name}*" if name in REFERENCES else in_markdown(name)


def _reading(numbers: Numbers) -> str:
    several = len({numbers.people[i] for i in numbers.splits["forget"]}) > 1
    unit = "people" if several else "people, or facts of the one person to forget"
    guessed, should = chance(numbers.run, numbers.data), expected(numbers.run, numbers.data)
    levels = f": {words.score(guessed)} is guessed" if guessed is not None else ""
    if should is not None:
        levels += f", {words.score(should)} is expected of a goal model, which knows the values of others"
    return (
        f"Shares in hundredths; 95 % intervals are over {unit}, and over seeds where a row has several. "
        "*EM* is exact match on keywords; the first four columns are about forgotten people, *held out* is "
        f"wording and views never taught. *Exposure* is `exposure_norm`{levels}. "
        f"*Membership AUC* (`{ATTACK}`): how "
        "well an attacker tells forgotten rows from rows about people who were never taught; 50 is no trace, "
        "and its interval knows how few both are. The goal for forgotten people is the row *goal*, for kept "
        "people the row *taught*."
    )


def _pairs(numbers: Numbers, page: Path) -> str:
    """The picture of all pairs, written beside the page."""
    goal = "goal" if "goal" in numbers.arms else None
    shown = [name for name in numbers.arms if name not in ("base", YARDSTICK)]
    drawn = {title: numbers.comparable(shown, measure) for title, measure in DECIDE.items()}
    panels = [
        Panel(title, cells, goal)
        for title, cells in drawn.items()
        if any(cell.mean is not None for cell in cells.values())
    ]
    if not panels:
        return ""
    path = page.with_suffix(PICTURE)
    _write(path, svg.standalone(picture(panels)))
    band = f", with {words.score(MARGIN, 0)} hundredths around it shaded" if goal else ""
    return (
        "## All pairs, by eye\n\nWhere the intervals of two rows do not overlap, that pair alone differs at "
        "about 95 %; nothing here is corrected for how many pairs there are, so single pairs that are just "
        f"apart prove nothing. The star is the goal model{band}.\n\n"
        f"![All arms with comparison intervals]({quote(path.name)})"
    )


def _costs(run: RunRecord, numbers: Numbers, names: Sequence[str]) -> str:
    """Seconds of training, and their share of what retraining took. Means over seeds."""
    paid = {one.arm: one.seconds for one in costs(run, {name: name for name in run.arms})}
    goal = paid.get(run.goal.name) if run.goal else None
    lines = [["", "seconds", "share of retraining"], ["---", "---:", "---:"]]
    resumed = False
    for name in [*(one for one in numbers.arms if one not in names and one != "base"), *names]:
        arms = numbers.arms[name]
        found = [seconds for arm in arms if (seconds := paid.get(arm.name)) is not None]
        resumed |= any(arm.provenance["model"].resumed for arm in arms if "model" in arm.provenance)
        mean = sum(found) / len(found) if found else None
        if mean is not None and name in METHODS and "goal" in uses(name) and goal:
            mean += goal  # what it copies had to be made
        share = words.score(mean / goal, 0) if mean is not None and goal else NONE
        lines.append([_label(name), NONE if mean is None else f"{mean:.1f}", f"{share} %"])
    records = [record for arm in run.arms.values() for record in arm.provenance.values()]
    device = {record.machine or "a machine that is not told" for record in records}
    note = " Some steps were interrupted: of those only the last attempt is counted." if resumed else ""
    return (
        f"## Cost\n\nSeconds of training on {in_markdown(', '.join(sorted(device)))}, one worker's, and "
        f"hundredths of what teaching the goal model took; tuning is not counted.{note}\n\n{markdown(lines)}"
    )
