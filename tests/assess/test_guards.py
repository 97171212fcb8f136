"""Models that should not be believed: each guard fails for the model that it is about, and for no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from assess.judged import Finished, judge
from remem.data import load
from remem.models import open_model
from remem.models.families import make_tiny
from remem.models.saving import save_processor
from remem.report import taken
from remem.report.findings import findings
from remem.report.marks import marks
from remem.report.read import RunRecord, read_run


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

    shutil.copytree(source, root / "worded")
    template = root / "worded/chat_template.jinja"
    template.write_text(template.read_text().replace("<assistant>", "<assistant> "))
    made = {name: spoilt(name, how) for name, how in SPOILT.items()} | {
        "same": source,
        "worded": root / "worded",
    }
    models = [f"{name}={place}" for name, place in made.items()]
    judge(root / "run", finished.data, models, ["evaluate.membership=false"], taught=str(source))
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
        ("worded-s0", {"changed", "template", "ends"}, "its chat template is not that of the taught model"),
    ],
)
def test_each_guard_fails_exactly_where_it_should(
    doubtful: RunRecord, arm: str, guards: set[str], said: str
) -> None:
    told = taken.guards(doubtful, doubtful.arms[arm])
    wrong = {one["guard"]: one["what"] for one in told if not one["passed"]}
    assert set(wrong) - ({"ends"} if arm == "nan-s0" else set()) == guards
    assert said in "; ".join(wrong.values())


def test_every_table_says_which_models_are_doubtful_and_which_are_one(
    finished: Finished, doubtful: RunRecord
) -> None:
    found = marks(doubtful, load(str(finished.data)))
    told = {mark.arms for mark in found if mark.code == "doubtful-model"}
    assert told == {("blind-s0",), ("noisy-s0",), ("nan-s0",), ("same-s0",), ("worded-s0",)}
    assert [mark.arms for mark in found if mark.code == "equal-weights"] == [
        ("taught", "same-s0", "worded-s0")
    ]


def test_a_model_of_no_numbers_is_told_of_and_nothing_of_it_is_praised(
    finished: Finished, doubtful: RunRecord
) -> None:
    found = {one.method: one.verdict for one in findings(doubtful, load(str(finished.data)))}
    assert found["nan"].tone != "good"
    assert found["same"].kind == "speaks"


# -- another tokenizer, another family -------------------------------------------------------------


@pytest.fixture(scope="module")
def foreign(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    root = tmp_path_factory.mktemp("foreign")
    make_tiny("smolvlm", root / "other", ["Which other words are there, and 12 numbers? These."] * 20)
    judge(
        root / "run", finished.data, [f"other={root / 'other'}", f"po={finished.exported}"],
        taught=str(finished.model("taught")), goals=[str(finished.model("goal"))],
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
        assert one.said.taught == 1.0
        assert one.said.goal == 0.0
        assert (one.exposure.taught, one.exposure.goal) == (1.0, 0.0)
    wrong = {one["guard"]: one["passed"] for one in taken.guards(foreign, foreign.arms["other-s0"])}
    assert not wrong["tokenizer"]
    assert not wrong["processor"]
    assert foreign.arms["other-s0"].given["family"] == "smolvlm"
