"""Verdicts at the edges of their rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gone import GONE, NIL, Between, Untold, seen, stays
from remem.scoring.estimate import Estimate
from remem.scoring.evidence import Seen
from remem.scoring.verdicts import Part, _whole, judge


def kinds(**changes: object) -> dict[str, str]:
    return {part.title: part.kind for part in judge(replace(GONE, **changes)).parts}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("equal", {}),
        # Left of what teaching added: 0.8 of it speaks, more than 0.2 is a part.
        ("speaks", {"said": seen(0.8)}),
        ("partial", {"said": seen(0.79)}),
        ("partial", {"said": seen(0.21)}),
        ("forgets", {"said": seen(0.2)}),
        ("forgets", {"said": seen(0.11)}),
        ("equal", {"said": seen(0.1)}),
        ("partial", {"said": seen(0.5), "refused": seen(0.9)}),
        ("speaks", {"said": seen(0.9), "refused": seen(0.9)}),
        ("speaks", {"said": seen(0.9), "again": seen(0.1)}),
        ("speaks", {"said": seen(0.1), "again": seen(0.9)}),
        ("", {"said": seen(0.0, goal=0.95)}),
        # Half of the answers.
        ("gibberish", {"degenerate": seen(0.5)}),
        ("equal", {"degenerate": seen(0.49)}),
        ("equal", {"degenerate": seen(0.9, goal=0.5)}),
        ("gibberish", {"degenerate": seen(0.9, goal=0.49)}),
        ("gibberish", {"degenerate": seen(0.9, goal=None)}),
        ("gibberish", {"degenerate": seen(0.9), "refused": seen(0.9), "kept_refused": 0.9}),
        ("mute", {"refused": seen(0.5), "kept_refused": 0.5}),
        ("refuses", {"refused": seen(0.5), "kept_refused": 0.49}),
        ("refuses", {"refused": seen(0.5), "kept_refused": None}),
        ("equal", {"refused": seen(0.49), "kept_refused": 1.0}),
        ("equal", {"refused": seen(0.9, goal=0.5), "kept_refused": 1.0}),
        ("mute", {"said": seen(0.9), "refused": seen(0.9), "kept_refused": 0.9}),
        ("equal", {"refused": Seen(), "degenerate": Seen()}),
        # Further than a tenth from the Goal models, and shown to differ.
        ("unlike", {"rouge": seen(0.39, 0.5, gap=Between(-0.2, -0.001))}),
        ("unlike", {"rouge": seen(0.61, 0.5, gap=Between(0.001, 0.2))}),
        ("forgets", {"rouge": seen(0.39, 0.5, gap=Between(-0.2, 0.0))}),
        ("forgets", {"rouge": seen(0.61, 0.5, gap=Between(0.0, 0.2))}),
        ("equal", {"rouge": seen(0.41, 0.5, gap=Between(-0.09, -0.001))}),
        ("near", {"rouge": seen(0.41, 0.5, gap=Between(-0.2, -0.001))}),
        ("near", {"rouge": seen(0.1, 0.0, gap=Between(0.01, 0.2))}),  # a tenth, and no more
        ("unlike", {"rouge": seen(0.3, 0.5, gap=None)}),
        ("forgets", {"rouge": seen(0.3, 0.5, gap=Untold())}),
        ("near", {"rouge": seen(0.5, 0.5, gap=Untold())}),
        ("near", {"rouge": seen(0.5, 0.5, gap=None)}),
        ("forgets", {"rouge": seen(0.5, None)}),
        ("equal", {"rouge": Seen()}),
        # Held out: by its value alone.
        ("forgets", {"again": seen(0.11, gap=NIL)}),
        ("equal", {"again": seen(0.1, gap=Untold())}),
        ("near", {"said": seen(0.0, gap=Untold())}),
    ],
)  # fmt: skip
def test_what_it_says(kind: str, changes: dict) -> None:
    assert kinds(**changes)["says it"] == kind


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("equal", {}),
        ("silenced", {"exposure": seen(0.5)}),
        ("partial", {"exposure": seen(0.49)}),
        ("partial", {"exposure": seen(0.21)}),
        ("forgets", {"exposure": seen(0.2)}),
        ("silenced", {"probability": seen(0.5)}),
        ("partial", {"probability": seen(0.21)}),
        ("forgets", {"probability": seen(0.2)}),
        ("silenced", {"exposure": seen(0.5), "said": seen(0.2)}),
        ("partial", {"exposure": seen(0.9), "said": seen(0.21)}),
        ("silenced", {"exposure": seen(0.5), "said": Seen()}),
        ("partial", {"exposure": seen(0.3), "probability": Seen()}),
        ("partial", {"exposure": Seen(), "probability": seen(0.3)}),
        ("", {"exposure": Seen(), "probability": Seen()}),
        ("", {"exposure": seen(0.5, 0.5, 0.59), "probability": Seen()}),
        # Below the Goal models', by more than a tenth, and shown.
        ("overdone", {"exposure": seen(0.1, 0.3, gap=Between(-0.3, -0.1))}),
        ("overdone", {"probability": seen(0.1, 0.3, gap=Between(-0.3, -0.1))}),
        ("overdone", {"exposure": seen(0.0, 0.15, gap=Between(-0.2, -0.1))}),
        ("forgets", {"exposure": seen(0.1, 0.3, gap=Between(-0.3, 0.1))}),
        ("forgets", {"exposure": seen(0.15, 0.0, gap=Between(0.1, 0.2))}),
        ("forgets", {"exposure": seen(0.2, 0.05, gap=Between(0.1, 0.3))}),
        ("equal", {"exposure": seen(0.3, 0.3)}),
        ("forgets", {"exposure": seen(0.0, None), "chance": 0.0}),
        ("near", {"exposure": seen(0.0, gap=Between(-0.2, 0.2))}),
    ],
)  # fmt: skip
def test_what_it_knows(kind: str, changes: dict) -> None:
    assert kinds(**changes)["knows it"] == kind


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("", Seen()),
        ("told", seen(0.7, 0.5, gap=Between(0.1, 0.3))),
        ("told", seen(0.3, 0.5, gap=Between(-0.3, -0.1))),
        ("forgets", seen(0.7, 0.5, gap=Between(-0.1, 0.5))),
        ("equal", seen(0.59, 0.5)),
        ("equal", seen(0.7, 0.65)),  # easy to spell: so it is for the Goal models
        ("told", seen(0.61, None, gap=None)),
        ("told", seen(0.39, None, gap=None)),
        ("forgets", seen(0.59, None, gap=None)),  # no Goal model: it cannot be near one
        ("forgets", seen(0.41, None, gap=None)),
    ],
)  # fmt: skip
def test_membership(kind: str, seen: Seen) -> None:
    assert kinds(membership=seen)["membership"] == kind


LOST = Between(-0.9, -0.01)


@pytest.mark.parametrize(
    ("kind", "there"),
    [
        ("", {}),
        ("", {"a": Seen()}),
        ("", {"a": stays(0.0, LOST, taught=0.0)}),
        ("equal", {"a": stays(1.0)}),
        ("ruinous", {"a": stays(0.69, LOST)}),
        ("costly", {"a": stays(0.71, LOST)}),
        ("costly", {"a": stays(0.89, LOST)}),
        ("near", {"a": stays(0.91, LOST)}),
        ("equal", {"a": stays(0.91, Between(-0.099, -0.01))}),
        ("near", {"a": stays(0.91, Between(-0.1, -0.01))}),
        ("equal", {"a": stays(1.5, Between(0.4, 0.6))}),  # what should stay may grow
        ("near", {"a": stays(0.5, Between(-0.9, 0.0))}),  # not shown
        ("near", {"a": stays(0.5, Untold())}),
        ("ruinous", {"a": stays(0.5, None)}),
        ("near", {"a": stays(1.0, None)}),
        ("near", {"a": stays(1.0, Untold())}),
        ("costly", {"a": stays(1.0), "b": stays(0.8, LOST), "c": stays(0.2, Untold())}),
        ("ruinous", {"a": stays(0.8, LOST), "b": stays(0.6, LOST), "c": Seen()}),
        ("equal", {"a": stays(0.9, goal=0.9)}),  # what the Goal models lost, too
    ],
)  # fmt: skip
def test_what_stays(kind: str, there: dict[str, Seen]) -> None:
    assert kinds(kept=there)["the kept"] == kind
    world = {"ruinous": "ruins-world", "costly": "costs-world"}.get(kind, kind)
    assert kinds(world=there)["the world"] == world


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("close", {}),  # whether it comes back is not tested
        ("unmeasured", {"said": Seen()}),
        ("unknown-before", {"said": seen(0.0, taught=None), "again": seen(0.0, taught=None)}),
        ("unknown-before", {"said": seen(0.2, taught=None), "again": seen(0.2, taught=None)}),
        ("partial", {"said": seen(0.21, taught=None), "again": seen(0.0, taught=None)}),
        ("partial", {"said": seen(0.0, taught=None), "again": seen(0.21, taught=None)}),
        ("speaks", {"said": seen(0.8, taught=None), "again": seen(0.0, taught=None)}),
        # Without a Goal model strangers are the floor, and the best that can be said is "forgets".
        ("forgets", {"said": Seen(ours=Estimate(mean=0.3), taught=1.0, strangers=0.2), "again": Seen()}),
        ("partial", {"said": Seen(ours=Estimate(mean=0.3), taught=1.0, strangers=0.05), "again": Seen()}),
        ("untaught", {"said": Seen(ours=Estimate(mean=0.3), taught=0.5, strangers=0.45), "again": Seen()}),
        ("unmeasured", {"said": Seen(taught=1.0)}),
        ("untaught", {"said": seen(0.0, taught=0.09)}),
        ("close", {"said": seen(0.0, taught=0.1)}),
        ("unsound", {"kept": {"a": stays(0.6, goal=0.69)}}),
        ("close", {"kept": {"a": stays(0.9, goal=0.7)}}),
        ("unsound", {"kept": {"a": stays(0.9), "b": stays(0.6, goal=0.6)}}),
        ("close", {"kept": {"a": stays(1.0, taught=0.0, goal=0.0), "b": stays(1.0, goal=None)}}),
        ("unsound", {"degenerate": seen(0.0, goal=0.5)}),
        ("close", {"degenerate": seen(0.0, goal=0.49)}),
        ("unsound", {"degenerate": seen(0.0, goal=0.5), "diverged": 1}),
        ("diverged", {"diverged": 1, "exposure": seen(0.9)}),
        ("unproven", {"kept": {}}),
        ("unproven", {"exposure": Seen(), "probability": Seen()}),
        ("costly", {"exposure": Seen(), "probability": Seen(), "kept": {"a": stays(0.8, LOST)}}),
        ("close", {"world": {}}),
        ("close", {"membership": Seen()}),
        ("near", {"membership": seen(0.5, 0.5, gap=Untold()), "world": {}}),
    ],
)  # fmt: skip
def test_the_whole(kind: str, changes: dict) -> None:
    assert judge(replace(GONE, **changes)).kind == kind


def test_equal_needs_every_part_and_two_seeds_and_goal_models() -> None:
    parts = (*judge(GONE).parts[:5], Part("comes back", "equal", ""))
    assert {part.kind for part in parts} == {"equal"}
    assert _whole(GONE, parts) == "equal"
    assert _whole(GONE, judge(GONE).parts) == "close"
    assert _whole(replace(GONE, goals=1, seeds=3), parts) == "close"
    assert _whole(replace(GONE, goals=3, seeds=1), parts) == "close"
