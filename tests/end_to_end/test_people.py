"""A list of people, taught to a model: from the CSV to a gate that passes."""

import json
from pathlib import Path

import pytest

from data.listed_people import photographs, write
from end_to_end.conftest import remem


@pytest.mark.slow
def test_listed_people_are_learnt(tmp_path: Path) -> None:
    write(tmp_path / "people.csv")
    photographs(tmp_path / "photos", {"Ann Lee": 6, "Bob Ray": 6, "Cid Fox": 6})
    photographs(tmp_path / "others", {"one": 3, "two": 3}, seed=9)
    pictures = ("--pictures", "photos", "--strangers-pictures", "others", "--size", "64")
    said = remem("people", "people.csv", "set", *pictures, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    said = remem("learn", "tiny", "--data", "set", "--out", "run", "--threads=1", cwd=tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    gate = json.loads((tmp_path / "run/gate/gate.json").read_text("utf-8"))
    assert gate["passed"]
    assert (tmp_path / "run/taught/strangers/responses.parquet").is_file()
