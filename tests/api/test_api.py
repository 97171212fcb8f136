"""`import remem`: one experiment from Python, with the folder, keys and numbers of the command line's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import remem
from data.four import sets
from given.judged import with_strangers
from remem.asking.records import read_table
from remem.models.families import make_tiny
from remem.run.context import open_run
from remem.scoring.metrics import METRICS
from remem.story.plan import plan
from run.test_plugins import PLUGGED, as_before  # noqa: F401

SETTINGS = {
    "model.rehearse": 0.0, "model.adapt.dropout": 0.0, "learn.lr": 4e-3, "learn.epochs": 45, "learn.batch": 8,
    "learn.schedule": "constant", "learn.warmup": 0.0, "evaluate.max_new_tokens": 16,
    "evaluate.world": "none", "evaluate.exposure_people": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> remem.Experiment:
    """Taught, unlearnt by two methods, attacked and told."""
    root = tmp_path_factory.mktemp("api")
    data = with_strangers(root / "data set")
    texts = [f"{one['question']} {one['answer']} I don't know." for one in sets()["finetune"]]
    make_tiny("llava", root / "base", texts * 5)
    lab = remem.Experiment(
        root / "run", "drawn", data=data, model=root / "base", settings=SETTINGS, ignore_gate=True
    )
    assert lab.build().root == str(data)
    assert lab.teach().passed
    lab.unlearn("npo", lr=1e-3, epochs=10, batch=4, beta=0.5).unlearn("gd", name="gentle", lr=1e-5, epochs=1)
    lab.attack("prefill", **{"prefill.begun": 1, "prefill.prefixes": 0})
    lab.report()
    return lab


def test_importing_it_is_quick_and_needs_no_torch() -> None:
    script = "import sys, remem; dir(remem); print({'torch', 'numpy', 'pyarrow'} & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.strip() == "set()"


def test_every_public_name_is_there_and_no_other() -> None:
    import remem.api

    assert set(remem.__all__) == {*remem.api.__all__, "__version__"}
    assert all(getattr(remem, name) is not None for name in remem.__all__)
    stub = (Path(remem.__file__).parent / "__init__.pyi").read_text("utf-8")
    assert all(f"{name} as {name}" in stub for name in remem.api.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = remem.nothing


def test_verbs_are_not_hidden_by_modules_of_their_name(lab: remem.Experiment) -> None:
    assert all(callable(getattr(remem, name)) for name in remem.api.__all__)


def test_a_table_of_arms_says_who_they_are(lab: remem.Experiment) -> None:
    arms = lab.results().arms().to_pandas().set_index("arm")
    assert list(arms.role) == ["base", "taught", "goal", "method", "method"]
    assert set(arms.method.dropna()) == {"npo", "gentle"}
    assert arms.loc["taught", "forget1:em"] == 1.0
    assert arms.loc["goal", "forget1:em"] < 0.5
    assert arms.loc["npo-s0", "verdict"]


def test_items_are_what_was_scored(lab: remem.Experiment) -> None:
    items = lab.results().items().to_pandas()
    for arm, own in items.groupby("arm"):
        rows = read_table(lab.folder / str(arm) / "scores" / "scores.parquet", ["id", *METRICS])
        scored = pd.DataFrame(rows).set_index("id")
        assert set(own.id) == set(scored.index)
        own = own.set_index("id")
        for metric in METRICS:
            assert (own[metric].sort_index().fillna(-1) == scored[metric].sort_index().fillna(-1)).all()
    first = items[(items.arm == "taught") & (items.part == "forget1")].iloc[0]
    assert first.value in first.said
    assert first.forgotten
    assert items.exposure_norm.between(0, 1).sum() > 0


def test_people_are_means_of_their_items(lab: remem.Experiment) -> None:
    items, people = (one.to_pandas() for one in (lab.results().items(), lab.results().people()))
    means = items.groupby(["arm", "person", "forgotten"]).em.mean()
    told = people.set_index(["arm", "person", "forgotten"]).em
    assert means.sort_index().round(12).equals(told.sort_index().round(12))
    assert people.questions.sum() == len(items)


def test_verdicts_summary_and_attacks_are_tables(lab: remem.Experiment) -> None:
    results = lab.results()
    verdicts = results.verdicts().to_pandas()
    assert set(verdicts.method) == {"npo", "gentle"}
    assert next(iter(verdicts.part[verdicts.method == "npo"])) == "whole"
    summary = results.summary().to_pandas()
    taught = summary[
        (summary.arm == "taught") & (summary.part == "forget1") & (summary.question_type == "all")
    ]
    assert taught[taught.metric == "em"]["mean"].item() == 1.0
    attacks = results.attacks().to_pandas()
    assert set(attacks.attack) == {"prefill"}
    assert set(attacks.arm) == {"base", "taught", "goal", "npo-s0", "gentle-s0"}
    assert attacks.hit.dropna().between(0, 1).all()
    assert results.report.is_file()


def test_it_is_the_run_that_the_command_line_would_make(lab: remem.Experiment) -> None:
    context, record = open_run(lab.folder)
    steps = {step.name for step in plan(context.run, context.fingerprint, True)}
    assert steps == set(record["steps"])
    assert context.run.learn.epochs == 45
    assert {one.name or one.method for one in context.run.forget.methods} == {"npo", "gentle"}
    assert next(one for one in context.run.forget.methods if one.method == "npo").settings["beta"] == 0.5


def test_a_second_script_makes_nothing_again(lab: remem.Experiment) -> None:
    before = {path: path.stat().st_mtime_ns for path in lab.folder.rglob("*.safetensors")}
    lab.report()
    assert {path: path.stat().st_mtime_ns for path in lab.folder.rglob("*.safetensors")} == before


def test_asking_a_model_in_hand_gives_the_run_s_numbers(lab: remem.Experiment) -> None:
    results = lab.results()
    answers = remem.ask(lab.model("npo-s0"), results.data, "forget1", max_new_tokens=16)
    own = remem.score(answers).to_pandas().set_index("id")
    items = results.items().to_pandas()
    run = items[(items.arm == "npo-s0") & (items.part == "forget1")].set_index("id")
    assert own.em.sort_index().equals(run.em.sort_index())
    assert (own.said.sort_index() == run.said.sort_index()).all()
    both = own.exposure_norm.dropna()
    assert len(both)
    assert (both - run.exposure_norm[both.index]).abs().max() < 1e-6


def test_assess_judges_its_models_again(lab: remem.Experiment, tmp_path: Path) -> None:
    taught, npo = (lab.folder / arm / "model" for arm in ("taught", "npo-s0"))
    data = lab.results().data.root
    settings = {"evaluate.max_new_tokens": 16, "evaluate.exposure_people": 2}
    found = remem.assess(
        data, {"npo": npo}, tmp_path / "judged", taught=taught, attacks="none", settings=settings
    )
    arms = found.arms().to_pandas().set_index("arm")
    own = lab.results().arms().to_pandas().set_index("arm")
    assert arms.loc["npo-s0", "role"] == "given"
    assert arms.loc["npo-s0", "forget1:em"] == own.loc["npo-s0", "forget1:em"]


def test_mistakes_are_one_error_before_any_work(lab: remem.Experiment, tmp_path: Path) -> None:
    with pytest.raises(remem.UserError, match="nothing has been unlearnt"):
        remem.Experiment(tmp_path / "none", "tiny").ask()
    assert not (tmp_path / "none").exists()
    for wrong, message in (
        ({"settings": ["learn.lr=1"]}, "dictionary"),
        ({"plugins": "none.py"}, "no such file"),
    ):
        with pytest.raises(remem.UserError, match=message):
            remem.Experiment(tmp_path / "none", "tiny", **wrong)
    with pytest.raises(remem.UserError, match="call teach first"):
        remem.Experiment(tmp_path / "none", "tiny").model("taught")
    with pytest.raises(remem.UserError, match="one method"):
        lab.unlearn(["npo", "gd"])  # type: ignore[arg-type]
    with pytest.raises(remem.UserError, match="opened model"):
        remem.ask("tiny", lab.results().data)  # type: ignore[arg-type]
    with pytest.raises(remem.UserError, match="recipe"):
        remem.Experiment(tmp_path / "none", "tinny")
    with pytest.raises(remem.UserError, match=r"learn\.lr"):
        remem.Experiment(tmp_path / "none", "tiny", settings={"learn.rate": 1})
    with pytest.raises(remem.UserError, match="npo"):
        lab.unlearn("nbo")
    with pytest.raises(remem.UserError, match="split"):
        remem.ask(None, lab.results().data, "forget9")  # type: ignore[arg-type]
    with pytest.raises(remem.UserError, match="arm in"):
        lab.model("simnpo-s0")
    with pytest.raises(remem.UserError):
        remem.read(tmp_path)


def test_a_plugin_s_method_and_metric_are_in_the_tables(lab: remem.Experiment, tmp_path: Path) -> None:
    base, data = lab.folder.parent / "base", lab.results().data.root
    own = remem.Experiment(
        tmp_path / "run",
        "drawn",
        data=data,
        model=base,
        settings=SETTINGS | {"learn.epochs": 2},
        plugins=[str(PLUGGED)],
        ignore_gate=True,
    )
    own.unlearn("ceiling", words="loud", epochs=1, lr=1e-3)
    results = own.report()
    arms = results.arms().to_pandas().set_index("arm")
    assert 0 <= arms.loc["ceiling-s0", "forget1:brevity"] <= 1
    assert "brevity" in results.items().column_names
    page = results.report.read_text("utf-8")
    assert "Brevity" in page
    assert "ceiling" in page
