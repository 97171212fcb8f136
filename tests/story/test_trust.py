"""A run says nothing that is not so: of other code, other settings, other requests, other machines."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remem.cli import looking
from remem.data import BuildSettings, build, load
from remem.errors import Crashed, UserError
from remem.report.read import read_run
from remem.run import code
from remem.run.arms import arms_in
from remem.run.context import Context, check_places, open_run, read_run_record
from remem.run.settings import Run
from remem.settings import Evaluate, Forget, ModelSettings, Train, Unlearn
from remem.sharing import export_results
from remem.sharing.card import model_card
from remem.steps.jobs import Nobody
from remem.steps.store import ABOVE
from remem.steps.verify import verify
from remem.story.claim import at_work, request_of
from remem.story.pipeline import carry_out, finished, survey
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.story.retell import retell
from remem.studies.comparing.page import write as compare
from scripted import Scripted


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("somewhere") / "people"
    shape = {"people": 4, "qa": 10, "images": 2, "test_qa": 4, "test_images": 1, "size": 16, "candidates": 4}
    build(folder, BuildSettings(**shape, forget=(0.5,)))  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def says(people: Path) -> Callable[..., Scripted]:
    data = load(str(people))
    gone = {data.items[i].person for i in data.splits["forget1"]}
    everything = {item.id: item.answer for item in data.items.values()}
    kept = {id: text for id, text in everything.items() if data.items[id].person not in gone}

    def model(context: Context, *arms: str) -> Scripted:
        return Scripted(arms, (kept if arms[-1] != "taught" else everything) if arms else {})

    return model


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch, says: Callable[..., Scripted]) -> None:
    monkeypatch.setattr(Context, "model", says)


def asked(people: Path, *methods: str | Unlearn, **more: Any) -> Run:
    chosen = tuple(Unlearn(method=one) if isinstance(one, str) else one for one in methods or ("npo",))
    run = Run(
        recipe="scripted",
        data=str(people),
        learn=Train(lr=1e-3, batch=16),
        forget=Forget(methods=chosen, train=Train(batch=8)),
        evaluate=Evaluate(max_new_tokens=64, batch=64, exposure_people=1, world="none"),
        model=ModelSettings(rehearse=0.0, name="tiny"),
    )
    return replace(run, **more)


def tell(root: Path, run: Run, **how: Any) -> None:
    carry_out(root, run, Nobody(), fingerprint=load(run.data).fingerprint, **how)


@pytest.fixture(scope="module")
def made(people: Path, says: Callable[..., Scripted], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Context, "model", says)
        tell(root, asked(people))
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def table(root: Path, name: str) -> list[dict[str, str]]:
    with (root / "report/tables" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def stands(root: Path, run: Run, **how: Any) -> Any:
    return survey(root, run, load(run.data).fingerprint, False, "report", **how)


# -- other code ---------------------------------------------------------------------------------------


@pytest.fixture
def other_npo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of npo multiplied by five, so to speak."""
    digest = code.syntax_digest
    monkeypatch.setattr(
        code, "syntax_digest", lambda name: digest(name) + ("x" if name.endswith("npo") else "")
    )
    return


@pytest.mark.usefixtures("other_npo")
def test_a_changed_method_is_made_again_and_nothing_else_is(root: Path, people: Path) -> None:
    run = asked(people)
    assert not finished(root, run, False, load(run.data).fingerprint, "report")
    found = stands(root, run)
    assert found.stale == {
        "npo-s0/model": "the code of method npo has changed since",
        "npo-s0/responses": ABOVE,
        "npo-s0/strangers": ABOVE,
    }
    before = (
        (root / "npo-s0/model/provenance.json").read_bytes(),
        (root / "goal/model/step.json").read_bytes(),
    )
    tell(root, run)
    assert (root / "npo-s0/model/provenance.json").read_bytes() != before[0]
    assert (root / "goal/model/step.json").read_bytes() == before[1]
    assert finished(root, run, False, load(run.data).fingerprint, "report")


@pytest.mark.usefixtures("other_npo")
def test_what_is_kept_though_stale_is_marked_in_every_table(root: Path, people: Path) -> None:
    run = asked(people)
    tell(root, run, keep_old=True)
    assert read_run_record(root)["old"]["npo-s0/model"] == "the code of method npo has changed since"
    for name in ("methods", "summary", "exposure", "cost"):
        notes = {row["arm"]: row["notes"] for row in table(root, f"{name}.csv")}
        assert "kept-old" in notes["npo-s0"]
        assert "kept-old" not in notes["goal"]
    for name in ("methods.md", "methods.tex", "summary.md", "cost.md"):
        assert "though stale: npo-s0" in (root / "report/tables" / name).read_text()
    assert "though stale: npo-s0" in (root / "report/index.html").read_text()
    assert finished(root, run, False, load(run.data).fingerprint, "report", keep_old=True)
    assert not finished(root, run, False, load(run.data).fingerprint, "report")
    tell(root, run)
    assert "though stale" not in (root / "report/index.html").read_text()


@pytest.mark.usefixtures("other_npo")
def test_what_is_kept_though_stale_is_told_wherever_its_numbers_go(
    root: Path, people: Path, tmp_path: Path
) -> None:
    tell(root, asked(people), keep_old=True)
    (root / ".trash/x/scores").mkdir(parents=True)  # what a killed run left there is no arm
    (root / ".trash/x/scores/summary.json").write_text("{}")
    export_results(root, tmp_path / "results.jsonl")
    lines = [json.loads(line)["model_info"] for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    told = {line["id"]: line["additional_details"].get("kept_old", "") for line in lines}
    assert "npo-s0/model: the code of method npo has changed since" in told["remem/npo-s0"]
    assert told["remem/goal"] == ""
    cards = {arm: model_card(root, asked(people), arm, "0") for arm in ("npo-s0", "goal")}
    assert "kept old: npo-s0/model: the code of method npo has changed" in cards["npo-s0"]
    assert "kept old" not in cards["goal"]


@pytest.mark.parametrize("step", ["scores", "responses"])
def test_what_was_tampered_with_is_told_by_nobody(
    root: Path, people: Path, tmp_path: Path, step: str
) -> None:
    changed = root / "npo-s0" / step / ("summary.json" if step == "scores" else "responses.parquet")
    changed.write_bytes(changed.read_bytes().replace(b"e", b"f", 1))
    tellers: list[Callable[[], Any]] = [lambda: retell(root)]
    if step == "scores":
        tellers += [
            lambda: export_results(root, tmp_path / "results.jsonl"),
            lambda: model_card(root, asked(people), "npo-s0", "0"),
        ]
    for teller in tellers:
        with pytest.raises(UserError, match=f"npo-s0/{step} is not as it was made"):
            teller()


def test_weights_that_were_tampered_with_are_loaded_by_nobody(
    root: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the model of these tests is no file
    file = next(path for path in (root / "npo-s0/model").iterdir() if path.name == "outcome.json")
    file.write_bytes(file.read_bytes().replace(b"0", b"1", 1) + b" ")
    with pytest.raises(UserError, match="npo-s0/model is not as it was made"):
        Context(root, asked(people)).model("taught", "npo-s0")


def test_a_report_of_what_is_there_leaves_a_folder_of_the_users(root: Path) -> None:
    shutil.rmtree(root / "report")
    (root / "report").mkdir()
    (root / "report/mine.txt").write_text("mine")
    with pytest.raises(UserError, match="was not made by remem"):
        retell(root)
    assert (root / "report/mine.txt").read_text() == "mine"


def test_a_run_of_a_former_version_is_one_message_to_status_and_verify(root: Path) -> None:
    record = json.loads((root / "run.json").read_text())
    for key in ("format", "sha256"):
        del record[key]
    (root / "run.json").write_text(json.dumps(record | {"version": "0.1.0"}))
    for verb in (looking.status, looking.verify):
        with pytest.raises(UserError, match=r"made by remem 0\.1\.0 \(format 1\).*remem report"):
            verb(root)


def test_a_metric_added_later_is_computed_for_finished_arms(
    root: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "_metrics", lambda: (("metrics/mine.py", "x"),))
    found = stands(root, asked(people))
    assert found.stale == {}  # nothing is trained or asked again
    assert {step.name for step in found.todo} >= {
        f"{arm}/scores" for arm in ("base", "taught", "goal", "npo-s0")
    }
    assert not any(step.name.endswith(("model", "responses")) for step in found.todo)


def test_an_unrelated_edit_leaves_finished_steps_finished(
    root: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "folder_digest", lambda package: "another report")
    assert [step.name for step in stands(root, asked(people)).todo] == ["report"]


def test_the_redo_that_the_docs_teach_leaves_nothing_stale(
    root: Path, people: Path, says: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step's folder deleted, the arm made anew, other scores: page and tables have them."""
    before = {row["arm"]: row for row in table(root, "methods.csv")}
    monkeypatch.setattr(
        Context,
        "model",
        lambda context, *arms: Scripted(arms, {} if "npo-s0" in arms else says(context, *arms).says),
    )
    shutil.rmtree(root / "npo-s0")
    tell(root, asked(people))
    after = {row["arm"]: row for row in table(root, "methods.csv")}
    assert before["goal"] == after["goal"]
    assert float(before["npo-s0"]["retain:em"]) == 1.0
    assert float(after["npo-s0"]["retain:em"]) == 0.0


# -- other bytes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["goal/model", "npo-s0/model", "npo-s0/responses"])
def test_a_damaged_step_stops_the_run_and_is_named(root: Path, people: Path, step: str) -> None:
    file = next(
        path
        for path in sorted((root / step).iterdir())
        if path.suffix in (".parquet", ".safetensors", ".jsonl")
    )
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 4
    file.write_bytes(bytes(raw))
    with pytest.raises(
        UserError, match=f"{step} is not as it was made: the content of {file.name} has changed"
    ):
        finished(root, asked(people), False, load(str(people)).fingerprint, "report")
    assert [one.step for one in verify(root) if one.wrong] == [step]


def test_weights_copied_from_the_goal_model_are_seen(root: Path, people: Path) -> None:
    for path in (root / "goal/model").iterdir():
        if path.name not in ("step.json", "provenance.json"):
            shutil.copy(path, root / "npo-s0/model")
    with pytest.raises(UserError, match="npo-s0/model is not as it was made"):
        stands(root, asked(people))


# -- other settings -----------------------------------------------------------------------------------


def test_a_refused_run_has_written_nothing(root: Path, people: Path) -> None:
    stands(root, asked(people))  # what was read over is noted; steps of the copy are read over for once
    before = {
        path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts
    }
    with pytest.raises(UserError, match=r"learn\.lr"):
        tell(root, asked(people, learn=Train(lr=0.5, batch=16)))
    after = {
        path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts
    }
    assert before == after


def test_two_runs_with_different_settings_at_once_are_not_mixed(people: Path, tmp_path: Path) -> None:
    one, other = resolve(asked(people)), resolve(asked(people, learn=Train(lr=0.5, batch=16)))
    joined = resolve(asked(people, "npo", "ga"))
    steps = {id(run): plan(run, "x") for run in (one, other, joined)}
    with at_work(tmp_path, one, request_of(one, False, "x"), steps[id(one)], steps[id(one)]):
        written = (tmp_path / "run.json").read_bytes()
        refused = at_work(tmp_path, other, request_of(other, False, "x"), steps[id(other)], steps[id(other)])
        with pytest.raises(UserError, match="another remem is at work"), refused:
            pass
        assert (tmp_path / "run.json").read_bytes() == written
        with at_work(tmp_path, one, request_of(one, False, "x"), steps[id(one)], steps[id(one)]):
            pass  # the same request shares the work
        with at_work(tmp_path, joined, request_of(joined, False, "x"), steps[id(joined)], steps[id(joined)]):
            pass  # so does one whose steps agree
    with at_work(tmp_path, other, request_of(other, False, "x"), steps[id(other)], steps[id(other)]):
        pass  # nobody is at work, and nothing is made: it is the run's own folder now


# -- other requests -----------------------------------------------------------------------------------


def test_arms_of_several_requests_live_together(root: Path, people: Path, tmp_path: Path) -> None:
    tell(root, asked(people, "ga"))  # npo is an arm of the request before
    arms = arms_in(root)
    assert {name: arm.role for name, arm in arms.items()} == {
        "base": "base", "taught": "taught", "goal": "goal", "ga-s0": "method", "npo-s0": "method",
    }  # fmt: skip
    assert arms["npo-s0"].request != arms["ga-s0"].request
    data = load(str(people))
    assert set(read_run(root, data).methods) == {"ga", "npo"}
    assert {row["arm"] for row in table(root, "methods.csv")} == set(arms)
    page = compare(root, tmp_path / "page.md").read_text()
    assert "| npo |" in page
    assert export_results(root, tmp_path / "results.jsonl") == len(arms)
    context, record = open_run(root)
    for name, text in (
        ("npo-s0", "unlearnt a part of it by npo"),
        ("ga-s0", "by ga"),
        ("goal", "(the Goal model)"),
    ):
        assert text in model_card(root, context.run, name, record["version"])


def test_a_comparison_reads_nothing_that_was_tampered_with(root: Path, tmp_path: Path) -> None:
    summary = root / "npo-s0/scores/summary.json"
    summary.write_text(summary.read_text().replace("1.0", "0.77", 1))
    with pytest.raises(UserError, match=r"npo-s0/scores is not as it was made: the content of summary\.json"):
        compare(root, tmp_path / "page.md")


def test_no_name_makes_an_arm_a_goal_model(people: Path, tmp_path: Path) -> None:
    tell(tmp_path, asked(people, Unlearn(method="npo", name="goal")))
    arms = arms_in(tmp_path)
    assert (arms["goal-s0"].role, arms["goal-s0"].chain) == ("method", ("taught", "goal-s0"))
    assert (arms["goal"].role, arms["goal"].chain) == ("goal", ("goal",))
    run = read_run(tmp_path, load(str(people)))
    assert run.goal is not None
    assert run.goal.name == "goal"
    assert list(run.methods) == ["goal"]


def test_an_arm_that_was_asked_other_questions_is_left_out_and_named(root: Path, people: Path) -> None:
    for path in (root / "npo-s0/responses/step.json",):
        record = json.loads(path.read_text())
        record["settings"]["evaluate"]["items"] = 3
        path.write_text(json.dumps(record))
    run = read_run(root, load(str(people)))
    assert run.left_out == ("npo-s0 (was asked other questions)",)
    assert run.methods == {}


# -- what every table says ----------------------------------------------------------------------------


def test_a_gate_that_was_ignored_stands_in_every_table(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "model", lambda context, *arms: Scripted(arms, {}))
    tell(tmp_path, asked(people), ignore_gate=True)
    for name in ("methods", "summary", "exposure", "cost"):
        assert all("gate-failed" in row["notes"] for row in table(tmp_path, f"{name}.csv"))
    for path in sorted((tmp_path / "report/tables").glob("*.[mt]*")):
        assert "did not pass the gate" in path.read_text(), path.name


def test_every_number_of_the_main_table_has_its_interval(root: Path) -> None:
    row = next(row for row in table(root, "methods.csv") if row["arm"] == "npo-s0")
    for key in ("forget1:em", "forget1:exposure_norm", "retain:em", "test-forget:em"):
        low, mean, high = (float(row[name]) for name in (f"{key}:low", key, f"{key}:high"))
        assert low <= mean <= high
    # Two people, all right: two heads of a coin, 0.025 ** (1 / 2), and not certainty.
    assert "(15.8–100.0)" in (root / "report/tables/methods.md").read_text()


def test_people_of_ones_own_are_not_called_invented(root: Path) -> None:
    assert "invented" not in (root / "report/index.html").read_text().replace("invented here", "")


# -- other machines -----------------------------------------------------------------------------------


def test_a_run_holds_no_path_of_the_machine_and_asks_where_things_lie(root: Path, people: Path) -> None:
    assert str(people.parent) not in (root / "run.json").read_text()
    for path in root.rglob("*.json"):
        if path.name != "places.json":
            assert str(people) not in path.read_text(), path
    assert open_run(root)[0].run.data == str(people)
    (root / "places.json").unlink()  # as a run that came from elsewhere
    context, _ = open_run(root)
    with pytest.raises(UserError, match=r"data \(people\): --data"):
        check_places(root, context.run)
    assert open_run(root, data=str(people))[0].run.data == str(people)


def test_a_report_is_written_of_what_is_there(root: Path, people: Path, tmp_path: Path) -> None:
    shutil.rmtree(root / "npo-s0/responses")
    shutil.rmtree(root / "report")
    assert retell(root).exists()
    out = retell(root, tmp_path / "elsewhere")
    assert out.parent == tmp_path / "elsewhere"
    (root / "places.json").unlink()
    assert retell(root, data=str(people)).exists()
    tell(root, asked(people))  # and the run goes on
    assert finished(root, asked(people), False, load(str(people)).fingerprint, "report")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"config": 1}', "[" * 50_000])
def test_a_damaged_run_record_is_one_message(root: Path, text: str) -> None:
    (root / "run.json").write_text(text)
    with pytest.raises(UserError, match=r"run\.json"):
        open_run(root)


def test_a_run_record_changed_by_hand_is_seen(root: Path) -> None:
    path = root / "run.json"
    path.write_text(path.read_text().replace('"lr": 0.001', '"lr": 0.002'))
    with pytest.raises(UserError, match="not as it was written"):
        open_run(root)


def test_a_finished_run_that_cannot_be_written_is_finished(root: Path, people: Path) -> None:
    for path in (root, *root.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert finished(root, asked(people), False, load(str(people)).fingerprint, "report")
    finally:
        for path in (root, *root.rglob("*")):
            path.chmod(0o700)


# -- crashes ------------------------------------------------------------------------------------------


def test_a_crash_names_its_step_and_leaves_its_traceback_in_the_log(
    root: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(context: Context, *arms: str) -> Scripted:
        raise ZeroDivisionError("of nobody's making")

    shutil.rmtree(root / "npo-s0/responses")
    monkeypatch.setattr(Context, "model", broken)
    with pytest.raises(
        Crashed, match=r"the step npo-s0/responses crashed: ZeroDivisionError: of nobody's making"
    ):
        tell(root, asked(people))
    log = (root / "log.txt").read_text()
    assert "start npo-s0/responses" in log
    assert "Traceback" in log
    assert "in broken" in log
    assert os.path.exists(root / "goal/responses")
