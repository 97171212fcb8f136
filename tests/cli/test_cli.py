"""Every mistake at the command line is one message, and exit status 1."""

import json
from pathlib import Path

import pytest

from remem import cli
from remem.cli.catalogue import LISTS
from remem.methods.needs import NEEDS
from written import sets, write


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["remem", *arguments])
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "dmo"], "Did you mean demo"),
        (["run", "diagnose"], "a command of its own: remem diagnose"),
        (["rnu"], "Did you mean"),
        (["run", "--set", "learn.rl=1"], "Did you mean learn.lr"),
        (["run", "--set", "methods=npo,simnop"], "unknown method"),
        (["run", "--set", "npo.betta=1"], "Did you mean beta"),
        (["run", "--set", "npo.beta=-1"], "npo.beta must be above 0"),
        (["run", "--set", "methods=rmu"], "rmu.layer=7, but this language model has 4 layers: choose 0 to 3"),
        (["run", "--set", "methods=rmu", "--set", "rmu.layer=1.5"], "rmu.layer must be a whole number"),
        (["run", "--set", "methods=l1"], "l1 works with lora only, and this model trains with full"),
        (
            ["run", "--set", "methods=mmunlearner", "--set", "model.adapt.language=lora"],
            "mmunlearner works with full only",
        ),
        (["run", "--set", "methods=manu", "--set", "manu.share=2"], "manu.share is a share"),
        (["run", "--set", "build.people=1"], "people=1 is out of range"),
        (["run", "--set", "gate.one_hop=95"], "gate.one_hop"),
        (["run", "--model", "./nowhere"], "there is no model ./nowhere"),
        (["run", "--data", "./nowhere"], "nowhere"),
        (["run", "--workers", "-1"], "--workers -1"),
        (["run", "--set", "npo.beta=NaN"], "must be a number"),
        (["run", "--set", "npo.lr=0"], "lr must be above 0"),
        (["run", "--set", "forget.split=forget9"], "Did you mean forget"),
        (["run", "--set", "forget.split=retain"], "choose a split of people to forget"),
        (["run", "--set", "gate.split=nowhere"], "unknown split"),
        (["run", "--set", "model.device=tpu"], "model.device=tpu"),
        (["run", "--out", "/dev/null"], "Choose another"),
        (["run", "--out", "/dev/null/x"], "Choose another"),
        (["run", "--set", "npo.language=lara"], "Did you mean lora"),
        (["run", "--set", "evaluate.membership=true", "--set", "build.strangers=0"], "see build.strangers"),
        (["run", "--settings", "./nowhere"], "Make one with remem tune"),
        (["tune", "dmo"], "Did you mean demo"),
        (["tune", "--set", "methods=npo,simnop"], "unknown method: simnop. Did you mean simnpo"),
        (["tune", "--set", "methods=rmu"], "this language model has 4 layers"),
        (["tune", "--set", "methods=l1"], "l1 works with lora only"),
        (["tune", "--set", "methods=prompt"], "none of these methods has anything to tune"),
        (["tune", "--over", "npo.betta=1"], "Did you mean beta"),
        (["tune", "--over", "npo.beta=-1,0.1"], "npo.beta must be above 0"),
        (["tune", "--trials", "0"], "--trials 0: give 1 or more"),
        (["tune", "--keep", "retain:emm"], "Did you mean em"),
        (["tune", "--at-least", "85"], "--at-least must be"),
        (["tune", "--data", "./nowhere"], "nowhere"),
        (["compare", "./nowhere"], "Give the folder of a run"),
        (["list", "method"], "Did you mean methods"),
        (["make-tiny-model", "qwen2vl", "made"], "Did you mean qwen2-vl"),
        (["make-tiny-model", "llava", "."], "exists already"),
        (["lint", "./nowhere"], "nowhere"),
        (["build", "people"], "the shape of the data set and then the folder: remem build remem people"),
        (["build", "rmem", "people"], "Did you mean remem"),
        (["build", "remem", "people", "--set", "peple=3"], "Did you mean people"),
        (["build", "remem", "people", "--set", "people=1"], "people=1 is out of range"),
        (["build", "pebench", "people", "--set", "event=3"], "unknown setting: event"),
        (["build", "pebench", "people", "--set", "forget_events=0"], "task both forgets"),
        (["build", "pebench", "people", "--data", "./nowhere"], "there is no such folder"),
    ],
)
def test_mistakes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, said = run(monkeypatch, capsys, *arguments)
    assert code == 1
    assert message in said
    assert "Traceback" not in said
    assert not list(tmp_path.rglob("step.json"))


@pytest.mark.parametrize("what", LISTS)
def test_lists(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: str) -> None:
    code, said, _ = run(monkeypatch, capsys, "list", what)
    assert code == 0
    assert len(said.splitlines()) >= 2


def test_every_method_says_its_paper_and_its_departure() -> None:
    headings, rows = LISTS["methods"]()
    assert headings == ["name", "kind", "needs", "what it does", "paper", "departure"]
    for name, kind, needs, what, paper, departure in rows:
        assert kind in ("loss", "loss on hidden states", "edit", "instruction"), name
        assert set(needs.split(", ")) <= {*NEEDS, "nothing", "LoRA", "full fine-tuning"}, name
        assert what.endswith("."), name
        assert "arXiv" in paper, name
        assert departure, name


def test_build_and_lint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    small = [
        f"--set={one}"
        for one in ("people=3", "qa=20", "images=4", "test_qa=4", "test_images=2", "size=32", "source=drawn")
    ]
    code, said, _ = run(monkeypatch, capsys, "build", "remem", "mine", *small)
    assert code == 0, said
    code, said, _ = run(monkeypatch, capsys, "lint", "mine")
    assert (code, "no errors" in said) == (0, True), said
    code, _, said = run(monkeypatch, capsys, "build", "remem", "mine", *small)
    assert code == 1
    assert "exists already" in said
    (tmp_path / "yours.part").mkdir()
    (tmp_path / "yours.part" / "thesis.txt").write_text("mine")
    code, _, said = run(monkeypatch, capsys, "build", "remem", "yours", *small)
    assert (code, "not remem's" in said) == (1, True)
    assert (tmp_path / "yours.part" / "thesis.txt").exists()


def test_build_lint_and_show_people_in_events(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    small = [f"--set={one}" for one in ("people=3", "events=2", "size=32", "source=drawn", "test_events=1")]
    code, said, _ = run(monkeypatch, capsys, "build", "pebench", "mine", *small)
    assert code == 0, said
    code, said, _ = run(monkeypatch, capsys, "lint", "mine")
    assert (code, "no errors" in said) == (0, True), said
    code, said, _ = run(monkeypatch, capsys, "gallery", "mine")
    assert (code, (tmp_path / "mine" / "gallery.html").is_file()) == (0, True), said


def test_lint_says_in_its_exit_status_that_it_found_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from types import SimpleNamespace

    found = SimpleNamespace(level="error", where="test row 1", message="the answer is empty")
    nothing = SimpleNamespace(items={}, people=(), splits={})
    monkeypatch.setattr("remem.data.load", lambda source: nothing)
    monkeypatch.setattr("remem.data.notes", lambda data: [])
    monkeypatch.setattr("remem.data.lint", lambda data: [found])
    code, said, _ = run(monkeypatch, capsys, "lint", "anything")
    assert code == 1
    assert "test row 1" in said


def test_a_data_set_is_built_from_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small = [
        "--people",
        "3",
        "--qa",
        "10",
        "--images",
        "4",
        "--one-hop",
        "0.5",
        "--seed",
        "1",
        "--set",
        "size=16",
        "--set",
        "source=drawn",
    ]
    code, _, said = run(monkeypatch, capsys, "build", "remem", *small)
    assert code == 0, said
    told = json.loads((tmp_path / "data" / "remem" / "build.json").read_text())
    assert (told["people"], told["qa"], told["images"], told["one_hop"], told["seed"]) == (3, 10, 4, 0.5, 1)
    assert told["candidates"] == 100
    code, _, said = run(monkeypatch, capsys, "build", "pebench", "here", "--qa", "10")
    assert code == 1
    assert "unknown setting: qa" in said


def test_no_text_of_a_data_set_steers_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = sets()
    rows["finetune"][0]["keywords"] = "Paris\x1b[2J\x1b[H\rno errors\n\u202eno errors"
    rows["finetune"][2]["keywords"] = "a" * 60_000
    code, said, _ = run(monkeypatch, capsys, "lint", str(write(tmp_path / "set", rows)))
    assert code == 1
    assert not any(ord(letter) < 32 and letter != "\n" for letter in said)
    assert "\u202e" not in said
    assert not any(line.strip().startswith("no errors") for line in said.splitlines())
    assert len(said) < 5_000
    (tmp_path / "x\x1b[2J").mkdir()
    code, _, said = run(monkeypatch, capsys, "lint", str(tmp_path / "x\x1b[2J"))
    assert code == 1
    assert "\x1b" not in said


def test_lint_says_all_that_is_wrong_and_a_dry_run_refuses_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from written import sets, write

    rows = sets()
    rows["retain"].append(rows["forget1"][0])
    rows["finetune"][4]["answer"] += "<|im_end|>"
    rows["finetune"][6]["keywords"] = "pilot; nurse"
    root = write(tmp_path / "set", rows)
    code, said, _ = run(monkeypatch, capsys, "lint", str(root))
    told = " ".join(said.split())
    assert code == 1
    assert "forget1 and retain share 1 rows" in told
    assert "finetune row 4: the answer holds <|im_end|>" in told
    assert "its own answer lacks: pilot; nurse" in told
    assert "note There is no split forget2" in told
    code, said, wrong = run(monkeypatch, capsys, "run", "tiny", "--data", str(root), "--dry-run")
    assert (code, "finetune row 4: the answer holds <|im_end|>" in wrong) == (1, True), (said, wrong)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--workers=-1", "give 0 (automatic) or more"),
        ("--track=wandbb", "unknown tracker"),
        ("--on=rai", "unknown engine"),
        ("--need=train:gpus=nan", "nan is no number"),
        ("--slurm=time=5", "is of no use with --on local"),
    ],
)
def test_a_dry_run_refuses_the_options_that_the_run_would(
    option: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, wrong = run(
        monkeypatch, capsys, "run", "tiny", "--out", str(tmp_path / "run"), option, "--dry-run"
    )
    assert code == 1
    assert told in wrong
