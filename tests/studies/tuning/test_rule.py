"""The rule that picks a trial, on tables whose winners are known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from remem.errors import UserError
from remem.studies.tuning.rule import Rule, Trial, choose, front

DECISION = Path(__file__).parents[3] / "docs" / "decisions" / "0006-demo-settings.md"
EM, EXPOSURE, KEEP = Rule().measures


def trial(
    name: str, em: float | None, exposure: float | None, keep: float | None, diverged: bool = False
) -> Trial:
    measured = {EM: em, EXPOSURE: exposure, KEEP: keep}
    return Trial(name=name, method="npo", point={"lr": 1e-4}, measured=measured, diverged=diverged)


def published() -> dict[str, tuple[list[Trial], str]]:
    """Method -> its trials in the table of decision 6, and the one that its arrow points at."""
    tables: dict[str, tuple[list[Trial], str]] = {}
    for line in DECISION.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not re.fullmatch(r"0\.\d+", cells[1] if len(cells) == 8 else ""):
            continue
        method, lr, epochs, em, exposure, retain, _, arrow = cells
        trials, winner = tables.get(method, ([], ""))
        trials.append(trial(f"{lr}, {epochs}", float(em), float(exposure), float(retain)))
        tables[method] = (trials, trials[-1].name if arrow else winner)
    return tables


def test_it_picks_what_decision_6_picked() -> None:
    tables = published()
    assert set(tables) == {"ga", "gd", "kl", "npo", "po"}
    for method, (trials, winner) in tables.items():
        choice = choose(trials, Rule())
        assert choice is not None
        assert choice.kept
        assert choice.trial.name == winner, method


def test_ties_go_to_the_next_measure_then_to_what_is_kept_then_to_the_first() -> None:
    first, second = trial("a", 0.0, 0.3, 0.9), trial("b", 0.0, 0.2, 0.9)
    assert picked([first, second]) == "b"
    assert picked([first, trial("b", 0.0, 0.3, 0.95)]) == "b"
    assert picked([first, trial("b", 0.0, 0.3, 0.9)]) == "a"


def test_near_is_a_tie_when_told_so() -> None:
    trials = [trial("a", 0.00, 0.5, 0.9), trial("b", 0.01, 0.1, 0.9), trial("c", 0.03, 0.0, 0.9)]
    assert picked(trials) == "a"
    assert picked(trials, Rule(tie=0.02)) == "b"  # c is near b, but not near the lowest


def test_what_forgets_everything_and_keeps_too_little_does_not_win() -> None:
    choice = choose([trial("a", 0.0, 0.0, 0.84), trial("b", 0.9, 0.9, 0.85)], Rule())
    assert choice is not None
    assert (choice.trial.name, choice.kept) == ("b", True)  # at the threshold is enough
    assert picked([trial("a", 0.0, 0.0, 0.84), trial("b", 0.9, 0.9, 0.85)], Rule(at_least=0.8)) == "a"


def test_where_none_keeps_enough_the_one_that_keeps_most_is_taken_and_says_so() -> None:
    choice = choose([trial("a", 0.0, 0.0, 0.2), trial("b", 0.9, 0.9, 0.7)], Rule())
    assert choice is not None
    assert (choice.trial.name, choice.kept) == ("b", False)
    assert "none keeps" in choice.why


def test_divergence_and_missing_measures_do_not_win() -> None:
    gone, lost = trial("a", 0.0, 0.0, 1.0, diverged=True), trial("b", 0.0, None, 1.0)
    assert picked([gone, lost, trial("c", 0.9, 0.9, 0.9)]) == "c"
    assert choose([gone, lost], Rule()) is None


def test_the_front_is_what_no_other_beats() -> None:
    trials = [
        trial("a", 0.0, 0.0, 0.5),
        trial("b", 0.2, 0.0, 0.9),
        trial("c", 0.2, 0.0, 0.8),  # b keeps more and forgets as much
        trial("d", 0.0, 0.0, 1.0, diverged=True),
        trial("e", 0.0, 0.9, 0.5),  # as good as a on both ends
    ]
    assert [one.name for one in front(trials, Rule())] == ["a", "b", "e"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lower": ("forgot:em",)}, "Did you mean forget"),
        ({"lower": ("forget:exposure_nrm",)}, "Did you mean exposure_norm"),
        ({"lower": ("forget",)}, "unknown metric of the measure forget"),
        ({"lower": ()}, "names no measure"),
        ({"keep": "retain:emm"}, "Did you mean em"),
        ({"at_least": 85}, "--at-least must be at least 0 and at most 1"),
        ({"tie": -1}, "--tie must be at least 0"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Rule(**settings)


def picked(trials: list[Trial], rule: Rule | None = None) -> str:
    choice = choose(trials, rule or Rule())
    assert choice is not None
    return choice.trial.name
