"""The short form of `make fuzz`: what once failed, and some new cases of each target from one seed."""

from __future__ import annotations

import json

import pytest

from fuzz.campaign import ACCEPTED, REFUSED, TARGETS, Silent, attempt, campaign, kept, target
from remem.errors import UserError

SOME = 18  # cases of each target that does not say otherwise


@pytest.mark.parametrize("name", TARGETS)
def test_some_cases_of(name: str) -> None:
    tally = campaign(name, getattr(target(name), "SOME", SOME), start=20_26)
    assert not tally.failures, "\n\n".join(f"{f.case}\n{f.text}" for f in tally.failures.values())
    assert tally.counts[REFUSED] > 0


def test_what_once_failed() -> None:
    found = {json.dumps(case): attempt(target(name), case) for name, case in kept()}
    assert not {case: why for case, why in found.items() if why not in (REFUSED, ACCEPTED)}


class Odd:
    """A target that does what its case says."""

    @staticmethod
    def run(case: dict[str, str], folder: object) -> str:
        does = case["does"]
        if does == "refuse":
            raise UserError("the file x is broken: make it again")
        if does == "mumble":
            raise UserError("bad")
        if does == "pass nonsense":
            raise Silent("7 was read as 8")
        if does == "hang":
            while True:
                pass
        if does == "exit":
            raise SystemExit(0)
        if does == "break":
            raise KeyError("x")
        return ACCEPTED


@pytest.mark.parametrize(
    ("does", "kind"),
    [
        ("mumble", "garbled"),
        ("pass nonsense", "silent"),
        ("hang", "hang"),
        ("exit", "traceback"),
        ("break", "traceback"),
    ],
)
def test_what_fails_is_told_apart(does: str, kind: str) -> None:
    found = attempt(Odd, {"does": does}, limit_s=0.2)
    assert not isinstance(found, str)
    assert found.kind == kind


def test_what_is_well() -> None:
    assert attempt(Odd, {"does": "refuse"}) == REFUSED
    assert attempt(Odd, {"does": "accept"}) == ACCEPTED
