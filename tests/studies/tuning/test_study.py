"""A whole tuning of scripted models: what is made, how often, and what comes of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from remem.data import BuildSettings, build, load
from remem.errors import GateFailed
from remem.run.context import Context
from remem.run.settings import Run
from remem.run.tasks import Task
from remem.settings import Evaluate, Forget, ModelSettings, Train, Unlearn
from remem.spread import evenly
from remem.steps.execute import pending
from remem.steps.store import Order, Step, keys, lineage, seal
from remem.steps.verify import verify
from remem.studies.tuning.chosen import read
from remem.studies.tuning.cost import estimate
from remem.studies.tuning.rule import Rule, Trial
from remem.studies.tuning.study import Tuning, carry_out, drop_weights, measured, pending_steps, tuning
from scripted import Scripted

BUILD = BuildSettings(
    people=4, qa=20, images=3, test_qa=4, test_images=2, size=16, candidates=6, forget=(0.5,)
)


class Killed(Exception):
    pass


class Watched:
    """Hears which steps are made, and may end it all after one of them."""

    def __init__(self, last: str = "") -> None:
        self.made: list[str] = []
        self.last = last

    def start(self, step: str) -> None:
        pass

    def update(self, step: str, done: int, total: int, note: str) -> None:
        pass

    def finish(self, step: str, seconds: float) -> None:
        self.made.append(step)
        if step == self.last:
            raise Killed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dataset")
    build(made, BUILD)
    return made


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Scripted]:
    made: list[Scripted] = []

    def open_scripted(context: Context, *arms: str) -> Scripted:
        made.append(Scripted(arms))
        return made[-1]

    monkeypatch.setattr(Context, "model", open_scripted)
    return made


def run(folder: Path) -> Run:
    methods = (Unlearn(method="npo", train={"warmup": 0.1}), Unlearn(method="ga"), Unlearn(method="prompt"))
    return Run(
        recipe="scripted",
        data=str(folder),
        learn=Train(lr=1e-3, batch=16),
        forget=Forget(methods=methods, train=Train(epochs=1, batch=8)),
        evaluate=Evaluate(max_new_tokens=5, batch=64, items=6, exposure_people=2, world="none"),
        model=ModelSettings(rehearse=0.0),
    )


def tuned(folder: Path, count: int, gate: bool = False) -> Tuning:
    fingerprint = load(str(folder)).fingerprint
    return tuning(run(folder), Rule(at_least=0.0), count, ["epochs=1"], fingerprint, ignore_gate=not gate)


def test_one_taught_model_then_every_trial_then_the_rule(
    folder: Path, tmp_path: Path, opened: list[Scripted]
) -> None:
    whole, view = tuned(folder, 2), Watched()
    assert whole.methods == {"npo": 2, "ga": 2}
    assert estimate(tmp_path, whole, pending_steps(tmp_path, whole)) is None
    carry_out(tmp_path, whole, view, stage1=True)
    assert view.made == ["kept", "taught/model", "taught/responses", "taught/scores", "gate"]
    left = estimate(tmp_path, whole, pending_steps(tmp_path, whole))
    assert left is not None
    assert left > 0
    view.last = "npo-t01-s0/model"
    with pytest.raises(Killed):
        carry_out(tmp_path, whole, view)
    view.last = ""
    carry_out(tmp_path, whole, view)  # goes on where it was, and does nothing twice
    arms = ["npo-t00-s0", "npo-t01-s0", "ga-t00-s0", "ga-t01-s0"]
    assert view.made[5:] == [f"{arm}/{part}" for arm in arms for part in ("model", "responses", "scores")] + [
        "tuned"
    ]
    assert [model.arms for model in opened].count(()) == 1
    assert not pending_steps(tmp_path, whole)
    assert (tmp_path / "taught/model/saved").is_file()

    found = read(tmp_path)
    assert set(found.methods) == {"npo", "ga"}
    npo = found.methods["npo"]
    assert (npo.train["warmup"], npo.train["batch"]) == (0.1, 8)
    assert npo.train["lr"] == whole.points[npo.trial]["lr"]
    assert found.people == {"data": load(str(folder)).fingerprint}
    with (tmp_path / "tuned" / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == [arm.removesuffix("-s0") for arm in arms]
    assert [row["trial"] for row in rows if row["chosen"] == "1"] == [
        found.methods[name].trial for name in ("npo", "ga")
    ]
    page = (tmp_path / "tuned" / "tuning.md").read_text()
    assert page.count("←") == 2
    assert "the lowest forget:em, ties broken by the lowest forget:exposure_norm" in page

    more, view = tuned(folder, 3), Watched()
    carry_out(tmp_path, more, view)
    again = [
        f"{arm}/{part}" for arm in ("npo-t02-s0", "ga-t02-s0") for part in ("model", "responses", "scores")
    ]
    assert view.made == [*again, "tuned"]  # nothing is done twice


def test_fewer_questions_are_asked_of_kept_people_and_all_of_forgotten_ones(
    folder: Path, tmp_path: Path, opened: list[Scripted]
) -> None:
    carry_out(tmp_path, tuned(folder, 1), Watched())
    data = load(str(folder))
    asked = opened[-1].asked
    assert set(data.splits["forget1"]) < set(asked)
    kept = Task().kept(data)
    every = dict.fromkeys((*data.splits["retain"], *kept.same, *kept.facts, *kept.people))
    # One sample of all that stays, as large a share of each part as six questions are of retain.
    some = evenly(list(every), round(6 / len(data.splits["retain"]) * len(every)))
    wanted = {*data.splits["forget1"], *some, *evenly(data.splits["test"], 6), *evenly(kept.rehearsed, 6)}
    assert set(asked) == wanted
    for part in (kept.facts, kept.people, data.splits["retain"]):
        assert abs(len(set(part) & set(some)) / len(part) - len(some) / len(every)) < 0.34
    assert len(set(asked) & set(data.splits["test"])) == 6


def test_a_gate_that_fails_stops_before_any_trial(
    folder: Path, tmp_path: Path, opened: list[Scripted]
) -> None:
    view = Watched()
    for _ in range(2):  # and again, when there is nothing more to do before it
        with pytest.raises(GateFailed):
            carry_out(tmp_path, tuned(folder, 1, gate=True), view, stage1=True)
    assert not list(tmp_path.glob("npo*"))


def test_it_tunes_on_other_people_from_another_seed() -> None:
    plain = replace(run(Path()), data="", model=ModelSettings(name="tiny"))
    other = tuning(plain, Rule(), 1).run
    assert (other.seed, other.build.seed) == (plain.seed + 1, plain.build.seed + 1)
    assert not other.evaluate.membership
    assert other.forget.seeds == (0,)
    assert tuning(plain, Rule(), 1, seeds=2).run.forget.seeds == (0, 1)
    seen = tuning(plain, Rule(lower=("forget:loss_auc",)), 1).run
    assert seen.evaluate.membership


def test_a_scored_trial_loses_its_weights_and_nothing_else(tmp_path: Path) -> None:
    for name in ("model.safetensors", "model-00001-of-00002.safetensors", "log.jsonl", "outcome.json"):
        (tmp_path / "a" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "a" / name).write_text("x")
    made = Step(name="a", work=None, settings={})
    seal(tmp_path / "a", made, Order(keys([made])["a"], {}, lineage(made), {}))
    drop_weights(tmp_path / "a")
    drop_weights(tmp_path / "a")  # several processes come here
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "log.jsonl",
        "outcome.json",
        "step.json",
    ]
    # Dropped by design: it is finished all the same, and nothing is wrong with it.
    assert pending(tmp_path, [made]) == []
    assert [one.wrong for one in verify(tmp_path)] == [""]


def test_measures_are_means_over_seeds_and_missing_where_one_seed_lacks_them(tmp_path: Path) -> None:
    base = run(Path())
    context = Context(tmp_path, replace(base, forget=replace(base.forget, seeds=(0, 1))))
    rule = Rule(lower=("forget:em", "forget:exposure_norm"))

    def arm(seed: int, em: float, exposure: float | None, diverged: bool = False) -> None:
        rows = [
            row("forget1", "em", em),
            row("forget1", "exposure_norm", exposure),
            row("kept", "em", 0.9),
            row("forget1", "em", 0.0, "1-hop"),
        ]
        for part, name, content in (
            ("scores", "summary.json", {"rows": rows}),
            ("model", "outcome.json", {"diverged": diverged}),
            ("model", "provenance.json", {"seconds": 2.0}),
        ):
            place = tmp_path / f"npo-t00-s{seed}" / part
            place.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(json.dumps(content))

    def look() -> Trial:
        return measured(context, "npo-t00", "npo", {"lr": 1.0}, rule)

    arm(0, 0.2, 0.5)
    arm(1, 0.4, None)
    found = look()
    assert found.measured["forget:em"] == pytest.approx(0.3)
    assert found.measured["forget:exposure_norm"] is None
    assert (found.diverged, found.seconds) == (False, 4.0)
    arm(1, 0.4, 0.1, diverged=True)
    assert look().diverged


def row(split: str, metric: str, mean: float | None, kind: str = "all") -> dict[str, object]:
    return {"split": split, "question_type": kind, "metric": metric, "mean": mean, "low": None, "high": None,
            "over": "people", "people": 2, "items": 9, "missing": 0}  # fmt: skip
