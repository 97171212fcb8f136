"""Which candidates a Goal model knows from others."""

import pytest

from fabricate import Questions, item
from remem.asking.candidates import Ranked
from remem.data import BuildSettings, build, load
from remem.data.rivals import agreed, rivals
from remem.types import Ranking


def asked(id: str, person: str, value: str, **other):
    return item(id=id, person=person, answer=f"It is {value}.", keywords=(value,), **other)


def among(id: str, *candidates: str) -> Ranking:
    """The first is the true one."""
    return Ranking(
        id=id,
        candidates=candidates,
        truth=0,
        logp=(-1.0,) * len(candidates),
        tokens=(1,) * len(candidates),
    )


ITEMS = [
    asked("a", "ann", "ann@x.com"),
    asked("b", "bob", "bob@x.com"),
    asked("b again", "bob", "bob@x.com"),
    asked("c", "cem", "cem@x.com"),
    asked("town", "bob", "Ashford", attribute="town"),
]
DATA = Questions(
    {one.id: one for one in ITEMS},
    {"finetune": ("a", "b", "b again", "c", "town"), "forget1": ("a",), "forget2": ("a", "c")},
)
EVERYBODY = among("a", "ann@x.com", "BOB@x.com", "cem@x.com", "decoy@x.com", "Ashford")


def test_what_the_goal_model_is_taught_about_others_is_known_whatever_its_spelling() -> None:
    # Bob's (once, though taught twice) and Cem's; not the decoy, and not another attribute's value.
    assert rivals(DATA, ["forget1"], [EVERYBODY]) == {"a": 2}
    assert rivals(DATA, ["forget2"], [EVERYBODY]) == {"a": 1}


def test_only_candidates_that_were_ranked_count() -> None:
    assert rivals(DATA, ["forget1"], [among("a", "ann@x.com", "cem@x.com", "x@x.com")]) == {"a": 1}


def test_a_true_value_is_no_rival_of_itself() -> None:
    assert rivals(DATA, ["forget1"], [among("b", "bob@x.com", "cem@x.com", "ann@x.com")]) == {"b": 1}


def test_nothing_is_expected_of_a_value_that_somebody_else_has_too() -> None:
    twin = asked("twin", "dan", "Ann@X.com")
    data = Questions(DATA.items | {"twin": twin}, DATA.splits | {"finetune": (*DATA.items, "twin")})
    assert rivals(data, ["forget1"], [EVERYBODY]) == {"a": None}


def test_what_several_goal_models_do_not_agree_on_is_not_told() -> None:
    counts = [rivals(DATA, [split], [EVERYBODY]) for split in ("forget1", "forget2")]
    assert agreed(counts) == {"a": None}
    assert agreed(counts[:1]) == {"a": 2}


@pytest.mark.parametrize("size", [0, 6])
def test_in_a_built_set_the_others_of_finetune_are_known(tmp_path, size: int) -> None:
    shape = {"people": 4, "qa": 4, "images": 2, "test_qa": 1, "test_images": 1, "size": 32, "candidates": 9}
    build(tmp_path / "d", BuildSettings(**shape, source="drawn", forget=(0.25,)))
    data = load(str(tmp_path / "d"))
    ranked = Ranked(data, size)
    gone = [data.items[id] for id in data.splits["forget1"]]
    found = rivals(data, ["forget1"], [among(one.id, *_truth_first(ranked.among(one), one)) for one in gone])
    others = {person for person in data.people if person != gone[0].person}
    for one in gone:
        taught = {
            other.keywords[0]
            for other in map(data.items.__getitem__, data.splits["finetune"])
            if other.person in others and other.attribute == one.attribute
        }
        assert found[one.id] == len(taught & set(ranked.among(one)))
    assert max(count or 0 for count in found.values()) > 0


def _truth_first(candidates: tuple[str, ...], one) -> list[str]:
    return [one.keywords[0], *(name for name in candidates if name != one.keywords[0])]
