"""What each step of a run does: one function, one folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.data.pebench.cut import TEST
from remem.errors import UserError
from remem.run.beside import asks_strangers, exam_folder, rehearsal_folder
from remem.run.context import Context
from remem.run.tasks import Task, parts
from remem.scoring.exposed import read_exposed
from remem.scoring.gate import judge
from remem.scoring.score import WorldAnswers, read_scores, score
from remem.settings import Adapt, Train
from remem.spread import evenly
from remem.steps.folders import write_atomic
from remem.types import Item, Progress, Response, silent

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.models.base import Encoded


def build(folder: Path, context: Context, progress: Progress) -> None:
    from remem.data.shapes import build as build_data

    build_data(folder, context.run.build, progress)


def divide(folder: Path, context: Context, progress: Progress, about: tuple[Task, ...]) -> None:
    """What is rehearsed, and what is held out from it: kept.json, by task."""
    data = context.data()
    found = {}
    for task in about:
        kept = task.kept(data)
        counts = {name: len(getattr(kept, name)) for name in ("rehearsed", "same", "facts", "people")}
        found[task.name] = {
            "digest": kept.digest,
            "rows": counts,
            "outside": list(kept.outside),
            "kept": kept.told_by,
            "rehearsed": list(kept.rehearsed),
        }
    write_atomic(folder / "kept.json", json.dumps(found, indent=1) + "\n")


def learn(
    folder: Path, context: Context, progress: Progress, seed: int, without: tuple[str, ...] = ()
) -> None:
    """Stage 1 on everything, or on everything but what some splits ask for: a Goal model."""
    from remem.asking.respond import question_of
    from remem.data.forgotten import taught
    from remem.methods.base import Teach
    from remem.methods.streams import Streams
    from remem.models.adapt import trained_parts
    from remem.training import guards
    from remem.training.loop import steps, train

    data, run = context.data(), context.run
    model = context.model()
    progress(0, 1, str(model.adapt(run.model.adapt, seed)))
    ids = taught(data, without)
    rows = model.encode_all([question_of(data, data.items[i]) for i in ids])
    answers = {i: data.items[i].answer for i in ids}
    if run.forget.tasks:
        room(rows, run.evaluate.max_new_tokens)
    place = rehearsal_folder(run)
    if place is not None:
        from remem.world.exam import REHEARSAL, open_exam, whom

        world = open_exam(place)
        lessons = world.splits.get(REHEARSAL, ())  # those of a kind stand together
        share = round(run.model.rehearse * len(lessons))
        again = [world.items[i] for i in evenly(lessons, share)]
        rows += [model.encode(replace(question_of(world, item), person=whom(item))) for item in again]
        answers |= {item.id: item.answer for item in again}
    found = [guards.labels(model, rows, answers), guards.own_pictures(rows[: len(ids)], data)]
    guards.stop(*found)
    before = guards.prints(model.network)
    streams = Streams(retain=rows)
    outcome = train(model, Teach(), streams, run.learn, seed=seed, folder=folder, progress=progress)
    if outcome.diverged:
        raise UserError(f"stage 1 diverged: {outcome.why}. Lower learn.lr ({run.learn.lr}).")
    after = guards.prints(model.network)
    found += guards.ending(outcome, steps(run.learn, len(rows)), after)
    found += guards.features(model, rows)
    guards.write(folder, found + guards.weights(before, after, trained_parts(run.model.adapt)))
    model.save(folder)


def room(rows: Sequence[Encoded], most: int) -> None:
    """UserError, before anything is trained, where answers would be cut off and lose keywords."""
    longest = max(rows, key=lambda row: len(row.answer))
    if len(longest.answer) > most:
        raise UserError(
            f"evaluate.max_new_tokens={most}, but the longest answer has {len(longest.answer)} tokens: "
            "answers would be cut off and count as wrong. Give room: --set "
            f"evaluate.max_new_tokens={len(longest.answer)}"
        )


def forget(
    folder: Path,
    context: Context,
    progress: Progress,
    task: Task,
    method: str,
    settings: dict[str, Any],
    how: Train,
    adapt: Adapt,
    seed: int,
) -> None:
    """Stage 2: one method on the taught model."""
    from remem.asking.records import read_responses
    from remem.asking.respond import question_of
    from remem.methods import make
    from remem.methods.streams import Streams
    from remem.training import guards
    from remem.training.standins import stand_ins
    from remem.training.unlearn import Workbench, unlearn

    data = context.data()
    model = context.model("taught")
    chosen = make(method, settings)
    division = task.kept(data)
    forgotten, kept = (
        model.encode_all([question_of(data, data.items[i]) for i in ids])
        for ids in (data.splits[task.forget], division.rehearsed)
    )
    guards.stop(guards.own_pictures([*forgotten, *kept], data))
    if "substitute" in chosen.uses:
        forgotten = [model.mark(row, data.items[row.question.id].keywords) for row in forgotten]
    said = read_responses(context.root / "taught" / "responses" / "responses.parquet")
    taught = {one.id: one.logp for one in said}
    bench = Workbench(
        model=model,
        streams=Streams(
            forget=forgotten,
            retain=kept,
            stand_ins=stand_ins(model, data, kept, seed),
            recorded=taught,
        ),
        open=lambda: context.model("taught"),
        goal=lambda: context.model(task.arm("goal")),
        other=lambda name: context.model() if name == "base" else context.beside(str(settings[name])),
        adapt=adapt,
        settings=how,
        seed=seed,
        folder=folder,
        answers={item.id: item.answer for item in data.items.values()},
        values={item.id: item.keywords for item in data.items.values()},
        taught=taught,
        division=division.digest,
        progress=progress,
    )
    targets = dict.fromkeys(data.items[row.question.id] for row in forgotten)
    names = [data.names.get(one.person, "") if one.target == one.person else one.event for one in targets]
    unlearn(chosen, bench, list(dict.fromkeys(filter(None, names))))


def ask(
    folder: Path, context: Context, progress: Progress, arms: tuple[str, ...], about: tuple[Task, ...]
) -> None:
    """What one arm says to the questions of these tasks, and how likely it finds the candidate values."""
    from remem.asking.respond import exposed, respond

    data, run = context.data(), context.run
    # The gate and the diagnosis of stage 1 need the taught model on everything that it was taught.
    asked: list[Sequence[str]] = [data.splits[run.gate.split]] if arms == ("taught",) else []
    for task in about:
        asked.append(task.questions(data, run.evaluate.items))
    ids = list(dict.fromkeys(i for inside in asked for i in inside))
    ranked = {
        item.id: item
        for task in about
        for item in exposed(data, (task.forget, task.retain), run.evaluate.exposure_people)
    }
    respond(context.model(*arms), data, ids, list(ranked.values()), run.evaluate, folder, progress)


def ask_world(folder: Path, context: Context, progress: Progress, arms: tuple[str, ...]) -> None:
    """What one arm says to the questions about the rest of the world."""
    from remem.asking.respond import respond
    from remem.world.exam import apart, chosen, open_exam, ranked

    run, place = context.run, exam_folder(context.run)
    assert place is not None  # the plan has no such step otherwise
    data = open_exam(place)
    if run.data:  # people who were invented for a run are in no exam
        data = apart(data, context.data())
    ids = chosen(data, run.evaluate.world_items)
    respond(context.model(*arms), data, ids, ranked(data, ids), run.evaluate, folder, progress)


def ask_strangers(
    folder: Path, context: Context, progress: Progress, arms: tuple[str, ...], ranked: bool = False
) -> None:
    """What one arm says to questions about people who were never taught.

    `ranked`: and how likely it finds their values, among the data set's own.
    """
    from remem.asking.candidates import Ranked
    from remem.asking.respond import exposed, respond
    from remem.data import strangers

    run = context.run
    data = strangers.read(run.data or context.root / "dataset")
    assert data is not None  # the plan has no such step otherwise
    items = exposed(data, (strangers.SPLIT,), 0) if ranked else []
    among = Ranked(context.data(), run.evaluate.candidates) if ranked else None
    ids = data.splits[strangers.SPLIT]
    respond(context.model(*arms), data, ids, items, run.evaluate, folder, progress, among)


def attack(
    folder: Path,
    context: Context,
    progress: Progress,
    task: Task,
    arms: tuple[str, ...],
    attack: str,
    settings: dict[str, Any],
    per_fact: int,
    about: str = "",
) -> None:
    """One recovery attack on one arm, about what a task forgets; or, as a control, about strangers."""
    from remem.attacks import make
    from remem.attacks.carry import carry_out

    scene = scene_of(context, task, arms, per_fact, folder, progress, about)
    carry_out(attack, make(attack, settings), scene)


def scene_of(
    context: Context,
    task: Task,
    arms: tuple[str, ...],
    per_fact: int,
    folder: Path,
    progress: Progress = silent,
    about: str = "",
) -> Scene:
    """What an attack works with. `about`: "strangers" in place of what the task forgets."""
    from remem.attacks.scene import Scene
    from remem.attacks.targets import of_strangers, targets
    from remem.data.joined import joined

    data, run = context.data(), context.run
    chosen = targets(data, task, per_fact)
    if about:
        data = joined(data)
        chosen = of_strangers(data, chosen, per_fact)
    return Scene(
        data=data,
        **chosen._asdict(),
        # What is cut up among processes cannot be asked while it trains.
        open=lambda: context.model(*arms, uncut=True),
        older=lambda name: context.model(*(() if name == "base" else (name,)), uncut=True),
        settings=run.evaluate,
        seed=run.seed,
        folder=folder,
        progress=progress,
    )


def mark(
    folder: Path,
    context: Context,
    progress: Progress,
    arm: str,
    about: tuple[Task, ...],
    before: str = "base",
) -> None:
    """Scores from responses; needs no model. `before`: the arm that the world is compared with."""
    from remem.asking.records import read_rankings, read_responses
    from remem.data.rivals import agreed, rivals
    from remem.training.outcome import read_rehearsed

    data, run = context.data(), context.run
    said = context.root / arm / "responses"
    responses = read_responses(said / "responses.parquet")
    rankings = read_rankings(said / "rankings.parquet")
    blind = said / "rankings-without-picture.parquet"
    without = read_rankings(blind) if blind.is_file() else []
    extra = (run.gate.split,) if arm == "taught" else ()
    place, world = exam_folder(run), None
    if place is not None:
        from remem.world.exam import open_exam

        now, then = context.root / arm / "world", context.root / before / "world"
        world = WorldAnswers(
            open_exam(place),
            read_responses(now / "responses.parquet"),
            read_rankings(now / "rankings.parquet"),
            read_responses(then / "responses.parquet"),
        )
    strange = context.root / arm / "strangers" / "responses.parquet"
    unknown = _of_strangers(context, strange) if asks_strangers(run) else []
    gone = [task.forget for task in about]
    asked = parts(data, about, extra)
    for task in about:
        rehearsed = read_rehearsed(context.root / arm / "model")
        if rehearsed is not None:
            name = task.part("rehearsed")
            drawn = [id for id in asked.pop(name, ()) if id in rehearsed]
            asked |= {name: drawn} if drawn else {}
    known = agreed(rivals(data, task.unseen, rankings) for task in about)
    score(data, asked, responses, rankings, folder, arm, world, without, unknown, gone, known)


def _of_strangers(context: Context, path: Path) -> list[tuple[Item, Response]]:
    from remem.asking.records import read_responses
    from remem.data import strangers

    data = strangers.read(context.run.data or context.root / "dataset")
    assert data is not None
    return [(data.items[one.id], one) for one in read_responses(path)]


def check(folder: Path, context: Context, progress: Progress, about: tuple[Task, ...], ignored: bool) -> None:
    """The gate: did stage 1 teach it?"""
    data, floors = context.data(), context.run.gate
    scores = context.root / "taught" / "scores"
    em = {one.id: one.values["em"] for one in read_scores(scores)}

    def items_of(split: str) -> list[Item]:  # a repeated row counts once
        return [data.items[i] for i in dict.fromkeys(data.splits[split])]

    items = items_of(floors.split)
    forgotten = {task.forget: items_of(task.forget) for task in about}
    # evaluate.items may ask a part of it; the gate may be told to judge it as if it had been taught.
    new = data.splits.get(TEST, ()) if floors.split != TEST else ()
    apart = [data.items[i] for i in dict.fromkeys(new) if i in em]
    exposed = read_exposed(scores)
    gate = judge(items, em, floors, forget=forgotten, held_out=apart, exposed=exposed, ignored=ignored)
    gate.write(folder / "gate.json")


def tell(folder: Path, context: Context, progress: Progress) -> None:
    """The report."""
    from remem.report import write

    write(context.root, folder, context.data())
