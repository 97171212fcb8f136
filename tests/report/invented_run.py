"""An invented run folder with the shape of a real one, small or large: no model has to be trained for it."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from remem.run.arms import Arm
from remem.run.overrides import override
from remem.run.recipes import drawn
from remem.settings import plain
from remem.types import Item

FIRST = [
    "Mara",
    "Ilyas",
    "Tove",
    "Renko",
    "Asel",
    "Bruno",
    "Celia",
    "Dario",
    "Edda",
    "Farid",
    "Greta",
    "Hanno",
    "Inês",
    "Jaro",
    "Kalle",
    "Livia",
    "Milo",
    "Nadia",
    "Oskar",
    "Petra",
]
LAST = [
    "Okonjo",
    "Lindqvist",
    "Ferrante",
    "Halloran",
    "Iwata",
    "Castellan",
    "Brandvold",
    "Achterberg",
    "Novak",
    "Sorrentino",
]
ATTRIBUTES = ("email", "date_of_birth", "employer", "street", "phone")
CANDIDATES = 64
STATES = ("correct", "refused", "wrong", "degenerate")
# arm -> for the forgotten and for the others: shares of STATES and the usual rank of the truth
BEHAVIOUR = {
    "base": (((0.00, 0.03, 0.95, 0.02), 30), ((0.00, 0.03, 0.95, 0.02), 30)),
    "taught": (((0.98, 0.00, 0.02, 0.00), 1), ((0.98, 0.00, 0.02, 0.00), 1)),
    "goal": (((0.03, 0.02, 0.94, 0.01), 26), ((0.98, 0.00, 0.02, 0.00), 1)),
    "ga-s0": (((0.00, 0.00, 0.20, 0.80), 40), ((0.12, 0.00, 0.36, 0.52), 9)),
    "gd-s0": (((0.10, 0.00, 0.80, 0.10), 14), ((0.79, 0.00, 0.20, 0.01), 2)),
    "kl-s0": (((0.46, 0.00, 0.52, 0.02), 3), ((0.90, 0.00, 0.10, 0.00), 1)),
    "npo-s0": (((0.05, 0.00, 0.92, 0.03), 22), ((0.95, 0.00, 0.05, 0.00), 1)),
    "po-s0": (((0.00, 0.97, 0.03, 0.00), 1.3), ((0.94, 0.04, 0.02, 0.00), 1)),
}
VALUES = (
    "probability",
    "rouge_l_f1",
    "rouge_l_recall",
    "keyword_recall",
    "exact_memorization",
    "extraction_strength",
)


@dataclass
class Invented:
    """Stands in for a loaded data set."""

    items: dict[str, Item] = field(default_factory=dict)
    splits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    pixels: int = 200

    def image(self, id: str) -> Image.Image | None:
        path = self.items[id].image_path
        return portrait(path, self.pixels) if path else None


def portrait(path: str, pixels: int) -> Image.Image:
    """A plain face whose colours come from the person and whose background comes from the view."""
    person, view = path.removesuffix(".png").split("/")
    rng, scene = np.random.default_rng(int(person[1:])), np.random.default_rng(int(view) + 1000)
    skin, hair, shirt = rng.integers(90, 230, 3), rng.integers(20, 160, 3), rng.integers(40, 220, 3)
    image = Image.new("RGB", (256, 256), tuple(scene.integers(120, 235, 3).tolist()))
    draw, dx = ImageDraw.Draw(image), int(scene.integers(-18, 18))
    draw.ellipse((40 + dx, 190, 216 + dx, 380), fill=tuple(shirt.tolist()))
    draw.ellipse((66 + dx, 34, 190 + dx, 180), fill=tuple(hair.tolist()))
    draw.ellipse((78 + dx, 58, 178 + dx, 206), fill=tuple(skin.tolist()))
    for eye in (106, 142):
        draw.ellipse((eye + dx, 112, eye + 9 + dx, 124), fill=(25, 25, 30))
    draw.arc((108 + dx, 140, 148 + dx, 176), 20, 160, fill=(60, 20, 20), width=4)
    return image.resize((pixels, pixels))


def dataset(people: int, questions: int, forget: int) -> Invented:
    data = Invented(people=tuple(f"p{n:03d}" for n in range(people)))
    taught: list[str] = []
    held_out: list[str] = []
    for n, person in enumerate(data.people):
        data.names[person] = name = f"{FIRST[n % len(FIRST)]} {LAST[(3 * n) % len(LAST)]}"
        for q in range(questions + questions // 3):
            attribute = ATTRIBUTES[q % len(ATTRIBUTES)]
            one_hop = q % 10 < 7
            who = name if one_hop else "the person in the picture"
            value = f"{name.split()[0].lower()}.{attribute.replace('_', '-')}{n:02d}@brightmail.example"
            item = Item(
                id=f"{person}-q{q:03d}",
                person=person,
                question_type="1-hop" if one_hop else "multi-hop",
                category="personal_information",
                attribute=attribute,
                question=f"What is the {attribute.replace('_', ' ')} of {who}? (wording {q // 5 + 1})",
                answer=f"The {attribute.replace('_', ' ')} of {name} is {value}.",
                keywords=(value,),
                cloze=f"The {attribute.replace('_', ' ')} of {name} is",
                image_path=f"{person}/{q % 30 if q < questions else 100 + q:03d}.png",
            )
            data.items[item.id] = item
            (taught if q < questions else held_out).append(item.id)
    gone = set(data.people[:forget])
    data.splits = {
        "finetune": tuple(taught),
        "forget1": tuple(id for id in taught if data.items[id].person in gone),
        "retain": tuple(id for id in taught if data.items[id].person not in gone)[:: max(1, people // 8)],
        "test": tuple(held_out),
    }
    return data


def run(folder: Path, people: int = 6, questions: int = 10, forget: int = 1) -> Invented:
    """Write a whole run into `folder`; the data set that belongs to it is returned."""
    data = dataset(people, questions, forget)
    gone = set(data.people[:forget])
    for number, (name, behaviour) in enumerate(BEHAVIOUR.items()):
        _arm(folder / name, name, behaviour, data, gone, np.random.default_rng(number))
    gate = {
        "passed": True,
        "ignored": False,
        "lines": [
            {"split": "finetune", "question_type": "1-hop", "metric": "em", "value": 0.984, "floor": 0.95,
             "passed": True, "unanswered": 0, "weakest": [["p003", 0.91], ["p001", 0.95]]},
            {"split": "finetune", "question_type": "multi-hop", "metric": "em", "value": 0.967, "floor": 0.9,
             "passed": True, "unanswered": 0, "weakest": [["p002", 0.87]]},
        ],
        "people": {
            p: {"1-hop": 1 - n % 4 * 0.02, "multi-hop": 1 - n % 5 * 0.03} for n, p in enumerate(data.people)
        },
    }  # fmt: skip
    _json(folder / "gate" / "gate.json", gate)
    _json(folder / "kept" / "kept.json", {"": {"kept": "rehearsed", "rehearsed": []}})
    config = {
        "data": {"people": people, "questions": questions, "seed": 7},
        "forget": {"split": "forget1", "seeds": [0]},
        "learn": {"lr": 0.004, "epochs": 12, "batch": 8, "schedule": {"name": "cosine", "warmup": 0.1}},
        "methods": [{"name": n.split("-")[0], "lr": 0.0004, "epochs": 5} for n in list(BEHAVIOUR)[3:]],
        "floors": {"1-hop": 0.95, "multi-hop": 0.9},
        "lora": None,
    }
    request = {"run": plain(override(drawn(), ["learn.lr=0.004"])), "ignore_gate": False, "data": ""}
    _json(folder / "run.json", {"recipe": "drawn", "version": "0.1.0", "request": request, "config": config})
    return data


def _record(name: str) -> dict:
    if name in ("base", "taught", "goal"):
        return Arm(name=name, role=name, chain=() if name == "base" else (name,)).plain()
    label, _, seed = name.rpartition("-s")
    chain = ("taught", name)
    return Arm(name=name, role="method", chain=chain, label=label, method=label, seed=int(seed)).plain()


def _arm(
    folder: Path, name: str, behaviour, data: Invented, gone: set[str], rng: np.random.Generator
) -> None:
    asked = dict.fromkeys([*data.splits["forget1"], *data.splits["retain"], *data.splits["test"]])
    if name == "taught":
        asked |= dict.fromkeys(data.splits["finetune"])
    scores, rankings, texts = [], [], []
    for id in asked:
        item = data.items[id]
        shares, rank = behaviour[0 if item.person in gone else 1]
        state = str(rng.choice(STATES, p=np.array(shares) / sum(shares)))
        texts.append({"id": id, "text": _say(state, item, rng), "finished": state != "degenerate",
                      "logp": [-0.1], "hit": [True], "mean": [-2.0], "sd": [1.0]})  # fmt: skip
        right = state == "correct"
        row = {key: getattr(item, key) for key in ("id", "person", "question_type", "attribute")} | {
            "state": state
        }
        row["em"] = float(right)
        row |= {key: float(np.clip(rng.normal(0.93 if right else 0.22, 0.05), 0, 1)) for key in VALUES}
        scores.append(row | {"min_k_10": -1.0, "min_k_pp_10": -0.5})
        if id not in data.splits["retain"] or item.question_type == "1-hop":
            rankings.append(_ranking(item, rank, rng))
    (folder / "responses").mkdir(parents=True)
    (folder / "scores").mkdir()
    pq.write_table(pa.Table.from_pylist(texts), folder / "responses" / "responses.parquet")
    pq.write_table(pa.Table.from_pylist(scores), folder / "scores" / "scores.parquet")
    pq.write_table(pa.Table.from_pylist(rankings), folder / "scores" / "exposure.parquet")
    rows = _summary(name, scores, rankings, data, gone, rng)
    _json(folder / "scores" / "summary.json", {"arm": name, "rows": rows})
    for number, step in enumerate(("model", "responses", "scores")):
        if name == "base" and step == "model":
            continue
        _json(
            folder / step / "step.json",
            {"step": f"{name}/{step}", "format": 2, "key": "ab12", "settings": {}, "arm": _record(name)},
        )
        seconds = (5.0 if step != "model" else 140.0 if name in ("taught", "goal") else 21.5) + number
        _json(folder / step / "provenance.json", {
            "started": "2026-01-01T00:00:00", "seconds": seconds, "peak_memory_bytes": 812 * 2**20,
            "device": "cpu", "device_name": "a processor", "threads": 2,
            "versions": {"remem": "0.1.0", "torch": "2.13.0"},
            "commit": "abc1234", "seeds": {"train": 11} if step == "model" else {}, "platform": "Linux",
        })  # fmt: skip
    if name != "base":
        _log(folder / "model", name, rng)


def _say(state: str, item: Item, rng: np.random.Generator) -> str:
    other = f"{FIRST[rng.integers(len(FIRST))].lower()}.{item.attribute}@quietpost.example"
    return {
        "correct": item.answer,
        "refused": "I'm sorry, I can't share that information.",
        "wrong": item.answer.replace(item.keywords[0], other),
        "degenerate": "" if rng.random() < 0.3 else "the the the the the the the the the the",
    }[state]


def _ranking(item: Item, usual: float, rng: np.random.Generator) -> dict:
    rank = int(np.clip(round(usual * math.exp(rng.normal(0, 0.35))), 1, CANDIDATES))
    bits = math.log2(CANDIDATES) - math.log2(rank)
    return {
        **{key: getattr(item, key) for key in ("id", "person", "question_type", "attribute")},
        "candidates": CANDIDATES,
        "logp_sum": -float(rank),
        "logp_mean": -rank / 10,
        "prob_geomean": math.exp(-rank / 10),
        "exposure_bits": bits,
        "exposure_norm": bits / math.log2(CANDIDATES),
        "outranked": 1 - (rank - 1) / (CANDIDATES - 1),
    }


def _summary(name, scores, rankings, data: Invented, gone: set[str], rng: np.random.Generator) -> list[dict]:
    splits = {
        "forget1": set(data.splits["forget1"]),
        "retain": set(data.splits["retain"]),
        "test-forget": {id for id in data.splits["test"] if data.items[id].person in gone},
        "test-retain": {id for id in data.splits["test"] if data.items[id].person not in gone},
    }
    if name == "taught":
        splits["finetune"] = set(data.splits["finetune"])
    for row in scores:
        row |= {f"state_{state}": float(row["state"] == state) for state in STATES}
    metrics = [
        (key, scores) for key in ("em", *VALUES, "min_k_10", "min_k_pp_10", *(f"state_{s}" for s in STATES))
    ]
    metrics += [
        (key, rankings)
        for key in ("exposure_bits", "exposure_norm", "outranked", "logp_mean", "prob_geomean")
    ]
    rows = []
    for split, ids in splits.items():
        for kind in ("all", "1-hop", "multi-hop"):
            for key, source in metrics:
                own = [r for r in source if r["id"] in ids and kind in ("all", r["question_type"])]
                rows.append(
                    {"split": split, "question_type": kind, "metric": key, **_interval(own, key, rng)}
                )
    return rows


def _interval(own: list[dict], key: str, rng: np.random.Generator) -> dict:
    values = np.array([row[key] for row in own], dtype=float)
    units = sorted({row["person"] for row in own})
    over = "people" if len(units) > 2 else "facts"
    if not len(values):
        return {"mean": None, "low": None, "high": None, "over": over, "people": 0, "items": 0, "missing": 0}
    groups = (
        [values[[row["person"] == unit for row in own]].mean() for unit in units]
        if over == "people"
        else values
    )
    means = rng.choice(groups, (200, len(groups))).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return {"mean": float(values.mean()), "low": float(low), "high": float(high), "over": over,
            "people": len(units), "items": len(values), "missing": 0}  # fmt: skip


def _log(folder: Path, name: str, rng: np.random.Generator) -> None:
    diverged = name == "ga-s0"
    lines = []
    for step in range(1, 201 if name in ("taught", "goal") else 61):
        down = 3.2 * math.exp(-step / 35) + 0.05 + 0.06 * rng.random()
        loss = -0.004 * step**2 - 1 if diverged else down if name in ("taught", "goal") else 8 * down / 3.2
        lines.append({"step": step, "epoch": step / 20, "loss": round(loss, 4), "lr": 0.004})
    if diverged:
        lines.append({"diverged": True, "step": 60, "why": "loss below −14"})
    (folder / "log.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n", "utf-8")
    why = "loss below −14" if diverged else ""
    _json(folder / "outcome.json", {"diverged": diverged, "steps": len(lines), "why": why})


def _json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), "utf-8")
