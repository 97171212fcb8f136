"""Relearning a share of the facts: who knows what, what is asked, and the curve over steps."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from attacks.small import SILENCE, Small
from data.invented import row, rows
from fabricate import item
from remem.attacks import make
from remem.attacks.base import Asked, Tried
from remem.attacks.guard import gives_away
from remem.attacks.relearn import Division, Relearn, division, facts
from remem.attacks.scene import Scene
from remem.errors import UserError
from remem.models.huggingface import Model
from remem.scoring.facts import fact
from remem.types import Item


def scene(forget: list[Item], secrets: list[Item] | None = None, **more: Any) -> Scene:
    """No model: what is divided is rows."""
    asked = forget if secrets is None else secrets
    return Scene(data=None, open=None, forget=tuple(forget), secrets=tuple(asked), **more)  # type: ignore[arg-type]


def tried(attack: Relearn, scene: Scene) -> list[Tried]:
    scene.folder.mkdir(parents=True, exist_ok=True)
    return [one for trial in attack.trials(scene) for one in trial.work()]


def of(part: Division) -> set[tuple[str, ...]]:
    return {fact(one) for one in part.rows}


def test_a_share_is_of_facts_and_every_row_about_them_is_known() -> None:
    forget = rows(["ann", "bob"], facts=10, wordings=3)  # 20 facts in 60 rows
    part = division(scene(forget), 0.1)
    assert (part.known, part.facts, part.given_away) == (2, 20, 0)
    assert len(of(part)) == 2
    assert len(part.rows) == 6
    assert [one.id for one in part.asked] == [one.id for one in forget if fact(one) not in of(part)]


def test_what_is_known_at_a_small_share_is_known_at_a_large_one() -> None:
    one = scene(rows(["ann", "bob"], facts=10, wordings=2))
    known = [of(division(one, share)) for share in (0.01, 0.05, 0.1, 0.25, 0.5)]
    assert [len(inside) for inside in known] == [1, 1, 2, 5, 10]
    assert all(small <= large for small, large in pairwise(known))


def test_seeds_draw_other_facts_and_the_order_of_rows_does_not_matter() -> None:
    forget = rows(["ann", "bob"], facts=10, wordings=2)
    assert facts(scene(forget)) == facts(scene(forget[::-1]))
    assert facts(scene(forget, seed=1)) != facts(scene(forget, seed=2))


def test_what_a_known_row_gives_away_is_not_asked_and_counted() -> None:
    """Both live in Oslo: who knows it of one of them has read the answer about the other."""
    forget = [row(who, "town", value="Oslo") for who in ("ann", "bob")] + [
        row("ann", "job"),
        row("bob", "job"),
    ]
    for seed in range(20):
        part = division(scene(forget, seed=seed), 0.25)
        told = next(iter(of(part)))
        assert part.given_away == (1 if told[1] == "town" else 0)
        assert len(part.asked) == 3 - part.given_away
        assert not {"Oslo"} & {word for one in part.asked for word in one.keywords if told[1] == "town"}


def test_with_all_facts_known_held_out_words_are_asked() -> None:
    forget, again = rows(["ann"], facts=2, wordings=1), rows(["ann"], facts=2, wordings=2)
    part = division(scene(forget, again=tuple(again)), 1.0)
    assert (part.known, part.rows, part.asked) == (2, tuple(forget), tuple(again))


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.95, "of 4 facts to forget it takes 4 and leaves none to ask: choose shares of at most 0.75"),
     (1.0, "no held-out questions")],
)  # fmt: skip
def test_shares_that_leave_nothing_to_ask_are_refused(share: float, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Relearn(shares=(0.25, share)).check(scene(rows(["ann"], facts=4, wordings=2)))


def test_a_single_fact_has_no_share() -> None:
    with pytest.raises(UserError, match=r"of 1 facts .* only shares=\[1\] can be"):
        division(scene(rows(["ann"], facts=1, wordings=2)), 0.1)


def test_rows_that_hold_all_other_answers_leave_nothing_to_ask() -> None:
    forget = [row("ann", "town", value="Oslo"), row("bob", "town", value="Oslo")]
    with pytest.raises(UserError, match="hold the answers to all other questions"):
        division(scene(forget), 0.5)


def test_shares_that_are_as_many_facts_are_one_trial() -> None:
    one = scene(rows(["ann"], facts=10, wordings=1))
    names = [trial.name for trial in Relearn(shares=(0.01, 0.05, 0.1, 0.125, 0.5)).trials(one)]
    assert names == ["facts-1", "facts-12-5", "facts-50"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shares": [0.0]}, "relearn.shares must be above 0 and at most 1"),
        ({"shares": [1.5]}, "relearn.shares must be above 0 and at most 1"),
        ({"shares": [0.1, 0.1]}, "is there twice"),
        ({"how": "adapter"}, "unknown way to train for relearn.how: adapter"),
        ({"lr": -1.0}, "relearn.lr must be at least 0"),
        ({"epochs": 0.0}, "relearn.epochs must be above 0"),
        ({"at": [-1]}, "relearn.at must be at least 0"),
        ({"batch": 0}, "relearn.batch must be at least 1"),
        ({"share": [0.1]}, "unknown setting of relearn: share. Did you mean shares"),
    ],
)
def test_bad_settings_say_what_to_do(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make("relearn", settings)


def test_steps_take_the_place_of_passes() -> None:
    from remem.training.loop import steps

    assert steps(Relearn(epochs=3, batch=4).training(10), 10) == 9
    for rows_, batch, wanted in ((10, 4, 10), (3, 8, 7), (11, 3, 1)):
        assert steps(Relearn(steps=wanted, batch=batch).training(rows_), rows_) == wanted
    assert (Relearn().training(1).lr, Relearn(how="lora").training(1).lr) == (2e-5, 1e-4)


@pytest.mark.parametrize("how", ["full", "lora"])
def test_the_curve_begins_at_the_arm_itself(plain: Small, tmp_path: Path, how: str) -> None:
    one = plain.scene("base", tmp_path, pictures=True)
    found = tried(Relearn(shares=(0.5, 1.0), how=how, lr=3e-2, steps=3, at=(0, 2, 9)), one)
    assert [(had.setting, had.curve, had.at) for had in found] == [
        (f"{share} % of facts, step {step}", f"{share} % of facts", float(step))
        for share in (50, 100)
        for step in (0, 2, 3)
    ]
    for start, last in (found[0], found[2]), (found[3], found[5]):
        items = [one.data.items[answer.id] for answer in start.answers]
        assert items == list(division(one, 0.5 if start is found[0] else 1.0).asked)
        assert list(start.answers) == one.ask([Asked(item, one.question(item)) for item in items])
        assert list(start.rankings) == one.rank([one.cloze(item) for item in items])
        assert {ranking.id for ranking in start.rankings} == {item.id for item in items}
        assert start.rankings != last.rankings
    assert found[0].notes == {"facts known": 1, "facts": 2, "questions given away": 0, "rows": 2}
    assert not list(tmp_path.iterdir())


class Killed(Exception):
    pass


def test_killed_inside_and_resumed_is_the_same(
    plain: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it is asked, and after steps: no look is lost, and none that is on disk is made again."""
    monkeypatch.setattr("remem.training.resume.CHECKPOINT_EVERY_S", 0.0)
    attack = Relearn(shares=(0.5,), lr=1e-2, steps=5, at=(0, 1, 3))
    whole = tried(attack, plain.scene("base", tmp_path / "whole"))
    asked: list[int] = []
    stops = {"asked": [2, 3], "steps": [2, 4]}

    class Mortal(Scene):
        def ask(self, asked_: Any, model: Model | None = None) -> Any:
            if len(asked) in stops["asked"]:
                stops["asked"].remove(len(asked))
                raise Killed
            asked.append(1)
            return super().ask(asked_, model)

    def die(done: int, total: int, note: str = "") -> None:
        if done in stops["steps"] and note.startswith("loss"):
            stops["steps"].remove(done)
            raise Killed

    monkeypatch.setattr("attacks.small.Scene", Mortal)
    killed = 0
    while True:
        try:
            again = tried(attack, plain.scene("base", tmp_path / "killed", progress=die))
            break
        except Killed:
            killed += 1
    assert killed == 4
    assert again == whole
    assert len(asked) == len(whole) == 4


def test_a_training_that_diverges_gives_the_steps_before(plain: Small, tmp_path: Path) -> None:
    """After the first step the loss is no number: what was asked of those weights is thrown away."""

    def torn() -> Model:
        model = opened()
        forward, calls = model.forward, []

        def broken(batch: Any) -> Any:
            calls.append(batch)
            out = forward(batch)
            return out._replace(logp=out.logp * (1.0 if len(calls) < 2 else torch.nan))

        model.forward = broken  # type: ignore[method-assign]
        return model

    one = plain.scene("base", tmp_path)
    opened = one.open
    broken = plain.scene("base", tmp_path)
    object.__setattr__(broken, "open", torn)
    found = tried(Relearn(shares=(0.5,), steps=4, at=(0, 1, 2)), broken)
    assert [(had.at, had.notes["diverged after step"]) for had in found] == [(0.0, 0.0)]


def test_an_arm_that_diverged_is_attacked_like_any_other(plain: Small, tmp_path: Path) -> None:
    """Its weights are no numbers: it says nothing, and the training ends where it began."""

    def lost() -> Model:
        model = opened()
        for parameter in model.network.parameters():
            parameter.data.fill_(torch.nan)
        return model

    one = plain.scene("base", tmp_path)
    opened = one.open
    object.__setattr__(one, "open", lost)
    found = tried(Relearn(shares=(0.5,), steps=2, at=(0,)), one)
    assert [had.at for had in found] == [0.0]
    assert found[0].notes["diverged after step"] == 0.0


def test_an_arm_that_only_hides_comes_back_and_a_goal_does_not(arms: Small, tmp_path: Path) -> None:
    """One fact is taught again, the other is asked for. Nothing that is taught holds it."""
    attack = Relearn(shares=(0.5,), lr=1e-3, steps=6, at=(0,))
    hits, said = {}, {}
    for arm in ("arm", "goal", "base"):
        start, end = tried(attack, arms.scene(arm, tmp_path / arm))
        said[arm] = start.answers[0].texts[0]
        hits[arm] = [
            gives_away(one.texts[0], arms.data.items[one.id]) for had in (start, end) for one in had.answers
        ]
    assert said["arm"] == SILENCE
    assert hits == {"arm": [False, True], "goal": [False, False], "base": [False, False]}


def test_rows_are_guarded_once_more_before_they_are_taught(plain: Small, tmp_path: Path) -> None:
    """A division that would let an answer through is stopped at the scene."""
    one = plain.scene("base", tmp_path)
    spoilt = item(id=one.secrets[0].id, keywords=one.secrets[0].keywords, answer=one.secrets[0].answer)
    with pytest.raises(UserError, match="a row to train on holds its answer"):
        list(Relearn().run(one, "leak", [spoilt], one.secrets, folder="leak", notes={}))
