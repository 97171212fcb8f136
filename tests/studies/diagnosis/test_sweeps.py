"""Sweeps are lists of runs that differ in one thing."""

from dataclasses import replace

import pytest

from remem.data import BuildSettings, build, load
from remem.errors import UserError
from remem.run.recipes import drawn
from remem.settings import plain
from remem.studies.diagnosis import (
    members,
    one_hop_beside,
    one_hop_share,
    published_shapes,
    qa_per_person,
    sweeps,
)


def differences(ours, theirs, path=""):
    if isinstance(ours, dict):
        return [d for key in ours for d in differences(ours[key], theirs[key], f"{path}.{key}")]
    return [path] if ours != theirs else []


def test_members_of_a_sweep_differ_in_one_thing():
    for runs, what in ((qa_per_person(drawn()), ".build.qa"), (one_hop_share(drawn()), ".build.one_hop")):
        for run in runs[1:]:
            assert differences(plain(runs[0]), plain(run)) == [".recipe", what]


def test_equal_steps_are_equal():
    for run in qa_per_person(drawn(), (5, 50, 200), equal_steps=True):
        assert run.learn.epochs * run.build.qa == pytest.approx(600)


def test_beside_keeps_the_multi_hop_questions(tmp_path):
    runs = one_hop_beside(drawn(), (0, 10, 70, 170))
    for run, added in zip(runs, (0, 10, 70, 170), strict=True):
        assert differences(plain(runs[0]), plain(run)) in ([], [".recipe", ".build.qa", ".build.one_hop"])
        build(tmp_path / run.recipe, replace(run.build, people=2, size=16, images=30, test_images=2))
        data = load(tmp_path / run.recipe)
        hops = [data.items[i].hops for i in data.splits["finetune"]]
        assert (hops.count(1), hops.count(2)) == (2 * added, 2 * 30)
    with pytest.raises(UserError, match="no multi-hop question"):
        one_hop_beside(replace(drawn(), build=BuildSettings(one_hop=1.0)))


def test_shapes_are_those_of_the_papers():
    shapes = {run.recipe: run.build for run in published_shapes(drawn())}
    asked = {name: (one.images, one.qa, one.one_hop) for name, one in shapes.items()}
    assert asked == {
        "ReMem": (100, 100, 0.7),
        "FIUBench": (1, 20, 0.0),
        "MLLMU-Bench": (1, 1, 0.0),
        "CLEAR": (20, 20, 0.0),
    }


EXTREMES = published_shapes(drawn())[1:] + one_hop_share(drawn(), (0.0, 1.0))


@pytest.mark.parametrize("run", EXTREMES, ids=lambda run: run.recipe)
def test_every_shape_can_be_built_and_is_asked_both_kinds(run, tmp_path):
    shape = replace(run.build, people=3, size=16, qa=min(run.build.qa, 20), images=min(run.build.images, 4))
    build(tmp_path, replace(shape, test_images=2))
    data = load(tmp_path)
    assert len(data.splits["finetune"]) == 3 * shape.qa
    assert {data.items[i].hops for i in data.splits["finetune"]} == {1 if shape.one_hop else 2}
    assert {data.items[i].hops for i in data.splits["test"]} == {1, 2}
    shown = {data.items[i].image_path for i in data.splits["finetune"]} - {""}
    assert len(shown) <= 3 * shape.images


def test_a_member_of_two_sweeps_is_taught_once():
    found = sweeps(drawn(), counts=(10, 100), shares=(0.5, 0.7), beside=(0, 70))
    made = members(found, (0, 1))
    assert len(made) == 2 * (2 + 2 + 2 + 4 - 3)
    [shared] = [one for one in made if len(one.places) == 4 and one.seed == 0]
    assert shared.places == (
        ("qa", "qa-100"),
        ("one-hop", "one-hop-0.7"),
        ("beside", "beside-70"),
        ("shapes", "ReMem"),
    )
    assert len({one.name for one in made}) == len(made)


def test_seeds_are_other_people():
    one, two = members(sweeps(drawn(), ("qa",), counts=(5,)), (0, 1))
    assert (one.run.build.seed, one.run.seed) == (0, 0)
    assert (two.run.build.seed, two.run.seed) == (1, 1)


def test_an_unknown_sweep_is_named():
    with pytest.raises(UserError, match="Did you mean one-hop"):
        sweeps(drawn(), ("onehop",))


def test_held_out_share_of_one_hop_defaults_to_the_share(tmp_path):
    build(tmp_path, BuildSettings(people=2, qa=10, test_qa=10, images=2, test_images=2, size=16, one_hop=1.0))
    data = load(tmp_path)
    assert {data.items[i].hops for i in data.splits["test"]} == {1}
