"""Puts the report together: one page, its tables and its figures."""

import base64
import hashlib
import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

from remem.outgoing import csv_text
from remem.report import attack_tables, taken, words
from remem.report import exposures as exposures_of
from remem.report import returning as returns
from remem.report.attacked import Attacked
from remem.report.comparison import UNRELIABLE, comparisons, labels
from remem.report.costs import Cost, costs
from remem.report.figures import Figures, figures
from remem.report.findings import Finding, chance, expected, findings, ranked, story
from remem.report.marks import marks, noted
from remem.report.people import people
from remem.report.read import REFERENCES, Data, RunRecord
from remem.report.reproduce import command
from remem.report.svg import standalone
from remem.report.tables import write_tables
from remem.report.template import environment
from remem.report.world import shown, world_columns, world_rows
from remem.scoring.differences import MARGIN
from remem.scoring.metrics import STATES
from remem.scoring.rules import RULES
from remem.steps.provenance import Provenance


def write_people(run: RunRecord, out: Path, dataset: Data, above: str = "") -> Path:
    """The page of one forget set of people. `above`: where the page that links to it lies."""
    found = findings(run, dataset)
    drawn = figures(run, dataset, found)
    paid = costs(run, labels(run))
    cautions = marks(run, dataset)
    attacked = Attacked(run, dataset)
    back = returns.returning(run, attacked)
    write_tables(out / "tables", run, found, paid, cautions)
    attack_tables.write(out / "tables", run, attacked, back, cautions)
    rows = exposures_of.exposure_rows(run, dataset)
    exposures = csv_text(*noted(exposures_of.HEADER, rows, cautions))
    (out / "tables" / "exposure.csv").write_text(exposures, "utf-8")
    (out / "figures").mkdir(parents=True, exist_ok=True)
    for name, figure in (drawn.files() | ({"recovery": back.figure} if back.figure else {})).items():
        (out / "figures" / f"{name}.svg").write_text(standalone(figure), "utf-8")
    page = out / "index.html"
    page.write_text(render(run, dataset, found, drawn, paid, attacked, back, above), "utf-8")
    return page


def render(
    run: RunRecord,
    data: Data,
    found: list[Finding],
    drawn: Figures,
    paid: list[Cost],
    attacked: Attacked,
    back: returns.Returning,
    above: str = "",
) -> str:
    names = labels(run)
    counts = sorted({one.size for one in ranked(run, data)})
    return (
        environment()
        .get_template("page.html")
        .render(
            **of_any_run(run, data, drawn.curve_list, paid),
            story=story(run, data, found),
            above=above,
            found=found,
            figures=drawn,
            comparisons=comparisons(run),
            people=people(run, data, names, attacked),
            backs=[back],
            recovered=returns.share,
            linked=True,
            absent=absences(run),
            chance=chance(run, data),
            expected=expected(run, data),
            candidates=counts,
            top_bits=[f"{math.log2(n):.1f}" for n in counts],
            rules=RULES,
            margin=words.score(MARGIN, 0),
            states=STATES,
        )
    )


def of_any_run(run: RunRecord, data: Data, curves: list[Markup], paid: list[Cost]) -> dict[str, Any]:
    """What the sections ask for that every page has: gate, world, training, guards, settings, cost."""
    names = labels(run)
    script = (files("remem.report") / "templates" / "page.js").read_text("utf-8")
    return {
        "run": run,
        "names": names,
        "world": world_rows(run, names),
        "world_columns": world_columns(run),
        "world_shown": shown,
        "person_names": data.names,
        "given_taught": taken.elsewhere(run),
        "curves": curves,
        "costs": paid,
        "provenance": provenance(run),
        "seeds": {names[name]: seeds for name, arm in run.arms.items() if (seeds := _seeds(arm.provenance))},
        "guarded": {
            names[name]: of_arm
            for name, arm in run.arms.items()
            if (of_arm := [*arm.guards, *taken.guards(run, arm)])
        },
        "command": command(run),
        "unreliable": "" if run.reliable else UNRELIABLE,
        "cautions": [mark.text for mark in marks(run, data) if mark.code != "gate-failed"],
        "invented": not run.config.get("data"),
        "words": words,
        "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }


def absences(run: RunRecord) -> list[str]:
    """What the run has not got, and what that means for the reader."""
    said = taken.absent(run)
    elsewhere = taken.elsewhere(run)
    if run.gate is None and not elsewhere:
        said.append("There is no gate verdict: nothing shows that stage 1 taught what is to be forgotten.")
    missing = [role for role in REFERENCES if not any(arm.role == role for arm in run.arms.values())]
    if "goal" in missing and not elsewhere:
        said.append(
            "There is no goal model: verdicts use 0 and chance as floors, and distances are left out."
        )
    told = ("goal", "taught") if elsewhere else ("goal",)
    said += [f"There is no {name} model in this run." for name in missing if name not in told]
    if not run.methods:
        said.append("There are no unlearning methods in this run.")
    for name, arm in run.arms.items():
        if not arm.estimates:
            said.append(f"{labels(run)[name]} has no scores.")
    if run.arms and not any(arm.rankings for arm in run.arms.values()):
        said.append(
            "There are no candidate rankings: exposure is not known, so silence cannot be told from erasure."
        )
    if run.forget is None:
        said.append("Nothing says which split was to be forgotten.")
    return said


def provenance(run: RunRecord) -> dict[str, list[str]]:
    """Machine and versions over all steps; several values where the steps differ."""
    found: dict[str, set[str]] = {}
    for arm in run.arms.values():
        for record in arm.provenance.values():
            facts: dict[str, Any] = {
                "device": record.machine or None,
                "platform": record.platform or None,
                "threads": record.threads,
                "commit": record.commit,
                **record.versions,
            }
            for key, value in facts.items():
                if value is not None:
                    found.setdefault(key, set()).add(str(value))
    return {key: sorted(values) for key, values in found.items()}


def _seeds(provenance: Mapping[str, Provenance]) -> str:
    pairs = {f"{k} {v}": None for record in provenance.values() for k, v in record.seeds.items()}
    return ", ".join(pairs)
