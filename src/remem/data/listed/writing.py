"""Writes the files of a data set of listed people."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

from remem.data import restated, table, untaught
from remem.data.facts import IDENTITY
from remem.data.listed import card
from remem.data.listed.photos import View
from remem.data.listed.plan import SPLITS, Plan
from remem.data.listed.reading import Listed
from remem.data.people import Person
from remem.data.questions import ONE_HOP, Row
from remem.data.seen import Seen
from remem.data.writing import GROUP, Split, copied, drawn_bytes, split_bytes, write_json

_GROUP_BYTES = 32 << 20  # of a row group, which one read of a picture has to unpack


def write(plan: Plan, folder: Path) -> None:
    """Every file of the data set."""
    (folder / "data").mkdir()
    taught = [asked for own in plan.asked["finetune"] for asked in own]
    whose = [one for one, own in zip(plan.people, plan.asked["finetune"], strict=True) for _ in own]
    splits = {
        "finetune": list(range(len(taught))),
        "forget1": [number for number, asked in enumerate(taught) if asked.forget],
        "retain": _retained(plan),
        "test": [],
    }
    row_bytes = drawn_bytes(plan.settings.size) if any(one.train for one in plan.views.values()) else 500
    group = max(1, min(GROUP, _GROUP_BYTES // row_bytes))
    with Seen(folder / "pictures.parquet") as seen:
        paths: list[Path] = []
        for name, _ in SPLITS:
            rows = [asked.row for own in plan.asked[name] for asked in own]
            with Split(folder, name, len(rows), row_bytes, group) as split:
                for row in _rows(plan, name, seen):
                    split.add(row)
            paths = paths or split.paths
        shown = _shown(plan.strangers, plan.theirs, [*plan.faces, *([()] * len(plan.strangers))], 0, seen)
        untaught.write(folder, plan.strangers, map(len, plan.theirs), shown)
    for name in ("forget1", "retain"):
        with Split(folder, name, len(splits[name]), row_bytes, group) as split:
            for row in copied(paths, splits[name]):
                split.add(row)
    told = [(name, number, whose[at].id) for name in ("finetune", "forget1", "retain")
            for number, at in enumerate(splits[name])]  # fmt: skip
    tested = [one.id for one, own in zip(plan.people, plan.asked["test"], strict=True) for _ in own]
    _side(plan, folder, [*told, *(("test", number, id) for number, id in enumerate(tested))])


def _rows(plan: Plan, split: str, seen: Seen) -> Iterator[dict[str, object]]:
    training = split == "finetune"
    views = [plan.views[one.id] for one in plan.people]
    shown = [one.train if training else one.test for one in views]
    first = [0 if training else len(one.train) for one in views]
    for one, own, faces, start in zip(plan.people, plan.asked[split], shown, first, strict=True):
        yield from _shown([one], [[asked.row for asked in own]], [faces], start, seen)


def _shown(
    people: Sequence[Listed | Person],
    asked: Sequence[Sequence[Row]],
    views: Sequence[Sequence[View]],
    first: int,
    seen: Seen,
) -> Iterator[dict[str, object]]:
    """The nine columns of rows; views are numbered from `first`."""
    for one, rows, faces in zip(people, asked, views, strict=False):
        known: set[int] = set()
        for row in rows:
            image, path = None, ""
            if row.picture is not None:
                view = faces[row.picture]
                path = f"images/{one.id}/{first + row.picture:04d}.png"
                image = {"bytes": view.file.read_bytes(), "path": path}
                if row.picture not in known:
                    known.add(row.picture)
                    seen.add(path, one.id, json.dumps({"source": "given", "file": view.named}))
            texts = {key: value for key, value in asdict(row).items() if key != "picture"}
            yield {"image": image, **texts, "image_path": path}


def _retained(plan: Plan) -> list[int]:
    """A share of the rows of everybody of whom nothing is forgotten, of each type as many as there are;
    where there is no such person, of the facts that stay."""
    at = 0
    whole: list[int] = []
    part: list[int] = []
    for one, own in zip(plan.people, plan.asked["finetune"], strict=True):
        kept = [at + number for number, asked in enumerate(own) if not asked.forget]
        rng = Random(f"{plan.settings.seed}/retain/{one.id}")
        chosen: list[int] = []
        for one_hop in (True, False):
            rows = [n for n in kept if (own[n - at].row.question_type == ONE_HOP) is one_hop]
            chosen += rng.sample(rows, min(len(rows), max(1, round(len(rows) * plan.settings.retain_share))))
        (whole if len(kept) == len(own) else part).extend(sorted(chosen))
        at += len(own)
    return whole or part


def _side(plan: Plan, folder: Path, told: Sequence[tuple[str, int, str]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    write_json(folder / "candidates.json", {name: list(pool.candidates) for name, pool in plan.pools.items()})
    write_json(
        folder / "people.json",
        [
            {
                "id": one.id,
                "name": one.name,
                "person": one.person,
                "appearance": {},
                "attributes": {name: fact.value for name, fact in one.facts.items()},
            }
            for one in plan.people
        ],
    )
    write_json(folder / "build.json", plan.settings.told())
    columns = dict(zip(("split", "row", "person"), map(list, zip(*told, strict=True)), strict=True))
    pq.write_table(pa.table(columns), folder / "rows.parquet")
    restated.write_rows(folder, (
        (name, number, asked.restated)
        for name, _ in SPLITS
        for number, asked in enumerate(one for own in plan.asked[name] for one in own)
    ))  # fmt: skip
    counts = {name: sum(split == name for split, _, _ in told) for name in table.NEEDED}
    sizes = {name: (count, split_bytes(folder, name)) for name, count in counts.items()}
    facts = [fact for one in plan.people for fact in one.facts.values()]
    text = card.text(
        plan.settings.told(),
        sizes,
        {name: pool.kind for name, pool in plan.pools.items() if name != IDENTITY},
        (len(plan.people), len(facts), sum(bool(fact.forget) for fact in facts)),
        (len(plan.strangers), bool(plan.faces)),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
