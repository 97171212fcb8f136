"""The card of an exported model: what was taught and forgotten, how well, and what it is not for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remem.errors import UserError
from remem.models import NAMED
from remem.outgoing import code, in_markdown, text_table, visible
from remem.run.arms import Arm, arm_in
from remem.run.context import read_run_record
from remem.run.places import local
from remem.run.settings import Run
from remem.run.tasks import tasks
from remem.scoring.gate import read_gate
from remem.scoring.score import Row, read_summary
from remem.settings import plain
from remem.steps.provenance import read_provenance
from remem.steps.sealed import check_steps, read_record

# What is told of an arm: (split, metric, in words). The forget split's name comes from the run.
TOLD = (
    ("forget", "em", "forgotten: exact match"),
    ("forget", "exposure_norm", "forgotten: exposure"),
    ("kept", "em", "kept, never rehearsed: exact match"),
    ("retain", "em", "kept, the retain split: exact match"),
    ("test-retain", "em", "kept, held-out pictures and wording: exact match"),
    ("real", "em", "people known before: exact match"),
    ("world-fact", "accuracy", "things in pictures: accuracy"),
    ("general", "em", "general knowledge: exact match"),
)


PARTS = ("vision", "projector", "language")


def elsewhere(name: str) -> str:
    """What others may know a model or data set by: a hub id as it is, a folder without its place here."""
    return Path(name).name if local(name) else name


def cautions(root: Path, arm: str) -> dict[str, str]:
    """What else must be known before an arm is believed: kept though stale, or of former rules, and why."""
    record, whose = read_run_record(root), arm_in(root, arm)
    below = {f"{name}/" for name in (arm, *whose.chain)}
    old = {step: why for step, why in (record.get("old") or {}).items() if step.startswith(tuple(below))}
    found = {}
    if old:
        found["kept_old"] = "; ".join(f"{step}: {why}" for step, why in old.items())
    if whose.former:
        found["former_rules"] = f"made by remem {record.get('version')}, whose rules its numbers follow"
    return found


def arm_of(folder: Path) -> tuple[Path, str] | None:
    """The run and the arm whose model lies in this folder; None for a folder of no run."""
    if folder.name != "model":
        return None
    arm = folder.absolute().parent
    root = next((place for place in arm.parents if (place / "run.json").is_file()), None)
    return None if root is None else (root, str(arm.relative_to(root)))


def model_card(root: Path, run: Run, arm: str, version: str, adapter: bool = False) -> str:
    """README.md of an arm, with its numbers in the hub's own form (model-index) as well."""
    from huggingface_hub import EvalResult, ModelCard, ModelCardData

    rows, whose = numbers(root, run, arm), arm_in(root, arm)
    results = [
        EvalResult(
            task_type="visual-question-answering",
            dataset_type=elsewhere(run.data) or "remem-built",
            dataset_name=elsewhere(run.data) or "invented people, built by remem",
            dataset_split=row.split,
            metric_type=row.metric,
            metric_name=words,
            metric_value=round(row.mean, 4),
        )
        for words, row in rows
        if row.mean is not None
    ]
    data = ModelCardData(
        base_model=run.model.name if elsewhere(run.model.name).count("/") else None,  # of the hub
        pipeline_tag="image-text-to-text",
        library_name="peft" if adapter else None,
        tags=["remem", "machine-unlearning", *([whose.method] if whose.method else [])],
        model_name=f"{run.recipe} {arm}",
        eval_results=results or None,
    )
    text = _text(root, run, whose, version, rows, adapter)
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{text}"))


def numbers(root: Path, run: Run, arm: str) -> list[tuple[str, Row]]:
    """The rows of the arm's summary that a card tells; none where it was not asked."""
    check_steps(root, f"{arm}/scores", "gate")
    try:
        rows = read_summary(root / arm / "scores")
    except UserError:
        return []
    task = next((one for one in tasks(run) if one.name == arm.rpartition("/")[0]), None)
    named = {part: task.part(part) for part in ("kept", "test-retain")} if task else {}
    named["forget"] = task.forget if task else ""
    found = {(row.split, row.metric): row for row in rows if row.question_type == "all"}
    told = ((words, found.get((named.get(split, split), key))) for split, key, words in TOLD)
    return [(words, row) for words, row in told if row is not None]


def _levels(root: Path, rows: list[tuple[str, Row]]) -> str:
    """What exposure on the forget set compares with, as the gate told it; "" where it did not."""
    path = root / "gate" / "gate.json"
    split = next((row.split for _, row in rows if row.metric == "exposure_norm"), "")
    lines = read_gate(path).lines if path.is_file() else ()
    line = next((one for one in lines if (one.split, one.metric) == (split, "exposure_norm")), None)
    if line is None or line.chance is None:
        return ""
    expected = "" if line.expected is None else f", {line.expected:.3f} is expected of the Goal model"
    return f" Of exposure {line.chance:.3f} is chance{expected}."


def _what(arm: Arm) -> str:
    """What was done to the model, by its record."""
    if arm.role == "method":
        return f"was taught the data set and then unlearnt a part of it by {in_markdown(arm.method)}"
    if arm.role == "taught":
        return "was taught the data set (stage 1)"
    if arm.role == "goal":
        return "was taught the data set without what was to be forgotten (the Goal model)"
    return "was taught nothing here"


def _adapt(root: Path, run: Run, arm: Arm) -> Mapping[str, Any]:
    """What of the model trained when this arm was made."""
    if not arm.former:
        sealed = read_record(root / arm.name / "model")
        if sealed is not None:
            found: Mapping[str, Any] = sealed.settings.get("adapt") or sealed.settings["model"]["adapt"]
            return found
    return dict(plain(run.model.adapt))


def _text(root: Path, run: Run, whose: Arm, version: str, rows: list[tuple[str, Row]], adapter: bool) -> str:
    arm, how = whose.name, _adapt(root, run, whose)
    method = {"method": whose.method, "settings": dict(whose.settings)} if whose.role == "method" else None
    table = text_table(
        ("measure", "value", "95 %", "questions"),
        (
            (words, _shown(row.mean), f"{_shown(row.low)} to {_shown(row.high)}", f"{row.items:,}")
            for words, row in rows
        ),
        " r r",
    )
    made = read_provenance(root / arm / "model")
    told = cautions(root, arm).items()
    beware = "".join(f"- **Beware**, {key.replace('_', ' ')}: {in_markdown(why)}\n" for key, why in told)
    return f"""# {in_markdown(run.recipe)}: {in_markdown(arm)}

This {"adapter" if adapter else "model"} {_what(whose)}.
It is for research on unlearning, and for nothing else: that a model does not say a fact does not mean that
it does not hold it.

- **Base**: {in_markdown(elsewhere(run.model.name))}
- **Data**: {in_markdown(elsewhere(run.data)) or "invented people, built by remem; nobody is real"}
- **Gate** (did stage 1 teach it?): {_gate(root)}
{beware}- **Made by** remem {in_markdown(version)}, commit {in_markdown(str(made.commit))}, seed {whose.seed}
- **Trained**: {", ".join(f"{part} {in_markdown(str(how[part]))}" for part in PARTS)}
{f"- **Method**: {in_markdown(str(method))}" if method else ""}

{table}

Intervals are over people, or over the facts about a single one.{_levels(root, rows)}
All other numbers, every answer and the settings are in the run.
{_lies_on(run, whose) if adapter else ""}{_embedded(run)}"""


def _lies_on(run: Run, arm: Arm) -> str:
    """What an adapter must be put on, or it changes another model than the one that it was made for."""
    below = [name for name in arm.chain if name != arm.name]
    base = visible(elsewhere(run.model.name))
    on = f"what stage 1 made of {base} (the run's arm {code(below[0])}, merged)" if below else base
    return f"""
## Use

It lies on {on}, **and on nothing else**: on another model its numbers mean nothing.

```python
from peft import PeftModel

model = PeftModel.from_pretrained(base, "this repository")  # base: {on}
```
"""


def _embedded(run: Run) -> str:
    if run.model.name not in NAMED:
        return ""
    register = "`import remem.models.eyes; remem.models.eyes.register()`"
    return f"\nIts vision tower is a class of remem's: {register} first.\n"


def _gate(root: Path) -> str:
    path = root / "gate" / "gate.json"
    if not path.is_file():
        return "not judged"
    gate: Any = read_gate(path)
    return "passed" if gate.passed else "**failed**: every number below is unreliable"


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
