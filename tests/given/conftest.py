"""What the tests of this room share, made once: models that were judged, and two people who were audited."""

from pathlib import Path
from typing import NamedTuple

import pytest

from given.audited import QUICK, REQUEST, Said, remem, teach
from given.fabricated import data_set
from given.judged import assessed, finished  # noqa: F401


class Audited(NamedTuple):
    root: Path  # data set, models, list
    out: Path
    command: tuple[str | Path, ...]
    said: Said


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """set: four people, of whom two are marked; before: taught all of them; after: the two others alone."""
    root = tmp_path_factory.mktemp("models")
    data = data_set(root)
    teach(root / "before", data)
    teach(root / "after", data, without=("forget1",))
    return root


@pytest.fixture(scope="session")
def audited(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    out = tmp_path_factory.mktemp("audited") / "out"
    request = out.parent / "request.toml"
    request.write_text(REQUEST, "utf-8")
    models = ("--before", taught / "before", "--after", taught / "after")
    whom = ("--data", taught / "set", "--all", "--request", request)
    world = ("--set", f"evaluate.world={taught.parent}/nowhere", "--set", "evaluate.world=none")
    command = ("audit", *models, *whom, "--out", out, *QUICK, *world)
    return Audited(taught, out, command, remem(*command))
