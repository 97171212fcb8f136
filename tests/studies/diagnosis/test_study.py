"""A whole study of two tiny models, from the command line's pieces to the page."""

import csv
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest

from remem.cli import app
from remem.errors import UserError
from remem.models.families import make_tiny
from remem.run.overrides import override
from remem.run.recipes import tiny
from remem.run.settings import Run
from remem.steps.verify import verify
from remem.studies.diagnosis.study import Study, carry_out, pending_steps, steps
from remem.studies.diagnosis.sweeps import members, sweeps

TEXTS = ["What is the e-mail address of Jane Doe? It is jane.doe@example.com, 12 May 1987."] * 10


class Heard:
    def __init__(self) -> None:
        self.finished: list[str] = []

    def start(self, step: str) -> None: ...
    def update(self, step: str, done: int, total: int, note: str) -> None: ...
    def finish(self, step: str, seconds: float) -> None:
        self.finished.append(step)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("llava")
    make_tiny("llava", folder, TEXTS)
    small = ("people=2", "images=2", "test_qa=2", "test_images=1", "size=16", "candidates=4")
    asked = ("learn.epochs=1", "evaluate.max_new_tokens=2", f"model.name={folder}")
    return override(tiny(), [*(f"build.{one}" for one in small), *asked])


def study(root: Path, base: Run) -> Study:
    found = sweeps(base, ("qa",), counts=(4,))
    return Study(root, tuple(found), tuple(members(found, (0, 1))), 0)


@pytest.fixture(scope="module")
def done(base: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    carry_out(study(root, base), Heard())
    return root


def test_the_page_has_a_figure_and_a_sentence_for_each_sweep(done: Path):
    html = (done / "report" / "index.html").read_text("utf-8")
    assert html.count("<figure>") == 1
    assert "None passes the gate" in html
    assert "95 % intervals over seeds" in html
    assert (done / "report" / "figures" / "qa.svg").is_file()
    assert set(re.findall(r"https?://[^\"]*", html)) == {"http://www.w3.org/2000/svg"}  # it loads nothing


def test_a_study_and_each_of_its_runs_can_be_verified(done: Path):
    of_study, of_run = list(verify(done)), list(verify(done / "members" / "qa-4-s0"))
    assert len(of_study) > len(of_run) > 3
    assert {one.wrong for one in (*of_study, *of_run)} == {""}


def test_the_numbers_hold_every_member_kind_and_metric(done: Path):
    with (done / "report" / "numbers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    there = {(r["member"], r["split"], r["question_type"], r["metric"]) for r in rows}
    for metric in ("em", "rouge_l_f1", "min_k_10", "min_k_pp_10"):
        assert ("qa-4", "test", "multi-hop", metric) in there
        assert ("qa-4", "finetune", "1-hop", metric) in there
    assert ("qa-4", "finetune", "1-hop", "exposure_bits") in there
    one = next(r for r in rows if r["metric"] == "min_k_10")
    assert (one["seeds"], one["people"]) == ("2", "4")


def test_a_second_time_does_nothing_and_a_lost_step_is_made_again(done: Path, base: Run):
    assert pending_steps(study(done, base)) == []
    import shutil

    shutil.rmtree(done / "members" / "qa-4-s1" / "taught" / "scores")
    heard = Heard()
    carry_out(study(done, base), heard)
    assert heard.finished == ["members/qa-4-s1/taught/scores"]


def test_steps_can_be_sent_to_worker_processes(tmp_path: Path, base: Run):
    whole = study(tmp_path, base)
    sent = pickle.loads(pickle.dumps((whole, steps(whole))))
    assert sent == (whole, steps(whole))


def test_other_settings_are_refused(done: Path, base: Run):
    with pytest.raises(UserError, match=r"learn\.lr: 0\.003 → 0\.5"):
        carry_out(study(done, override(base, ["learn.lr=0.5"])), Heard())


def test_own_data_cannot_be_swept(tmp_path: Path, base: Run):
    with pytest.raises(UserError, match="leave out --data"):
        carry_out(study(tmp_path, replace(base, data="mine")), Heard())


def test_numbers_on_the_command_line_are_checked():
    with pytest.raises(UserError, match="--counts 5,x"):
        app(["diagnose", "nowhere", "--counts", "5,x"], standalone_mode=False)
