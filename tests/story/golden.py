"""Small fixed numbers of every room that decides numbers; `python tests/story/golden.py` writes them anew.

It refuses numbers that have moved while the room's number in `remem/rooms.py` has not, and that number moved
alone.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch  # noqa: E402
from PIL import ImageStat  # noqa: E402

from fabricate import Questions, item, ranking, response  # noqa: E402
from remem.asking.respond import exposed, question_of  # noqa: E402
from remem.data import (  # noqa: E402
    BuildSettings,
    Dataset,
    build,
    load,
    strangers,
)
from remem.data.events import EVENTS  # noqa: E402
from remem.data.pebench.settings import PEBenchSettings  # noqa: E402
from remem.data.pebench.strangers import unknown  # noqa: E402
from remem.data.strangers import invented  # noqa: E402
from remem.methods.base import Teach  # noqa: E402
from remem.methods.streams import Streams  # noqa: E402
from remem.models import open_model  # noqa: E402
from remem.models.huggingface import Model  # noqa: E402
from remem.pebench.axes import PRECISION, SCENE, axes  # noqa: E402
from remem.rooms import NUMBERS  # noqa: E402
from remem.run.recipes import recipe  # noqa: E402
from remem.run.tasks import tasks  # noqa: E402
from remem.scoring.exposed import Exposed  # noqa: E402
from remem.scoring.gate import judge  # noqa: E402
from remem.scoring.metrics import EXPOSURE, METRICS  # noqa: E402
from remem.scoring.stats import interval  # noqa: E402
from remem.settings import Adapt, Floors, Train  # noqa: E402
from remem.training.loop import train  # noqa: E402
from remem.world.exam import chosen, open_exam  # noqa: E402

Values = dict[str, Any]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


@cache
def people() -> Dataset:
    folder = Path(tempfile.mkdtemp()) / "people"
    shape = {"people": 3, "qa": 8, "images": 2, "test_qa": 2, "test_images": 1, "size": 64, "candidates": 5}
    build(folder, BuildSettings(**shape, forget=(0.34,)))  # type: ignore[arg-type]
    return load(str(folder))


@cache
def model() -> Model:
    return open_model("tiny")


def _rows(count: int) -> list[Any]:
    data = people()
    ids = data.splits["finetune"][:count]
    return [model().encode(question_of(data, data.items[id])) for id in ids]


def strangers_of(found: Dataset) -> Dataset:
    there = strangers.read(found.root)
    assert there is not None
    return there


def data() -> Values:
    """Items, splits, candidates and a picture of a small set."""
    found = people()
    items = [[i.question, i.answer, list(i.keywords), i.cloze, i.attribute] for i in found.items.values()]
    place = {id: number for number, id in enumerate(found.items)}
    splits = {name: [place[id] for id in ids] for name, ids in found.splits.items()}
    pictured = next(id for id, one in found.items.items() if one.image_path)
    picture = found.image(pictured)
    assert picture is not None
    first = next(iter(found.items.values()))
    return {
        "items": _digest(items),
        "splits": _digest(splits),
        "candidates": sorted(found.candidates(first)),
        "picture": ImageStat.Stat(picture).mean,
        "strangers": _digest([[one.question, one.answer] for one in strangers_of(found).items.values()]),
        "strangers in events": [
            [one.person.name, one.event.name, one.concept]
            for one in unknown(PEBenchSettings(people=3, events=4), list(EVENTS.values())[:4])
        ],
        "strangers in text": [one.name for one in invented(BuildSettings(people=3, source="folder"), ["x"])],
    }


def world() -> Values:
    """Which questions of the shipped exam are asked."""
    from remem.models import find

    exam = open_exam(Path(find("embedded")) / "world")
    asked = chosen(exam, 5)
    return {
        "asked": [exam.items[id].question for id in asked],
        "sizes": {k: len(v) for k, v in exam.splits.items()},
    }


def models() -> Values:
    """Log-probs, greedy answers and rankings of the small shipped model."""
    rows = _rows(4)
    said, out = model().answer(rows, 8)
    ranked = model().rank([model().cloze(rows[0].question, "It is", ["Paris", "Rome", "a blue hat"])])
    return {
        "logp": out.sequence_logp.tolist(),
        "answers": [one.text for one in said],
        "ranked": ranked[0],
    }


def training() -> Values:
    """The losses of six steps of stage 1."""
    taught = open_model("tiny")
    taught.adapt(Adapt(vision="frozen", projector="full", language="full"), 3)
    how = Train(lr=1e-3, epochs=2, batch=4, warmup=0.2)
    with tempfile.TemporaryDirectory() as scratch:
        outcome = train(taught, Teach(), Streams(retain=_rows(12)), how, seed=5, folder=Path(scratch))
    return {"losses": [line["loss"] for line in outcome.log], "rates": [line["lr"] for line in outcome.log]}


def asking() -> Values:
    """Which items are ranked, and among what."""
    found = people()
    ranked = exposed(found, ("forget1", "retain"), 1)
    return {
        "ranked": _digest([one.question for one in ranked]),
        "among": [len(found.candidates(one)) for one in ranked][:5],
    }


def scoring() -> Values:
    """Metrics of fixed answers, an interval, a gate."""
    one = item(answer="Her e-mail is ann@mail.com.", keywords=("ann@mail.com",))
    said = response(
        "I think that her e-mail is ann@mail.com", logp=(-0.5, -1.0, -0.1), hit=(True, False, True)
    )
    gate = judge([one], {"q1": 0.5}, Floors(), exposed={"q1": Exposed(0.75, 0.25, 0.125)})
    people_ = [f"p{number % 4}" for number in range(20)]
    found = interval([(number * 7 % 9) / 8 for number in range(20)], people_)
    return {
        "metrics": {name: metric(one, said) for name, metric in METRICS.items()},
        "exposure": {
            name: [metric(ranking([-1.0, -0.5, -2.0])), metric.expected and metric.expected(32, 11)]
            for name, metric in EXPOSURE.items()
        },
        "interval": [found.mean, found.low, found.high],
        "gate": [[line.question_type, line.metric, line.value, line.passed] for line in gate.lines],
    }


def pebench() -> Values:
    """The axes of one arm over made-up questions about people in events."""
    task = tasks(recipe("pebench-tiny"))[0]
    items, splits = {}, {}
    for part in filter(None, (task.forget, task.again, task.retain, task.scope)):
        splits[part] = tuple(f"{part}-{number}" for number in range(6))
        for number, id in enumerate(splits[part]):
            whose = {
                "category": ("person", "event")[number % 2],
                "person": f"p{number}",
                "event": f"e{number}",
            }
            items[id] = item(id=id, **whose)
    values = {id: dict.fromkeys((PRECISION, *SCENE), place % 5 / 4) for place, id in enumerate(items)}
    rows = axes(task, Questions(items, splits), "npo-s0", values, [])
    return {"rows": [[one.axis, one.concept, one.metric, one.mean, one.low, one.high] for one in rows]}


ROOMS: dict[str, Callable[[], Values]] = {
    "data": data,
    "world": world,
    "models": models,
    "training": training,
    "asking": asking,
    "scoring": scoring,
    "pebench": pebench,
}


def alike(one: Any, other: Any) -> bool:
    """Whether two records are equal, numbers within what machines differ by."""
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return abs(one - other) <= 2e-3 * max(1.0, abs(one))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def wrong(room: str, values: Values, number: int, golden: dict[str, Any]) -> str:
    """What is to be done about a room; "" where nothing is."""
    moved = not alike(json.loads(json.dumps(values)), golden["values"])
    if moved and number == golden["number"]:
        return (
            f"the numbers of {room} have moved. If that is meant, raise its number in src/remem/rooms.py and "
            "run python tests/story/golden.py: finished steps are stale from then on"
        )
    if not moved and number != golden["number"]:
        return f"the number of {room} was raised though nothing moved: a night's work would be thrown away"
    return "run python tests/story/golden.py" if moved else ""


def main() -> None:
    torch.manual_seed(0)
    before = json.loads(FILE.read_text()) if FILE.exists() else {}
    found = {}
    for room, values in ROOMS.items():
        now = {"number": NUMBERS[room], "values": json.loads(json.dumps(values()))}
        if room in before and wrong(room, now["values"], NUMBERS[room], before[room]).startswith(
            "the number"
        ):
            sys.exit(wrong(room, now["values"], NUMBERS[room], before[room]))
        found[room] = now
    FILE.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
