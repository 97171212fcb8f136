"""What cannot be judged is one clear sentence, before anything is made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from safetensors.torch import load_file, save_file

from data.four import sets, write
from given.judged import judge
from remem.cli.request import requested
from remem.errors import UserError
from remem.given.wanted import run_of
from remem.models.families import make_tiny
from remem.models.loading import load
from remem.run.tasks import check
from remem.settings import Adapt
from remem.story.resolve import resolve


class Small(NamedTuple):
    data: Path
    base: Path
    arm: Path  # of a run, an adapter on what was taught


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    root = tmp_path_factory.mktemp("small")
    write(root / "data", sets())
    make_tiny("llava", root / "base", [one["answer"] for one in sets()["finetune"]] * 5)
    made = Small(root / "data", root / "base", adapter(root / "base", root / "arm"))
    (made.arm / "step.json").write_text(json.dumps({"step": "po-s0/model", "settings": {}}))
    return made


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("npo", "write it as NAME=WHERE"),
        ("npo=", "write it as NAME=WHERE"),
        ("npo= ", "write it as NAME=WHERE"),
        ("=m", "'' cannot be the name"),
        ("..=m", "'..' cannot be the name"),
        ("a/b=m", "'a/b' cannot be the name"),
        ("a b=m", "'a b' cannot be the name"),
        ("Goal=m", "'Goal' cannot be the name"),
        ("goal-s1=m", "'goal-s1' cannot be the name"),
        ("taught=m", "none of base, taught, goal"),
        (".hidden=m", "'.hidden' cannot be the name"),
    ],
)
def test_names(name: str, said: str) -> None:
    with pytest.raises(UserError, match="--model ") as found:
        run_of("data", ["fine=m", name])
    assert said in str(found.value)


def test_an_equals_sign_may_stand_in_a_path() -> None:
    assert run_of("data", ["npo=runs/lr=0.1/model"]).given[0].source == "runs/lr=0.1/model"


def test_home_folders_are_found_behind_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    run = run_of("data", ["npo=~/m", "po=~/n"], base="~/b", taught="./~t", goals=["~/g"])
    assert [one.source for one in run.given] == [
        "/home/ann/b", "./~t", "/home/ann/g", "/home/ann/m", "/home/ann/n",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"models": []}, "name at least one model to judge: --model NAME=WHERE"),
        ({"forget": "retain"}, "choose a split of people to forget"),
        ({"forget": "forget9"}, "Did you mean forget1"),
        ({"forget": "forget1,forget2"}, "name one split, as in --forget forget1"),
        ({"settings": ["methods=npo"]}, "give it with --taught, or leave out methods"),
        ({"settings": ["model.adapt.language=lora", "model.quantise=4bit"]}, "judged as they were saved"),
        ({"settings": ["forget.tasks=person"]}, "judged on one set of people to forget"),
        ({"attacks": "prefil"}, "Did you mean prefill"),
        ({"attacks": "merge"}, "merge goes towards the base model, and none was given: give it with --base"),
        ({"attacks": "prefill,merge,lens"}, "or leave the attack out: --attacks prefill,lens"),
        ({"models": ["x=./nowhere"]}, "there is no model ./nowhere"),
        ({"models": ["x=nobody/nothing"]}, "the hub did not give such a model"),
        ({"base": "DATA"}, "holds no config.json, so no model"),
        ({"goals": ["ADAPTER"]}, "lies on what stage 1 taught"),
    ],
)
def test_requests(small: Small, tmp_path: Path, asked: dict, said: str) -> None:
    places = {"DATA": str(small.data), "ADAPTER": str(small.arm)}
    given = {"models": [f"po={small.base}"], "attacks": "none"} | asked
    given |= {key: places[value] for key, value in given.items() if str(value) in places}
    if given.get("goals"):
        given["goals"] = [places.get(one, one) for one in given["goals"]]
    with pytest.raises(UserError) as found:
        requested_run(small.data, tmp_path / "run", **given)
    assert said in str(found.value)
    assert not list(tmp_path.iterdir())


def requested_run(data: Path, root: Path, models: list[str], **given: object) -> None:
    """As far as the command line goes before it looks at pictures; then the splits and the settings."""
    asked = requested(run_of(str(data), models, **given), root)  # type: ignore[arg-type]
    assert asked.data_set is not None
    check(asked.run, asked.data_set.splits, str(data))
    resolve(asked.run)


def test_a_data_set_is_needed_and_one_of_people_in_events_is_none(small: Small) -> None:
    with pytest.raises(UserError, match="give it with --data"):
        resolve(run_of("", [f"po={small.base}"]))
    splits = [f"{task}_{part}" for task in ("person", "event", "both") for part in ("forget", "retain")]
    with pytest.raises(UserError, match="people in events"):
        check(run_of("scenes", ["po=m"]), ["finetune", "test", *splits], "scenes")


def test_a_model_that_reads_text_alone_cannot_be_judged(small: Small, tmp_path: Path) -> None:
    left_out = shutil.ignore_patterns("processor_config.json", "preprocessor_config.json")
    shutil.copytree(small.base, tmp_path / "text", ignore=left_out)
    with pytest.raises(UserError, match="A model that reads text alone cannot be used"):
        requested_run(small.data, tmp_path / "run", [f"x={tmp_path / 'text'}"])


def test_attacks_are_looked_through_before_any_work(small: Small, tmp_path: Path) -> None:
    """A probe wants more people than four, and says so before anything is asked."""
    with pytest.raises(UserError, match="leave the attack 'probe' out"):
        judge(tmp_path / "run", small.data, [f"po={small.base}"], attacks="probe")
    assert not list(tmp_path.rglob("step.json"))


def adapter(on: Path, folder: Path, base: str = "") -> Path:
    model = load(on)
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora"))
    model.save(folder)
    told = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(
        json.dumps(told | {"base_model_name_or_path": base or str(on)})
    )
    return folder


def test_adapters_lie_on_a_base_that_is_there_and_fits(small: Small, tmp_path: Path) -> None:
    one = adapter(small.base, tmp_path / "one", "/nowhere/base")
    with pytest.raises(UserError, match="is an adapter on /nowhere/base, and that cannot be opened here"):
        requested_run(small.data, tmp_path / "run", [f"x={one}"])
    two = adapter(small.base, tmp_path / "two")
    assert requested(run_of(str(small.data), [f"x={two}"]), tmp_path / "run").run.given
    narrow(two / "adapter_model.safetensors")
    with pytest.raises(UserError, match="does not fit its base"):
        load(small.base, [two])


def narrow(path: Path) -> None:
    """Halves the first matrix of an adapter: it is now of another base."""
    weights = load_file(path)
    first = sorted(weights)[0]
    save_file(weights | {first: weights[first][:, ::2].contiguous()}, path)
