import pytest

from remem.report.read import RunRecord
from remem.report.reproduce import command, differences
from remem.run.overrides import override
from remem.run.recipes import drawn, pebench
from remem.settings import plain


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["learn.lr=0.001", "build.people=8", "seed=3"],
        ["methods=npo,ga", "npo.beta=0.2", "ga.epochs=2"],
        ["forget.split=forget2", "forget.seeds=0,1", "data=some where/else"],
    ],
)
def test_the_printed_settings_make_the_same_run(settings: list[str]):
    asked = override(drawn(), settings)
    assert override(drawn(), differences(plain(drawn()), plain(asked))) == asked


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["forget.tasks=both", "bgd.tasks=", "judge.names=offline,minilm"],
        ["build.events=5", "po.tasks=person"],
    ],
)
def test_so_do_those_of_people_in_events(settings: list[str]):
    asked = override(pebench(), settings)
    assert override(pebench(), differences(plain(pebench()), plain(asked))) == asked


def test_the_command_is_quoted():
    asked = plain(override(drawn(), ["data=some where/else"]))
    request = {"run": asked, "ignore_gate": True}
    run = RunRecord(recipe="drawn", version="", request=request, config={}, gate=None, arms={}, forget=None)
    assert command(run) == "remem run drawn --set 'data=some where/else' --ignore-gate"
