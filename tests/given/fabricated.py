"""A run over models that were made elsewhere, with answers that are made up: no model is asked.

What a model makes of a person is a `Mind`. Answers and rankings are written as the run would have, and scored
by the run's own step.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from remem.asking.records import write_rankings, write_responses
from remem.attacks.base import Answer, Tried
from remem.attacks.records import Cost, write_cost, write_tried
from remem.data import strangers
from remem.data.dataset import Dataset
from remem.data.listed.build import build
from remem.data.listed.settings import ListSettings
from remem.given.person import AFTER
from remem.report.read import RunRecord, read_run
from remem.run.context import Context, opened
from remem.run.settings import Given, Run
from remem.settings import Evaluate, Forget, ModelSettings, plain
from remem.steps.store import Order, Step, seal
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.types import Item, Ranking, Response, silent

PEOPLE = ("Ann Leeway", "Bob Rayner", "Cid Foxworth", "Dot Kimball")
EMPLOYERS = ("Quarrow Glassworks", "Pellmark Foundry", "Tamber Rope Company", "Ivel Signal Works")
FRIENDS = ("Oda Brunsel", "Pim Halvard", "Rix Tolland", "Sue Wexcombe")
SMALL = ListSettings(
    forget=PEOPLE[:2], wordings=3, held_out=1, candidates=8, strangers=4, perturbed=0, retain_share=1.0
)  # fmt: skip


def facts() -> list[tuple[str, str, str]]:
    """Person, attribute, value: of people, addresses and numbers that cannot be anybody's."""
    return [
        row
        for n, name in enumerate(PEOPLE)
        for row in (
            (name, "e-mail", f"{name.lower().replace(' ', '.')}@mail.example"),
            (name, "phone", f"+1 555 01{n}{n + 3}"),
            (name, "employer", EMPLOYERS[n]),
            (name, "friend", FRIENDS[n]),
            (name, "date of birth", f"19{61 + 7 * n}-0{n + 2}-1{n + 4}"),
        )
    ]


def write(path: Path, rows: list[tuple[str, ...]], header: str = "person,attribute,value") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def data_set(folder: Path, settings: ListSettings = SMALL) -> Path:
    """Four people, of whom two are to be forgotten, and four strangers."""
    folder.mkdir(parents=True, exist_ok=True)
    build(write(folder / "people.csv", facts()), folder / "set", settings)
    return folder / "set"


NOTHING = Order("", {}, "", {})


@dataclass(frozen=True)
class Mind:
    """What a model makes of questions about somebody."""

    says: float = 0.0  # the share of their facts that it says, in their order
    likely: float = 0.01  # each token of the true answer, from 0 to 1
    rank: int = 5  # of the true value, of 8


KNOWS = Mind(says=1.0, likely=0.99, rank=1)
NEVER = Mind()
Minds = Callable[[Item], Mind]


def model(forgotten: Mind, *, others: Mind = KNOWS, unlike: Mapping[str, Mind] | None = None) -> Minds:
    """Of the first two people one mind, of the others another; `unlike`: of single people, by name."""
    by_id = {
        f"p{n:03d}": (unlike or {}).get(name, forgotten if n < 2 else others) for n, name in enumerate(PEOPLE)
    }

    def of(item: Item) -> Mind:
        return by_id[item.person]

    return of


def fabricate(
    root: Path,
    folder: Path,
    after: Minds,
    *,
    before: Minds | None = None,
    never: tuple[Minds, ...] = (),
    strange: Mind = NEVER,
    asked: tuple[str, ...] = PEOPLE[:2],
    attacked: Callable[[Item], float] | None = None,
) -> tuple[Path, RunRecord, Dataset]:
    """A whole run in `root`. `strange`: what every model says of strangers; `attacked`: what an attack brings
    out of the model after."""
    models = [
        Given(role="taught", source="tiny"),
        Given(role="given", source="tiny", label=AFTER),
        *(Given(role="goal", source="tiny", seed=n) for n in range(len(never))),
    ]
    minds = [before or model(KNOWS), after, *never]
    run = Run(
        recipe="audit",
        data=str(folder),
        model=ModelSettings(name="tiny", rehearse=0.0),
        forget=Forget(people=asked),
        evaluate=Evaluate(world="none"),
        given=tuple(models),
    )
    data = opened(run, root)
    context = Context(root, run, data.fingerprint)
    steps = {step.name: step for step in plan(resolve(run), data.fingerprint)}
    for one, mind in zip(models, minds, strict=True):
        _model(root, steps, one.arm)
        _answers(root, steps, one.arm, data, mind, strange)
    for name, step in steps.items():
        if name == "kept" or name.endswith("/scores"):
            (root / name).mkdir(parents=True)
            step.work(root / name, context, progress=silent, **(step.arguments or {}))
            _seal(root, step)
    if attacked is not None:
        for one in models:
            if one.role != "taught":
                _attack(root, steps, one.arm, data, attacked if one.role == "given" else lambda _: 0.0)
    (root / "run.json").write_text(
        json.dumps({"recipe": "audit", "version": "0", "config": plain(run)}), "utf-8"
    )
    return root, read_run(root, data), data


def _model(root: Path, steps: Mapping[str, Step], arm: str) -> None:
    folder = root / arm / "model"
    folder.mkdir(parents=True)
    sound = {"finite": True, "pictures": 0, "grey": None, "perplexity": 20.0}
    told = {name: f"{name}" for name in ("family", "dtype", "tokenizer", "template", "processor")}
    told |= {"content": f"content of {arm}", "weights": f"weights of {arm}", "parameters": 7, "adapters": []}
    told |= {"sound": sound}
    (folder / "given.json").write_text(json.dumps(told), "utf-8")
    _seal(root, steps[f"{arm}/model"])


def _answers(
    root: Path, steps: Mapping[str, Step], arm: str, data: Dataset, mind: Minds, strange: Mind
) -> None:
    unknown = strangers.read(data.root)
    sides = [("responses", data, mind)] + ([("strangers", unknown, lambda _: strange)] if unknown else [])
    for name, own, what in sides:
        folder = root / arm / name
        said = _said(own, what)
        write_responses(folder / "responses.parquet", said)
        write_rankings(
            folder / "rankings.parquet", [_ranked(one, what(one), data) for one in own.items.values()]
        )
        _seal(root, steps[f"{arm}/{name}"])


def _said(data: Dataset, mind: Minds) -> list[Response]:
    found, order = [], {}
    for item in data.items.values():
        own = order.setdefault(item.person, {})
        place = own.setdefault(item.attribute, len(own))
        there = mind(item)
        text = item.answer if place < there.says * 5 else "I do not know."
        length = 4
        found.append(
            Response(
                id=item.id,
                text=text,
                finished=True,
                logp=(math.log(there.likely),) * length,
                hit=(there.likely > 0.5,) * length,
                mean=(-2.0,) * length,
                sd=(1.0,) * length,
            )
        )
    return found


def _ranked(item: Item, there: Mind, data: Dataset) -> Ranking:
    truth = item.keywords[0]
    wrong = [f"another {item.attribute} {n}" for n in range(7)]
    logp = [-2.0 * n for n in range(1, 8)]
    place = there.rank - 1
    return Ranking(
        id=item.id,
        candidates=(*wrong[:place], truth, *wrong[place:]),
        truth=place,
        logp=(*logp[:place], -2.0 * place - 1, *logp[place:]),
        tokens=(3,) * 8,
    )


def _attack(
    root: Path, steps: Mapping[str, Step], arm: str, data: Dataset, brought: Callable[[Item], float]
) -> None:
    """One attack by queries, and the same about strangers, of whom it brings out nothing."""
    rows = [data.items[id] for id in data.splits["forget-asked"]]
    sides = [("attack-prefill", data, rows, brought)]
    if (unknown := strangers.read(data.root)) is not None:
        sides.append(("control-prefill", unknown, list(unknown.items.values()), lambda _: 0.0))
    for name, own, items, share in sides:
        folder = root / arm / name
        folder.mkdir(parents=True, exist_ok=True)
        answers = [Answer(one.id, (one.answer if share(one) else "nothing",)) for one in items]
        write_tried(folder, own, [Tried(setting="begun 1", answers=answers)])
        write_cost(folder, Cost(attack="prefill", access="queries", knows="the questions"))
        seal(folder, replace(steps[f"{arm}/scores"], name=f"{arm}/{name}"), NOTHING)


def _seal(root: Path, step: Step) -> None:
    seal(root / step.name, step, NOTHING)
