"""The steps that a run over people in events has beside all others: judging, and the axes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from remem import jsonfile
from remem.asking.records import read_responses, read_table, write_table
from remem.data.pebench.cut import TASKS
from remem.pebench import interference
from remem.pebench.axes import G_EVAL, PRECISION, SCENE, AxisRow, axes
from remem.run import code
from remem.run.settings import Run
from remem.run.tasks import SHARED, Task, goal_names, methods
from remem.scoring import judge as judges
from remem.scoring.judge import Case
from remem.scoring.score import read_scores, read_summary
from remem.spread import evenly
from remem.steps.folders import write_atomic
from remem.steps.store import Step
from remem.types import Progress

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.run.context import Context

AXES_FILE, PICTURES = "axes.json", "pictures.parquet"
CACHE = "judge-replies"  # in the run folder: replies of endpoints, which outlive the steps
VERDICTS = "verdicts.parquet"
_VERDICT = pa.schema([("id", pa.string()), ("score", pa.float64()), ("why", pa.string())])
_PICTURE = pa.schema(
    [
        *((name, pa.string()) for name in ("task", "arm", "id", "image_path", "person", "event")),
        *((name, pa.string()) for name in ("concept", "part")),
        ("shown", pa.bool_()),
        ("before", pa.float64()),
        ("after", pa.float64()),
    ]
)
JUDGED = ("forget", "again", "retain")  # the parts of a task whose scenes are judged


def steps(run: Run, every: Sequence[Task], built: tuple[str, ...], data: Mapping[str, Any]) -> list[Step]:
    """Verdicts on the scenes of every task that forgets events, then the axes of all."""
    found = []
    for task in every:
        if "event" not in TASKS[task.name]:
            continue
        goal = f"{task.arm('goal')}/responses"
        for arm in ("taught", *goal_names(run), *methods(run, task)):
            for name in run.judge.asked:
                asked = f"{place(task, arm)}/responses"
                found.append(
                    Step(
                        name=f"{task.name}/{arm}/{verdicts_of(name)}",
                        work=judge,
                        settings={**data, **judges.identity(name, run.judge), "items": run.judge.items},
                        needs=(*built, *dict.fromkeys((asked, goal))),
                        arguments={"task": task, "arm": arm, "name": name},
                        code=code.measured(),
                    )
                )
    scored = [f"{place(task, arm)}/scores" for task in every for arm in arms(run, task)]
    found.append(
        Step(
            name="axes",
            work=measure,
            settings={"tasks": [task.name for task in every]},
            needs=(*built, *dict.fromkeys(scored), *(step.name for step in found)),
            arguments={"every": tuple(every)},
            code=code.measured(),
            derived=True,
        )
    )
    return found


def arms(run: Run, task: Task) -> list[str]:
    """The arms of a task by their names within it, those that are shared first."""
    return [*SHARED, *goal_names(run), *methods(run, task)]


def place(task: Task, arm: str) -> str:
    """The folder of an arm."""
    return arm if arm in SHARED else task.arm(arm)


def verdicts_of(judge: str) -> str:
    """The folder of a judge's verdicts, beside the arm's other steps."""
    return f"judged-{judge}"


def judge(folder: Path, context: Context, progress: Progress, task: Task, arm: str, name: str) -> None:
    """One judge's verdicts on one arm's scenes: verdicts.parquet, and judge.json with what they cost."""
    data, settings = context.data(), context.run.judge
    ours, goal = (
        {
            one.id: one.text
            for one in read_responses(context.root / place(task, who) / "responses/responses.parquet")
        }
        for who in (arm, "goal")
    )
    cases = [
        Case(
            id=id,
            question=data.items[id].question,
            truth=data.items[id].answer,
            goal=goal[id],
            answer=ours[id],
        )
        for id in chosen(data, task, settings.items)
    ]
    words = [word for item in data.items.values() for word in item.keywords]
    asked = judges.open_judge(name, settings, words, context.root / CACHE)
    found = asked.judge(cases, progress)
    write_table(folder / VERDICTS, [asdict(one) for one in found], _VERDICT)
    about = {**judges.identity(name, settings), **asked.usage()}
    about |= {"items": len(found), "missing": sum(one.score is None for one in found)}
    write_atomic(folder / "judge.json", json.dumps(about, indent=1) + "\n")


def chosen(data: Dataset, task: Task, most: int) -> list[str]:
    """The scenes that are judged: of each part all, or so many, spread evenly over it."""
    ids: list[str] = []
    for part in JUDGED:
        scenes = [id for id in data.splits[getattr(task, part)] if data.items[id].category == "event"]
        ids += evenly(scenes, most or len(scenes))
    return ids


def measure(folder: Path, context: Context, progress: Progress, every: tuple[Task, ...]) -> None:
    """The axes of all arms, what changed against stage 1, and how far judges agree."""
    run, root, data = context.run, context.root, context.data()
    rows: list[AxisRow] = []
    changed: list[interference.Change] = []
    pictures: list[interference.Picture] = []
    scores: dict[str, dict[str, float | None]] = {}
    for task in every:
        told: dict[str, list[AxisRow]] = {}
        taught = values(root, task, "taught", run)
        for arm in arms(run, task):
            ours = values(root, task, arm, run)
            summary = read_summary(root / place(task, arm) / "scores")
            told[arm] = axes(task, data, arm, ours, summary)
            rows += told[arm]
            for id, found in ours.items():
                for name, score in found.items():
                    if name.startswith(f"{G_EVAL}/"):
                        scores.setdefault(name.partition("/")[2], {})[f"{task.name}/{arm}/{id}"] = score
            if arm not in SHARED:
                changed += interference.changes(task, data, arm, ours, taught)
                changed += interference.world_changes(task, arm, told[arm], told["taught"])
                pictures += interference.pictures(task, data, arm, ours, taught)
        progress(len(told), len(told), task.name)
    write_table(folder / PICTURES, [asdict(one) for one in pictures], _PICTURE)
    whole = {
        "rows": [asdict(row) for row in rows],
        "changes": [asdict(one) for one in changed],
        "agreements": [asdict(one) for one in interference.agreements(scores)],
        "judges": _judges(root, run, every),
    }
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / AXES_FILE).write_text(text + "\n", encoding="utf-8")


def values(root: Path, task: Task, arm: str, run: Run) -> dict[str, dict[str, float | None]]:
    """Item id -> what was measured of an arm's answer: precision or the measures of scenes, and verdicts."""
    found: dict[str, dict[str, float | None]] = {}
    for one in read_scores(root / place(task, arm) / "scores"):
        found[one.id] = {PRECISION: one.values["em"]} | {name: one.values[name] for name in SCENE}
    for name in run.judge.asked:
        folder = root / task.name / arm / verdicts_of(name)
        if (folder / VERDICTS).is_file():
            who = judges.identity(name, run.judge)["judge"]
            for row in read_table(folder / VERDICTS, _VERDICT.names):
                found[row["id"]][f"{G_EVAL}/{who}"] = row["score"]
    return found


def _judges(root: Path, run: Run, every: Sequence[Task]) -> list[dict[str, Any]]:
    """What each judge was asked, and what it cost, over all arms."""
    found: dict[str, dict[str, Any]] = {}
    for task in every:
        for arm in arms(run, task):
            for name in run.judge.asked:
                path = root / task.name / arm / verdicts_of(name) / "judge.json"
                if path.is_file():
                    about = jsonfile.read(path, dict[str, Any], f"Delete {path.parent} and run again.")
                    who = about.pop("judge")
                    whole = found.setdefault(who, {"judge": who})
                    for key, value in about.items():
                        known = whole.get(key, 0)
                        whole[key] = None if value is None or known is None else known + value
    return list(found.values())


@dataclass(frozen=True)
class _Axes:
    """axes.json."""

    rows: list[AxisRow]
    changes: list[interference.Change]
    agreements: list[interference.Agreement]
    judges: list[dict[str, Any]]


def read(folder: Path) -> tuple[dict[str, Any], list[interference.Picture]]:
    """What `measure` wrote, as values; UserError when it is not there or damaged."""
    path = folder / AXES_FILE
    found = jsonfile.read(path, _Axes, f"Delete {folder} and run again.")
    whole = {field.name: getattr(found, field.name) for field in fields(found)}
    names = [field.name for field in fields(interference.Picture)]
    return whole, [interference.Picture(**row) for row in read_table(folder / PICTURES, names)]
