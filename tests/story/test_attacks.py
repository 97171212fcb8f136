"""Attacks as steps of a run: on every arm, keyed with their code, refused before anything runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab import BUILD, Lab
from remem.attacks import ATTACKS, QUICK
from remem.attacks.targets import by_fact, targets
from remem.data import build
from remem.errors import UserError
from remem.run import code
from remem.run.context import Context
from remem.run.overrides import override
from remem.run.recipes import recipe, remem
from remem.run.settings import Run, restore
from remem.run.tasks import tasks
from remem.settings import Attacking, Attacks, plain
from remem.steps.jobs import kind_of
from remem.steps.store import Step, keys
from remem.story.pipeline import look_through_attacks
from remem.story.plan import plan, until
from remem.story.resolve import resolve


def steps(run: Run, *settings: str) -> dict[str, Step]:
    return {step.name: step for step in plan(resolve(override(run, list(settings))), "x")}


def test_every_arm_is_attacked_after_the_gate_and_the_report_reads_it() -> None:
    found = steps(remem(), "methods=npo,po", "forget.goals=2", "attacks=lens,quantise")
    arms = ["base", "taught", "goal", "goal-s1", "npo-s0", "po-s0"]
    tried = {name for name in found if "/attack-" in name}
    assert tried == {f"{arm}/attack-{one}" for arm in arms for one in ("lens", "quantise")}
    for name in tried:
        arm = name.partition("/")[0]
        assert found[name].after == ("gate",)
        read = found[name].needs
        assert "taught/model" in read
        assert arm == "base" or f"{arm}/model" in read
        assert found[name].arm["name"] == arm
        assert name in found["report"].needs
        assert kind_of(name) == "train"  # it may train, and takes as much
    assert found["npo-s0/attack-lens"].arguments["arms"] == ("taught", "npo-s0")
    assert not any("/attack-" in step.name for step in until(list(found.values()), "evaluate"))
    assert any("/attack-" in step.name for step in until(list(found.values()), "report"))


def test_nothing_else_moves_when_attacks_are_added_and_each_has_its_own_key() -> None:
    plain, more, other = (
        keys(list(steps(remem(), "methods=npo", *settings).values()))
        for settings in ((), ("attacks=lens,merge",), ("attacks=lens,merge", "merge.alphas=0.5"))
    )
    for name, key in plain.items():
        assert name == "report" or more[name] == key
    assert more["goal/attack-lens"] == other["goal/attack-lens"]
    assert more["goal/attack-merge"] != other["goal/attack-merge"]


def test_the_code_of_an_attack_is_part_of_what_its_steps_are_known_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from remem.steps.code import folder_digest, syntax_digest

    one = code.attacked("lens")
    assert one["attack lens"] == syntax_digest("remem.attacks.lens")
    assert code.attacked(QUICK)["attack quick"] == folder_digest("remem.attacks")
    assert {"attack file scene", "attack file carry", "attack file targets", "room models"} <= set(one)


def test_several_forget_sets_attack_the_shared_arms_for_each() -> None:
    found = steps(remem(), "methods=npo", "forget.split=forget1,forget2", "attacks=lens")
    tried = {name for name in found if "/attack-" in name}
    assert tried == {
        "base/attack-lens-forget1", "base/attack-lens-forget2", "taught/attack-lens-forget1",
        "taught/attack-lens-forget2", "forget1/goal/attack-lens", "forget2/goal/attack-lens",
        "forget1/npo-s0/attack-lens", "forget2/npo-s0/attack-lens",
    }  # fmt: skip
    assert found["taught/attack-lens-forget2"].arguments["task"].forget == "forget2"


def test_settings_are_written_out_and_come_back() -> None:
    run = resolve(
        override(remem(), ["attacks=relearn,sampling", "relearn.shares=0.1,0.5", "sampling.count=4"])
    )
    relearn, sampling = run.attacks.each
    assert relearn.settings["shares"] == [0.1, 0.5]
    assert relearn.settings["how"] == "full"
    assert sampling.settings == {"count": 4, "temperature": 1.0}
    assert restore(plain(run)) == run
    assert [one.attack for one in override(remem(), ["attacks=all"]).attacks.each] == [*ATTACKS][1:]
    assert not override(recipe("demo"), ["attacks=none"]).attacks.each
    old = plain(remem())
    del old["attacks"]
    assert restore(old).attacks == Attacks()


def test_all_may_stand_beside_others_and_what_the_run_has_keeps_its_settings() -> None:
    """As `remem attack RUN --attacks all` asks it of a run that has the quick set."""
    demo = recipe("demo")
    found = override(demo, ["attacks=quick,all", "attacks=quick,lens,all"]).attacks.each
    assert [one.attack for one in found] == [
        QUICK,
        "lens",
        *(one for one in ATTACKS if one not in (QUICK, "lens")),
    ]
    assert found[0] == demo.attacks.each[0]
    two = tuple(Attacking(attack="lens", settings={"layers": [at]}, name=f"lens{at}") for at in (1, 2))
    named = replace(demo, attacks=Attacks(each=two))
    assert override(named, ["attacks=lens,merge"]).attacks.each == (*two, Attacking(attack="merge"))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (["attacks=lens,none"], "none stands alone"),
        (["attacks=relern"], "relearn"),
        (["attacks="], "names no attack"),
        (["lens.layers=1"], "does not use lens"),
        (["attacks=relearn", "relearn.share=0.5"], "shares"),
        (["attacks=relearn", "relearn.shares=2"], "relearn.shares"),
        (["attacks=relearn", "relearn.shares=a"], "relearn.shares"),
        (["attacks=picture", "picture.epsilon=300"], "255"),
        (["attacks=sampling", "sampling.count=1.5"], "whole number"),
        (["attacks=quick", "quick.parts=lense"], "lens"),
        (["attacks=lens", "attacks.per_fact=0"], "per_fact"),
    ],
)
def test_what_cannot_be_is_one_error_before_anything_runs(settings: list[str], why: str) -> None:
    with pytest.raises(UserError, match=why):
        resolve(override(remem(), settings))


@pytest.mark.parametrize("most", [1, 2, 5])
def test_each_fact_is_asked_as_often_and_kinds_take_turns(tmp_path: Path, most: int) -> None:
    folder = tmp_path / "set"
    build(folder, BUILD)
    lab = Lab(tmp_path / "run", folder)
    found = targets(lab.data, tasks(lab.run)[0], most)
    asked = by_fact(found.secrets)
    assert asked.keys() == by_fact(found.forget).keys()
    for own, rows in zip(asked.values(), by_fact(found.forget).values(), strict=True):
        assert len(own) == min(most, len(rows)) or len({item.question_type for item in rows}) > 1
        kinds = {item.question_type for item in rows}
        if most >= len(kinds):
            assert {item.question_type for item in own} == kinds
    if most == 1:
        assert len({item.question_type for item in found.secrets}) == 2
        assert all(len(own) == 1 for own in asked.values())
    lost, kept = {item.person for item in found.forget}, {item.person for item in found.others}
    assert lost
    assert kept
    assert not lost & kept
    assert {item.fact for item in found.again} <= {item.fact for item in found.forget}


def test_two_of_one_attack_need_names() -> None:
    two = tuple(Attacking(attack="lens") for _ in range(2))
    with pytest.raises(UserError, match="twice"):
        Attacks(each=two)
    Attacks(each=(two[0], replace(two[1], name="again")))


def test_weights_of_four_bits_are_not_attacked_by_other_weights() -> None:
    run = override(remem(), ["model.adapt.language=lora", "model.quantise=4bit", "methods=npo"])
    resolve(override(run, ["attacks=lens,prefill"]))
    with pytest.raises(UserError, match="merge puts other weights"):
        resolve(override(run, ["attacks=lens,merge"]))


def test_an_attack_that_cannot_be_made_on_the_data_is_said_before_the_first_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    build(folder, BUILD)
    lab = Lab(tmp_path / "run", folder)
    monkeypatch.setattr(Context, "model", lambda context, *arms, uncut=False: lab.open(*arms))
    run = replace(lab.run, attacks=Attacks(each=(Attacking(attack="relearn", settings={"shares": [0.999]}),)))
    with pytest.raises(UserError, match="leaves none to ask"):
        look_through_attacks(Context(lab.root, run))
