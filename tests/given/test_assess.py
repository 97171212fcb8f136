"""Models that were made elsewhere: judged as an arm of a run is, to the last digit."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from data.four import sets, write
from given.judged import SETTINGS, Finished, do, judge
from remem import cli
from remem.asking.records import read_rankings, read_responses
from remem.asking.respond import exposed, respond
from remem.data import load, strangers
from remem.data.rivals import agreed, rivals
from remem.errors import UserError
from remem.given.wanted import run_of
from remem.models import open_model
from remem.models.families import make_tiny
from remem.models.saving import save_processor
from remem.report import taken
from remem.report.findings import Finding, findings
from remem.report.marks import marks
from remem.report.page import absences
from remem.report.read import RunRecord, read_run
from remem.run.arms import arms_in
from remem.run.tasks import parts, tasks
from remem.scoring.score import score
from remem.settings import Evaluate
from remem.sharing import export
from remem.steps.store import keys
from remem.story.pipeline import finished as is_finished
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.story.retell import retell

FEW = ("prefill.begun=1", "prefill.prefixes=0", "prefill.suffixes=0", "prefill.suppressed=0")
WHOLE = ("base", "taught", "goal", "npo-s0")  # as they lie in the run; the other one was exported


def told(root: Path, finished: Finished) -> tuple[RunRecord, dict[str, Finding]]:
    data = load(str(finished.data))
    run = read_run(root, data)
    return run, {one.method: one for one in findings(run, data)}


def summary(root: Path, arm: str) -> list[dict[str, object]]:
    """Rows about all but what a method rehearsed, which nobody knows of a given model."""
    rows = json.loads((root / arm / "scores/summary.json").read_text())["rows"]
    return [row for row in rows if row["split"] != "rehearsed"]


def page(root: Path) -> str:
    return (root / "report/index.html").read_text("utf-8")


# -- the same numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("arm", WHOLE)
def test_a_whole_model_has_the_bytes_of_the_runs_own_arm(
    finished: Finished, assessed: Path, arm: str
) -> None:
    for file in (
        "responses/responses.parquet",
        "responses/rankings.parquet",
        "strangers/responses.parquet",
        "scores/scores.parquet",
        "scores/exposure.parquet",
    ):
        assert (assessed / arm / file).read_bytes() == (finished.run / arm / file).read_bytes(), file
    assert len(summary(assessed, arm)) > 100
    assert summary(assessed, arm) == summary(finished.run, arm)


def test_an_exported_adapter_says_what_the_runs_own_arm_says(finished: Finished, assessed: Path) -> None:
    ours, theirs = (
        read_responses(root / "po-s0/responses/responses.parquet") for root in (assessed, finished.run)
    )
    assert [(one.id, one.text, one.hit) for one in ours] == [(one.id, one.text, one.hit) for one in theirs]
    # Kernels are chosen by whether weights may train, and merged ones may not: the last digits differ.
    for one, other in zip(ours, theirs, strict=True):
        assert one.logp == pytest.approx(other.logp, abs=1e-4)
    for one, other in zip(summary(assessed, "po-s0"), summary(finished.run, "po-s0"), strict=True):
        assert one == pytest.approx(other, abs=1e-4, nan_ok=True) or one["mean"] == other["mean"]


def test_with_the_same_yardsticks_every_part_has_the_same_verdict(finished: Finished, assessed: Path) -> None:
    (run, ours), (_, theirs) = told(assessed, finished), told(finished.run, finished)
    assert list(ours) == list(theirs) == ["npo", "po"]
    for name, one in ours.items():
        assert one.verdict == theirs[name].verdict
    assert ours["po"].verdict.kind == "speaks"
    roles = {name: arm.role for name, arm in run.arms.items()}
    assert roles == {"base": "base", "taught": "taught", "goal": "goal", "npo-s0": "given", "po-s0": "given"}


def test_fifteen_lines_give_the_numbers_of_the_command(
    finished: Finished, assessed: Path, tmp_path: Path
) -> None:
    data, model = load(str(finished.data)), open_model(str(finished.exported))
    unknown = strangers.read(finished.data)
    assert unknown is not None
    (task,) = about = tasks(run_of(str(finished.data), ["po=x"], settings=SETTINGS))
    settings = Evaluate(max_new_tokens=16, exposure_people=2)
    for name in ("said", "strange", "scores"):
        (tmp_path / name).mkdir()
    asked = task.questions(data, settings.items)
    ranked = exposed(data, (task.forget, task.retain), settings.exposure_people)
    respond(model, data, asked, ranked, settings, tmp_path / "said")
    respond(model, unknown, unknown.splits[strangers.SPLIT], [], settings, tmp_path / "strange")
    said, found = (read_responses(tmp_path / name / "responses.parquet") for name in ("said", "strange"))
    rankings = read_rankings(tmp_path / "said" / "rankings.parquet")
    score(
        data, parts(data, about), said, rankings, tmp_path / "scores", "po-s0",
        strangers=[(unknown.items[one.id], one) for one in found], forgotten=[task.forget],
        known=agreed([rivals(data, task.unseen, rankings)]),
    )  # fmt: skip
    for file in ("responses.parquet", "rankings.parquet"):
        ours, theirs = (
            pq.read_table(root / file) for root in (tmp_path / "said", assessed / "po-s0/responses")
        )
        assert ours.equals(theirs), file
    rows = json.loads((tmp_path / "scores/summary.json").read_text())["rows"]
    assert rows == json.loads((assessed / "po-s0/scores/summary.json").read_text())["rows"]


# -- what was not given ----------------------------------------------------------------------------


def without(assessed: Path, finished: Finished, root: Path, *gone: str) -> Path:
    """Judged anew with less: what is left of the arms is there already."""
    shutil.copytree(assessed, root, ignore=shutil.ignore_patterns(*gone, "gate"))
    given = {"taught": str(finished.model("taught"))} if "taught" not in gone else {}
    goals = [str(finished.model("goal"))] if "goal" not in gone else []
    models = [f"npo={finished.model('npo-s0')}", f"po={finished.exported}"]
    return judge(root, finished.data, models, base=str(finished.base), goals=goals, **given)


def test_without_a_taught_model_what_is_still_said_is_all_that_is_known(
    finished: Finished, assessed: Path, tmp_path: Path
) -> None:
    root = without(assessed, finished, tmp_path / "run", "taught")
    run, found = told(root, finished)
    assert found["npo"].verdict.kind in ("unknown-before", "partial")  # by how much training left of it
    assert found["po"].verdict.kind == "speaks"
    kept = {part.title: part.kind for part in found["po"].verdict.parts}
    assert (kept["knows it"], kept["the kept"]) == ("", "")
    assert run.gate is None
    assert any(one.startswith("No taught model was given") for one in absences(run))
    assert not any("No goal model" in one for one in absences(run))
    assert "No taught model was given" in page(root)


def test_without_a_goal_model_strangers_are_the_floor(
    finished: Finished, assessed: Path, tmp_path: Path
) -> None:
    root = without(assessed, finished, tmp_path / "run", "goal")
    run, found = told(root, finished)
    said = found["npo"].verdict.parts[0].said
    assert re.match(r"exact match [\d.]+ \(taught [\d.]+, strangers 0\.0\)", said)
    assert found["npo"].verdict.kind not in ("unmeasured", "unknown-before", "untaught", "near", "equal")
    assert "goal" not in "".join(part.said for part in found["npo"].verdict.parts)
    assert found["npo"].evidence.goals == 0
    assert any("strangers, whom nobody taught them" in one for one in absences(run))
    assert "strangers 0.0" in page(root)


@pytest.fixture(scope="module")
def alone(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models and nothing else, and one attack."""
    models = [f"silent={finished.base}", f"po={finished.exported}"]
    root = tmp_path_factory.mktemp("alone") / "run"
    return judge(root, finished.data, models, FEW, attacks="prefill")


def test_with_nothing_beside_it_what_a_model_still_says_is_told(finished: Finished, alone: Path) -> None:
    run, found = told(alone, finished)
    assert {name: one.verdict.kind for name, one in found.items()} == {
        "silent": "unknown-before",
        "po": "speaks",
    }
    assert set(run.arms) == {"silent-s0", "po-s0"}
    assert [one.partition(":")[0] for one in absences(run)[:2]] == [
        "No goal model was given",
        "No taught model was given",
    ]
    assert found["silent"].verdict.sentence.endswith("of a taught model nothing is known.")
    back = found["silent"].verdict.parts[-1]
    assert back.kind == ""
    assert back.said == "attacked, but what was known before is not known"


def test_the_same_attack_on_strangers_is_the_control(finished: Finished, alone: Path) -> None:
    assert (alone / "po-s0/control-prefill/cost.json").is_file()
    _, found = told(alone, finished)
    back = [one for one in found["po"].evidence.back.values() if one.measure == "exact match"]
    assert back
    assert all(one.control == "strangers" for one in back)
    assert all(one.ours > one.goal for one in back)  # it brings out of strangers what nobody taught
    assert (found["po"].evidence.untried) == ("gradients", "hidden states", "weights")


def test_without_strangers_the_floor_is_0_and_chance(finished: Finished, tmp_path: Path) -> None:
    data = write(tmp_path / "data", sets())
    root = judge(tmp_path / "run", data, [f"po={finished.exported}"])
    run, found = told(root, finished)
    assert found["po"].verdict.kind == "speaks"
    said = "".join(part.said for part in found["po"].verdict.parts)
    assert "strangers" not in said
    assert "0 and chance" in absences(run)[0]
    assert not (root / "po-s0/strangers").exists()


# -- again, and with more --------------------------------------------------------------------------


def test_a_second_time_does_nothing(finished: Finished, assessed: Path) -> None:
    models = [f"npo={finished.model('npo-s0')}", f"po={finished.exported}"]
    run = run_of(
        str(finished.data), models, attacks="none", settings=SETTINGS, base=str(finished.base),
        taught=str(finished.model("taught")), goals=[str(finished.model("goal"))],
    )  # fmt: skip
    before = {path: path.read_bytes() for path in assessed.rglob("*") if path.is_file()}
    fingerprint = load(run.data).fingerprint
    assert is_finished(assessed, run, True, fingerprint, "report")
    assert do(assessed, run) == []
    after = {path: path.read_bytes() for path in assessed.rglob("*") if path.is_file()}
    assert {path.name for path in after if before.get(path) != after[path]} <= {"log.txt"}


def test_another_model_under_a_name_that_is_taken_is_refused(finished: Finished, alone: Path) -> None:
    models = [f"silent={finished.model('taught')}", f"po={finished.exported}"]
    with pytest.raises(UserError, match=r"silent-s0/model was made with other settings \(given: "):
        judge(alone, finished.data, models, FEW, attacks="prefill")


def test_a_model_more_leaves_the_others_as_they_are(
    finished: Finished, assessed: Path, tmp_path: Path
) -> None:
    shutil.copytree(assessed, tmp_path / "run")
    again = shutil.copytree(finished.exported, tmp_path / "the same")
    models = [f"npo={finished.model('npo-s0')}", f"po={finished.exported}", f"po={again}"]
    run = run_of(
        str(finished.data), models, attacks="none", settings=SETTINGS, base=str(finished.base),
        taught=str(finished.model("taught")), goals=[str(finished.model("goal"))],
    )  # fmt: skip
    made = do(tmp_path / "run", run)
    assert {name for name in made if not name.startswith("po-s1/")} == {"report"}
    record, found = told(tmp_path / "run", finished)
    assert [arm.name for arm in found["po"].arms] == ["po-s0", "po-s1"]
    assert found["po"].evidence.seeds == 2
    for file in ("csv", "md", "tex"):
        table = (tmp_path / "run/report/tables" / f"methods.{file}").read_text("utf-8")
        assert ("equal-weights" if file == "csv" else "have equal weights") in table
    assert "po-s0 and po-s1 have equal weights: one model under several names." in page(tmp_path / "run")
    rows = list(csv.DictReader((tmp_path / "run/report/tables/methods.csv").open()))
    named = {row["arm"]: "equal-weights" in row["notes"] for row in rows}
    assert named == {name: name in ("po-s0", "po-s1") for name in record.arms}


def test_several_goal_models_and_several_of_one_name_are_seeds(finished: Finished) -> None:
    source = str(finished.exported)
    run = run_of(str(finished.data), ["a=" + source, "b=" + source, "a=" + source], goals=[source, source])
    assert list(run.elsewhere) == ["goal", "goal-s1", "a-s0", "b-s0", "a-s1"]
    arms = {step.arm["name"]: step.arm for step in plan(resolve(run), "x") if step.arm}
    assert {name: (arm["role"], arm["seed"]) for name, arm in arms.items()} == {
        "goal": ("goal", 0),
        "goal-s1": ("goal", 1),
        "a-s0": ("given", 0),
        "b-s0": ("given", 0),
        "a-s1": ("given", 1),
    }
    assert arms["a-s0"]["digest"]
    # Which model is judged first, and what lies beside it, decides nothing of the others.
    alone = keys(plan(resolve(run_of(str(finished.data), ["b=" + source], goals=[source])), "x"))
    both = keys(plan(resolve(run), "x"))
    assert {name for name in alone if both[name] != alone[name]} == {"report"}


# -- places ----------------------------------------------------------------------------------------


def test_run_json_holds_no_path_and_the_record_holds_a_digest(finished: Finished, assessed: Path) -> None:
    text = (assessed / "run.json").read_text()
    assert str(finished.root) not in text
    assert '"/' not in text
    given = json.loads(text)["config"]["given"]
    assert [one["source"] for one in given] == ["base", "model", "model", "model", "exported"]
    digests = [arm.digest for arm in arms_in(assessed).values()]
    assert all(len(one) == 20 for one in digests)
    assert len(set(digests)) == 5
    for path in assessed.rglob("step.json"):
        assert str(finished.root) not in path.read_text(), path


def test_a_moved_folder_is_told_of_looked_at_and_gone_on_with(
    finished: Finished, assessed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    moved = Path(shutil.copytree(assessed, tmp_path / "mövèd run"))
    for words, said in (
        (("run", "--data", str(finished.data)), "is finished already"),
        (("verify",), "23 steps are as they were made"),
        (("status",), "23 done"),
        (("report",), "report/index.html"),
    ):
        monkeypatch.setattr("sys.argv", ["remem", words[0], str(moved), *words[1:]])
        with pytest.raises(SystemExit) as end:
            cli.main()
        told_of = " ".join(capsys.readouterr().out.split())
        assert not end.value.code, told_of
        assert said in told_of


def test_what_was_given_is_not_exported_again(finished: Finished, assessed: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"npo-s0 was made elsewhere.*take {finished.model('npo-s0')}"):
        export(assessed, "npo-s0", tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_models_that_are_gone_are_named_with_the_way_back(
    finished: Finished, assessed: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.copytree(assessed, tmp_path / "run"))
    places = json.loads((moved / "places.json").read_text())
    gone = {key: value.replace(str(finished.root), "/elsewhere") for key, value in places.items()}
    (moved / "places.json").write_text(json.dumps(gone | {"data": places["data"]}))
    with pytest.raises(UserError) as found:
        retell(moved)
    lines = str(found.value).splitlines()[1:]
    assert lines[0] == (
        "given.0.source (/elsewhere/base): --base, --taught, --goal or --model NAME= of remem assess, into "
        "the same --out"
    )
    assert len(lines) == 5


# -- models that should not be believed -------------------------------------------------------------


def blind(network: Any) -> None:
    for weight in network.model.multi_modal_projector.parameters():
        weight.zero_()


def noisy(network: Any) -> None:
    drawn = torch.Generator().manual_seed(0)
    for weight in network.model.language_model.parameters():
        weight.add_(0.3 * torch.randn(weight.shape, generator=drawn))


def no_number(network: Any) -> None:
    network.model.language_model.layers[0].mlp.up_proj.weight[0, 0] = float("nan")


@pytest.fixture(scope="module")
def doubtful(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """The taught model, spoilt in one way each."""
    root, source = tmp_path_factory.mktemp("doubtful"), finished.model("taught")

    def spoilt(name: str, how: Callable[[Any], None]) -> Path:
        model = open_model(str(source))
        with torch.no_grad():
            how(model.network)
        model.network.save_pretrained(root / name)
        save_processor(model.processor, root / name)
        return root / name

    made = {name: spoilt(name, how) for name, how in SPOILT.items()} | {"same": source}
    models = [f"{name}={place}" for name, place in made.items()]
    judge(
        root / "run",
        finished.data,
        models,
        ["evaluate.membership=false", "evaluate.items=4"],
        taught=str(source),
    )
    return read_run(root / "run", load(str(finished.data)))


SPOILT = {"blind": blind, "noisy": noisy, "nan": no_number}


@pytest.mark.parametrize(
    ("arm", "guards", "said"),
    [
        ("taught", set(), ""),
        ("blind-s0", {"sees"}, "a grey picture in place of 16 changes 0 nats an answer"),
        ("noisy-s0", {"speaks", "ends"}, "of the taught model"),
        ("nan-s0", {"finite", "sees", "speaks"}, "some weights are no numbers"),
        ("same-s0", {"changed"}, "its weights are those of the taught model: nothing changed"),
    ],
)
def test_each_guard_fails_exactly_where_it_should(
    doubtful: RunRecord, arm: str, guards: set[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {one.guard for one in taken.guards(doubtful, doubtful.arms["noisy-s0"]) if not one.passed}
    assert "speaks" not in told  # of a model that never had a language
    monkeypatch.setattr(taken, "MUTE", 1e9)
    told = taken.guards(doubtful, doubtful.arms[arm])
    wrong = {one.guard: one.what for one in told if not one.passed}
    assert set(wrong) - ({"ends"} if arm == "nan-s0" else set()) == guards
    assert said in "; ".join(wrong.values())


def test_every_table_says_which_models_are_doubtful_and_which_are_one(
    finished: Finished, doubtful: RunRecord
) -> None:
    found = marks(doubtful, load(str(finished.data)))
    told = {mark.arms for mark in found if mark.code == "doubtful-model"}
    assert told == {("blind-s0",), ("noisy-s0",), ("nan-s0",), ("same-s0",)}
    assert [mark.arms for mark in found if mark.code == "equal-weights"] == [("taught", "same-s0")]


def test_a_model_of_no_numbers_is_told_of_and_nothing_of_it_is_praised(
    finished: Finished, doubtful: RunRecord
) -> None:
    found = {one.method: one.verdict for one in findings(doubtful, load(str(finished.data)))}
    assert found["nan"].tone != "good"
    assert found["same"].kind == "speaks"


# -- another tokenizer, another family -------------------------------------------------------------


@pytest.fixture(scope="module")
def foreign(finished: Finished, assessed: Path, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """Beside the others, which are done."""
    root = tmp_path_factory.mktemp("foreign")
    shutil.copytree(assessed, root / "run")
    make_tiny("smolvlm", root / "other", ["Which other words are there, and 12 numbers? These."] * 20)
    judge(
        root / "run", finished.data, [f"other={root / 'other'}", f"po={finished.exported}"],
        base=str(finished.base), taught=str(finished.model("taught")), goals=[str(finished.model("goal"))],
    )  # fmt: skip
    return read_run(root / "run", load(str(finished.data)))


def test_measures_by_token_are_not_compared_among_tokenizers(finished: Finished, foreign: RunRecord) -> None:
    found = {one.method: one.evidence for one in findings(foreign, load(str(finished.data)))}
    other, own = found["other"], found["po"]
    assert own.probability.taught is not None
    assert own.probability.goal is not None
    assert other.probability.mean is not None
    assert (other.probability.taught, other.probability.goal, other.probability.gap) == (None, None, None)
    for one in (other, own):
        assert one.said.taught > 0.8
        assert one.said.goal < 0.2
        assert None not in (one.exposure.taught, one.exposure.goal)
    wrong = {one.guard: one.passed for one in taken.guards(foreign, foreign.arms["other-s0"])}
    assert not wrong["tokenizer"]
    assert not wrong["processor"]
    assert foreign.arms["other-s0"].given.family == "smolvlm"
