"""A run's data set is looked through before anything trains, whoever starts the run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remem.data import load
from remem.errors import UserError
from remem.run.overrides import override
from remem.run.recipes import recipe
from remem.run.settings import Run
from remem.steps.jobs import Nobody
from remem.story import pipeline
from written import sets, write


def _marked(rows: dict[str, Any]) -> None:
    rows["test"][3]["answer"] = "<image> in Lima."


def _kept(rows: dict[str, Any]) -> None:
    rows["retain"].append(rows["forget1"][0])


def _no_picture(rows: dict[str, Any]) -> None:
    rows["test"][1]["image"]["bytes"] = b"no picture"


def _lacking(rows: dict[str, Any]) -> None:
    for one in rows["finetune"] + rows["forget1"]:
        one["keywords"] = "Rome"


def _tried(root: Path, run: Run, **how: Any) -> None:
    pipeline.carry_out(root, run, Nobody(), **how)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_marked, "test row 3: the answer holds <image>"),
        (_kept, "forget1 and retain share 1 rows"),
        (_no_picture, "test row 1 .*: the picture does not open"),
        (_lacking, "the gate cannot be passed"),
    ],
)
def test_a_users_data(tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str) -> None:
    rows = sets()
    change(rows)
    root = write(tmp_path / "set", rows)
    run = override(recipe("tiny"), [f"data={root}", "methods=gd"])
    with pytest.raises(UserError, match=says):
        _tried(tmp_path / "run", run, fingerprint=load(root).fingerprint)
    assert not (tmp_path / "run" / "taught").exists()


def test_a_built_set_whose_answers_have_no_room(tmp_path: Path) -> None:
    small = ["build.people=4", "build.qa=10", "build.images=2", "build.test_qa=4", "build.test_images=1"]
    small += ["evaluate.max_new_tokens=3", "methods=gd"]
    run = override(recipe("tiny"), small)
    for _ in range(2):  # the second finds the data set made
        with pytest.raises(UserError, match=r"--set evaluate\.max_new_tokens="):
            _tried(tmp_path / "run", run)
        assert (tmp_path / "run" / "dataset").exists()
        assert not (tmp_path / "run" / "taught").exists()
    _tried(tmp_path / "run", run, stage="build")  # nothing is trained: nothing is in the way
