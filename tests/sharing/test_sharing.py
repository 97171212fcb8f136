"""Models out of a run, and folders to and from a hub: the real client against a server on this machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard

from end_to_end.conftest import SMALL, TEXTS, remem
from remem.errors import UserError
from remem.models.families import make_tiny
from remem.models.loading import load
from remem.run.arms import arms_in
from remem.settings import Adapt
from remem.sharing import export, export_results, pull, push
from remem.sharing.hub import contents, kind_of
from sharing.local_hub import local_hub


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of four people on a tiny LLaVA."""
    folder = tmp_path_factory.mktemp("shared")
    make_tiny("llava", folder / "base", TEXTS)
    settings = ["--ignore-gate", "--workers=1", "--set=methods=npo", "--set=npo.epochs=1"]
    done = remem(
        "run", "tiny", "--model", folder / "base", "--out", folder / "run", *SMALL, *settings, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from huggingface_hub import constants

    with local_hub() as server:
        template = server.address + "/{repo_id}/resolve/{revision}/{filename}"
        settings = {"ENDPOINT": server.address, "HF_HUB_OFFLINE": False, "HF_HUB_DISABLE_XET": True}
        for name, value in (settings | {"HUGGINGFACE_CO_URL_TEMPLATE": template}).items():
            monkeypatch.setattr(constants, name, value)
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("HF_TOKEN", "good")
        yield server


def test_an_arm_lies_on_what_was_taught(run: Path) -> None:
    chains = {name: arm.chain for name, arm in arms_in(run).items()}
    assert chains["base"] == ()
    assert chains["taught"] == ("taught",)
    assert chains["goal"] == ("goal",)
    assert chains["npo-s0"] == ("taught", "npo-s0")


def test_an_exported_arm_is_the_model_of_the_run_with_a_card(run: Path, tmp_path: Path) -> None:
    export(run, "npo-s0", tmp_path / "model")
    ours = load(tmp_path / "model").network.state_dict()
    theirs = load(run.parent / "base", [run / "taught/model", run / "npo-s0/model"]).network.state_dict()
    taught = load(run.parent / "base", [run / "taught/model"]).network.state_dict()
    assert all(torch.equal(ours[path], theirs[path]) for path in theirs)
    assert any(not torch.equal(ours[path], taught[path]) for path in taught)
    card = (tmp_path / "model/README.md").read_text("utf-8")
    assert "unlearnt a part of it by npo" in card
    assert "**failed**" in card  # the gate: a random model learns nothing in two passes
    rows = json.loads((run / "npo-s0/scores/summary.json").read_text())["rows"]
    told = {(r["split"], r["metric"]): r["mean"] for r in rows if r["question_type"] == "all"}
    assert f"| forgotten: exposure | {told['forget1', 'exposure_norm']:.3f} |" in card
    assert "is expected of the Goal model" in card
    assert "model-index" in card
    assert str(run.parent) not in card  # nobody else needs to know where things lie here
    with pytest.raises(UserError, match="exists already"):
        export(run, "npo-s0", tmp_path / "model")
    with pytest.raises(UserError, match="Did you mean npo-s0"):
        export(run, "npo-s1", tmp_path / "other")


def test_results_are_records_with_direction_and_interval(run: Path, tmp_path: Path) -> None:
    assert export_results(run, tmp_path / "results.jsonl") == 4
    assert str(run.parent) not in (tmp_path / "results.jsonl").read_text()
    records = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert {one["model_info"]["id"] for one in records} == {
        f"remem/{a}" for a in ("base", "taught", "goal", "npo-s0")
    }
    found = {one["evaluation_name"]: one for one in records[0]["evaluation_results"]}
    assert found["forget1/all/em"]["metric_config"]["lower_is_better"]
    assert not found["retain/all/em"]["metric_config"]["lower_is_better"]
    kept = found["retain/all/em"]["score_details"]
    assert kept["uncertainty"]["confidence_interval"]["lower"] <= kept["score"]
    with pytest.raises(UserError, match=r"no scores yet|cannot be read"):
        export_results(tmp_path, tmp_path / "more.jsonl")


def test_a_data_set_goes_up_private_and_comes_back_as_it_was(hub: Any, run: Path, tmp_path: Path) -> None:
    address = push(run / "dataset", "me/people")
    assert address == f"{hub.address}/datasets/me/people"
    assert hub.repos["datasets/me/people"]["private"]
    pull("me/people", tmp_path / "back", "dataset")
    for path, _ in contents(run / "dataset"):
        name = path.relative_to(run / "dataset")
        assert (tmp_path / "back" / name).read_bytes() == path.read_bytes()
    push(run / "dataset", "me/people")  # again: nothing is in the way
    assert not (tmp_path / "back/.cache").exists()


def test_a_model_goes_up_and_its_copy_is_the_same_model(hub: Any, run: Path, tmp_path: Path) -> None:
    export(run, "taught", tmp_path / "model")
    push(tmp_path / "model", "me/model", public=True)
    assert not hub.repos["models/me/model"]["private"]
    pull("me/model", tmp_path / "back")
    one, two = (load(tmp_path / name).network.state_dict() for name in ("model", "back"))
    assert all(torch.equal(one[path], two[path]) for path in one)
    with pytest.raises(UserError, match="public already"):
        push(tmp_path / "model", "me/model")
    hub.repos["models/me/other"] = {"private": True, "files": {"weights.bin": b"theirs"}}
    with pytest.raises(UserError, match=r"holds other files already \(weights\.bin\)"):
        push(tmp_path / "model", "me/other")
    push(tmp_path / "model", "me/other", overwrite=True)
    assert hub.repos["models/me/other"]["files"]["weights.bin"] == b"theirs"


def test_an_adapter_goes_up_without_the_place_of_its_base(hub: Any, run: Path, tmp_path: Path) -> None:
    model = load(run.parent / "base")
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora"))
    model.save(tmp_path / "adapter")
    where = str(run.parent / "base")
    assert where in (tmp_path / "adapter/adapter_config.json").read_text()
    push(tmp_path / "adapter", "me/adapter")
    sent = hub.repos["models/me/adapter"]["files"]
    assert not [name for name, data in sent.items() if where.encode() in data]
    assert json.loads(sent["adapter_config.json"])["base_model_name_or_path"] == "base"
    assert sent["adapter_model.safetensors"] == (tmp_path / "adapter/adapter_model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def adapters(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run, as if what it trained were adapters."""
    folder = Path(shutil.copytree(run, tmp_path_factory.mktemp("adapters") / "run"))
    for arm in ("taught", "npo-s0"):
        model = load(run.parent / "base")
        model.adapt(Adapt(vision="frozen", projector="frozen", language="lora"))
        for path in (folder / arm / "model").glob("*"):
            if path.suffix in (".safetensors", ".jinja") or path.name.endswith("config.json"):
                path.unlink()
        model.save(folder / arm / "model")
    return folder


def test_a_model_straight_out_of_its_run_goes_up_with_a_card(hub: Any, adapters: Path, run: Path) -> None:
    for name, folder in {"low": adapters, "whole": run}.items():
        push(folder / "npo-s0/model", f"me/{name}")
        files = hub.repos[f"models/me/{name}"]["files"]
        card = ModelCard(files["README.md"].decode())
        assert ("adapter_config.json" in files) == (name == "low")
        assert card.data.library_name == ("peft" if name == "low" else None)
        told = {one.metric_name: one.metric_value for one in card.data.eval_results}
        assert "forgotten: exposure" in told
        assert "unlearnt a part of it by npo" in card.text
        # What it must be put on is said, and it is stage 1's model and not the base.
        assert ("the run's arm `taught`, merged" in card.text) == (name == "low")
        assert not [path for path, data in files.items() if str(run.parent).encode() in data]
    push(adapters / "taught/model", "me/first")
    first = hub.repos["models/me/first"]["files"]["README.md"].decode()
    assert "It lies on base, **and on nothing else**" in first


def test_mistakes_are_one_message(
    hub: Any, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="no data set"):
        push(tmp_path, "me/thing")
    (tmp_path / "x.part").mkdir()
    with pytest.raises(UserError, match="is not finished"):
        kind_of(tmp_path / "x.part")
    with pytest.raises(UserError, match="OWNER/NAME"):
        push(run / "dataset", "thing")
    with pytest.raises(UserError, match="has no me/none"):
        pull("me/none", tmp_path / "back")
    monkeypatch.setenv("HF_TOKEN", "bad")
    with pytest.raises(UserError, match="HF_TOKEN"):
        push(run / "dataset", "me/thing")


def test_without_a_network_it_says_so(hub: Any, run: Path) -> None:
    hub.shutdown()
    hub.server_close()
    with pytest.raises(UserError, match="could not be reached"):
        push(run / "dataset", "me/thing")
