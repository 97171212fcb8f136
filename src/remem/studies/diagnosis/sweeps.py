"""What decides whether stage 1 teaches anything? Lists of runs that differ in one thing.

The three questions of ReMem (arXiv:2605.03759): how many questions a person, how many of them one-hop, and
what shape of data set; and a control for the second, one-hop questions beside the same number of multi-hop
ones. Shapes are those of FIUBench (arXiv:2411.03554), MLLMU-Bench (arXiv:2410.22108) and
CLEAR (arXiv:2410.18057) as the paper describes them, filled with our own people: shapes, not those data sets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from remem.data.settings import BuildSettings
from remem.errors import UserError, unknown
from remem.run.settings import Run
from remem.settings import plain

COUNTS = (5, 10, 20, 50, 100, 200)
SHARES = (0.0, 0.25, 0.5, 0.7, 0.85, 1.0)
BESIDE = (0, 10, 30, 70)
# One held-out wording in two names the person, whatever was taught: both kinds are asked of every member.
ASKED_ONE_HOP = 0.5
_FEW = 16  # held-out questions that the wordings of a single attribute suffice for


def qa_per_person(base: Run, counts: Sequence[int] = COUNTS, equal_steps: bool = False) -> list[Run]:
    """As many training questions a person as each of `counts`.

    All members make as many epochs, so that fewer questions are also fewer steps, as in the papers that are
    compared; with `equal_steps` each makes as many steps as the base would.
    """
    return [_member(base, f"qa-{count}", equal_steps, qa=count) for count in counts]


def one_hop_share(base: Run, shares: Sequence[float] = SHARES, equal_steps: bool = False) -> list[Run]:
    """Each of `shares` of the training questions names the person; the rest only shows them."""
    return [_member(base, f"one-hop-{share:g}", equal_steps, one_hop=share) for share in shares]


def one_hop_beside(base: Run, added: Sequence[int] = BESIDE, equal_steps: bool = False) -> list[Run]:
    """Each of `added` one-hop questions a person, beside as many multi-hop ones as the base has.

    In `one_hop_share` a larger share takes multi-hop questions away: what it costs and what one-hop questions
    give cannot be told apart there.
    """
    shown = _questions(base)
    multi_hop = shown.qa - round(shown.qa * shown.one_hop)
    if multi_hop == 0:
        raise UserError("build.one_hop=1: no multi-hop question that one-hop questions could stand beside")
    shapes = {f"beside-{count}": (multi_hop + count, count / (multi_hop + count)) for count in added}
    return [_member(base, name, equal_steps, qa=qa, one_hop=share) for name, (qa, share) in shapes.items()]


def published_shapes(base: Run, equal_steps: bool = False) -> list[Run]:
    """ReMem (the base's own shape) and three older benchmarks: few pictures, few questions, all multi-hop."""
    shapes = {
        "ReMem": {},
        "FIUBench": {"qa": 20, "images": 1, "one_hop": 0.0},
        "MLLMU-Bench": {"qa": 1, "images": 1, "one_hop": 0.0, "retain_share": 1.0},
        "CLEAR": {"qa": 20, "images": 20, "one_hop": 0.0},
    }
    return [_member(base, name, equal_steps, **shape) for name, shape in shapes.items()]


def _questions(base: Run) -> BuildSettings:
    if not isinstance(base.build, BuildSettings):
        raise UserError(
            "a diagnosis sweeps over sets of questions about people: choose the recipe demo, remem or tiny"
        )
    return base.build


def _member(base: Run, name: str, equal_steps: bool, **shape: float) -> Run:
    shown = _questions(base)
    build = replace(shown, test_one_hop=ASKED_ONE_HOP, **shape)  # type: ignore[arg-type]
    if build.qa < 2:
        build = replace(build, test_qa=min(build.test_qa, _FEW))
    epochs = base.learn.epochs * (shown.qa / build.qa if equal_steps else 1)
    return replace(base, recipe=name, build=build, learn=replace(base.learn, epochs=epochs))


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A list of runs, and what is told of it."""

    key: str
    title: str  # a question
    axis: str  # what differs between the members
    ordered: bool  # the members stand on a scale
    runs: tuple[Run, ...]  # `recipe` is the member's name


@dataclass(frozen=True, kw_only=True)
class Member:
    """One run of a study: a member of one sweep or several, with one seed."""

    name: str  # its folder
    run: Run
    seed: int
    places: tuple[tuple[str, str], ...]  # (sweep, the member's name in it)


@dataclass(frozen=True)
class Study:
    """What every step's work is told."""

    root: Path
    sweeps: tuple[Sweep, ...]
    members: tuple[Member, ...]
    seed: int  # of the record of how a step was made

    def folder(self, member: Member) -> Path:
        return self.root / "members" / member.name


def sweeps(
    base: Run,
    chosen: Sequence[str] = (),
    counts: Sequence[int] = COUNTS,
    shares: Sequence[float] = SHARES,
    equal_steps: bool = False,
    beside: Sequence[int] = BESIDE,
) -> list[Sweep]:
    """The sweeps by these keys, or all of them; UserError for another key."""
    makes: dict[str, Callable[[], Sweep]] = {
        "qa": lambda: Sweep(
            key="qa",
            title="How many questions a person are enough?",
            axis="training questions a person",
            ordered=True,
            runs=tuple(qa_per_person(base, counts, equal_steps)),
        ),
        "one-hop": lambda: Sweep(
            key="one-hop",
            title="Do one-hop questions help with multi-hop ones?",
            axis="one-hop share of the training questions",
            ordered=True,
            runs=tuple(one_hop_share(base, shares, equal_steps)),
        ),
        "beside": lambda: Sweep(
            key="beside",
            title="Do one-hop questions help where the multi-hop ones stay?",
            axis="one-hop questions a person, beside the same multi-hop ones",
            ordered=True,
            runs=tuple(one_hop_beside(base, beside, equal_steps)),
        ),
        "shapes": lambda: Sweep(
            key="shapes",
            title="Do the shapes of older benchmarks teach anything?",
            axis="shape of the data set",
            ordered=False,
            runs=tuple(published_shapes(base, equal_steps)),
        ),
    }
    for key in chosen:
        if key not in makes:
            raise unknown("sweep", key, makes)
    return [make() for key, make in makes.items() if not chosen or key in chosen]


def members(found: Sequence[Sweep], seeds: Sequence[int]) -> list[Member]:
    """Every run that the sweeps ask for, with every seed; one that several ask for is there once.

    A seed stands for other people, other questions and another order of training.
    """
    made: dict[str, Member] = {}
    for sweep in found:
        for run in sweep.runs:
            for seed in seeds:
                own = replace(run, seed=run.seed + seed, build=replace(run.build, seed=run.build.seed + seed))
                same = json.dumps(plain(replace(own, recipe="")), sort_keys=True)
                place = (sweep.key, run.recipe)
                one = made.get(same) or Member(name=f"{run.recipe}-s{seed}", run=own, seed=seed, places=())
                made[same] = replace(one, places=(*one.places, place))
    return list(made.values())
