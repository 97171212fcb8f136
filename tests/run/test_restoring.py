"""What run.json says comes back to the byte, and what does not fit is told."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings
from remem.errors import UserError
from remem.fitted import fit
from remem.run.recipes import RECIPES, drawn, pebench, recipe
from remem.run.settings import restore
from remem.settings import Train, plain
from remem.steps.digests import canonical, text_digest

# Of the canonical JSON of each recipe's settings. Keys are made from it: one that moves makes finished runs
# of that recipe stale, so that it moves on purpose only, and the changelog says so.
DIGESTS = {
    "demo": "6c92f57132a1334c",
    "remem": "505a7d5cb8ae9005",
    "drawn": "7615e3fd7743f167",
    "attacks": "e249a981d14589db",
    "methods": "11d50e2065573032",
    "methods-embedded": "25a7d60cdc004396",
    "tiny": "1057d822a8ce3e16",
    "pebench": "eada8a0c6a2bcb51",
    "pebench-tiny": "f0d39e815e63dda1",
    "remem-llava15": "9022596ab6706453",
    "remem-llava15-24gb": "156be2c4ee0efc72",
    "remem-qwen25vl": "0e1c0c241bab70e3",
    "remem-smolvlm": "ced9978be24da06b",
    "pebench-llava15": "a2d6cdbb1f31322b",
    "smollm2-quick": "17b98dd21d99be72",
    "smollm2": "abef9763791247d6",
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_the_bytes_that_it_had_and_comes_back_with_them(name: str) -> None:
    run = recipe(name)
    written = canonical(plain(run))
    assert text_digest(written)[:16] == DIGESTS[name]
    assert restore(json.loads(written)) == run
    assert canonical(plain(restore(json.loads(written)))) == written  # 6 stays 6, and 6.0 stays 6.0


def changed(path: str, value: Any) -> dict[str, Any]:
    record: dict[str, Any] = plain(drawn())
    group = record
    *above, last = path.split(".")
    for step in above:
        group = group[int(step) if step.isdigit() else step]
    group[last] = value
    return record


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("learn.rl", 1, "unknown setting of learn: rl. Did you mean lr?"),
        ("lern", {}, "unknown setting: lern. Did you mean learn?"),
        ("learn.lr", "0.1", "learn.lr must be a number, not '0.1'"),
        ("learn.lr", True, "learn.lr must be a number, not True"),
        ("learn.lr", 10**400, "learn.lr must be a finite number"),
        ("learn.batch", True, "learn.batch must be a whole number"),
        ("learn.batch", 2.0, "learn.batch must be a whole number"),
        ("learn.batch", 0, "batch must be at least 1"),
        ("learn.by_picture", 1, "learn.by_picture must be true or false"),
        ("learn.schedule", "cosin", "Did you mean cosine?"),
        ("learn", 3, "learn must be a group of settings"),
        ("build.people", "x", "build.people must be a whole number"),
        ("data", 3, "data must be a text"),
        ("forget.methods", [{"name": "npo"}], "forget.methods.method is missing"),
        ("forget.methods.0.method", 3, "forget.methods.method must be a text"),
        ("evaluate.membership", "no", "evaluate.membership must be true or false"),
    ],
)
def test_what_does_not_fit_is_told(path: str, value: object, told: str) -> None:
    with pytest.raises(UserError) as error:
        restore(changed(path, value))
    assert told in str(error.value)
    assert "run.json does not fit this version" in str(error.value)


def test_the_shape_of_a_data_set_is_told_by_its_settings() -> None:
    events, people = plain(pebench().build), plain(drawn().build)
    for record, kind in ((events, PEBenchSettings), (people, BuildSettings)):
        assert type(fit(record, BuildSettings | PEBenchSettings, "build")) is kind
        del record["strangers"]  # a former version did not have it
        assert type(fit(record, BuildSettings | PEBenchSettings, "build")) is kind


def test_a_choice_is_of_one_type() -> None:
    assert fit(1, Literal[1, 2], "x") == 1
    for other in (True, 1.0, "1"):
        with pytest.raises(UserError, match="unknown value of x"):
            fit(other, Literal[1, 2], "x")


def test_whole_numbers_stay_where_keys_are_made_of_them() -> None:
    assert str(fit({"lr": 1}, Train, "learn").lr) == "1.0"
    assert str(fit({"lr": 1}, Train, "learn", whole=True).lr) == "1"
