"""What a run will take: counts that are known, a run that does not fit, and memory that was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from remem.errors import UserError
from remem.estimate import CARDS, foresee
from remem.estimate.cards import GIB, card
from remem.estimate.sizes import sizes
from remem.estimate.told import refuse, told
from remem.models.families import make_tiny
from remem.models.families.published import SHAPES, fill, llava15
from remem.models.loading import load, load_processor
from remem.run.overrides import override
from remem.run.recipes import RECIPES, recipe
from remem.run.settings import Run
from remem.settings import Adapt
from remem.story.resolve import resolve

LORA = Adapt(vision="frozen", projector="frozen", language="lora", rank=8)


@pytest.fixture(scope="module")
def seven_billion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seven")
    llava15(folder)
    return folder


def of(run: Run, folder: Path, *settings: str) -> Run:
    return resolve(override(run, [f"model.name={folder}", *settings]))


def test_parameters_are_those_of_the_paper(seven_billion: Path) -> None:
    found = sizes(str(seven_billion), LORA)
    assert found.parameters["language"] == pytest.approx(6.74e9, rel=0.01)
    assert found.parameters["vision"] == pytest.approx(0.304e9, rel=0.01)
    # Of each of 32 layers: q, k, v, o of 4096, gate and up of 4096 x 11008, down the other way round.
    by_hand = 32 * 8 * (4 * 2 * 4096 + 3 * (4096 + 11008))
    assert found.trained == by_hand
    assert sizes(str(seven_billion), replace(LORA, names=("q_proj",))).trained == 32 * 8 * 2 * 4096
    assert (found.layers, found.width, found.cached) == (32, 4096, 2 * 32 * 4096)


@pytest.mark.parametrize(
    ("name", "parameters", "picture"),
    [
        ("llava15", 7_063_427_072, 576),
        ("qwen25vl", 8_292_166_656, (336 // 28) ** 2),
        # A picture of 336 pixels is enlarged to 4 x 4 tiles of 384 and looked at once as a whole.
        ("smolvlm", 2_246_272_880, 17 * 81),
    ],
)
def test_published_shapes_have_the_parameters_and_picture_tokens_that_are_known(
    name: str, parameters: int, picture: int, tmp_path: Path
) -> None:
    SHAPES[name](tmp_path)
    run = of(recipe(f"remem_{name}"), tmp_path)
    found = foresee(run, CARDS["h100"])
    assert sum(found.sizes.parameters.values()) == parameters
    assert found.fits
    processor = load_processor(str(tmp_path))
    from PIL import Image

    asked = processor(text=processor.image_token, images=[Image.new("RGB", (336, 336))])
    ids = [token for row in asked["input_ids"] for token in row]
    assert ids.count(processor.tokenizer.convert_tokens_to_ids(processor.image_token)) == picture


def test_memory_by_hand(seven_billion: Path) -> None:
    run = of(recipe("remem_llava15"), seven_billion)
    found = foresee(run, CARDS["h100"])
    assert found.memory["weights"] / GIB == pytest.approx(2 * 7.06e9 / GIB, rel=0.01)
    trained = found.memory["what trains: float32, gradients, AdamW, last good copy"]
    assert trained == 20 * found.sizes.trained
    assert found.fits
    assert found.reading.patches == pytest.approx(
        576 * 0.3, rel=0.35
    )  # three of ten questions show a picture
    assert found.reading.longest > 576
    kept = foresee(of(run, seven_billion, "model.checkpointing=false"), CARDS["h100"]).memory["activations"]
    assert kept > 10 * found.memory["activations"]
    four = foresee(of(recipe("remem_llava15_24gb"), seven_billion), CARDS["rtx4090"])
    assert 3.5 < four.memory["weights"] / GIB < 5.5
    assert four.fits


def test_of_a_model_that_is_cut_up_each_card_holds_a_part_of_what_trains(
    seven_billion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ("model.dtype=bfloat16", "methods=ga", "learn.micro_batch=1", "model.checkpointing=true")
    run = of(recipe("drawn"), seven_billion, *more, "model.rehearse=0", "forget.train.micro_batch=1")
    trains = "what trains: float32, gradients, AdamW, last good copy"
    alone = foresee(run, CARDS["h100"])
    assert not alone.fits
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert foresee(run, CARDS["h100"]).memory == alone.memory  # each holds the model as one would
    cut = foresee(of(run, seven_billion, "model.shard=true"), CARDS["h100"])
    assert cut.memory[trains] == alone.memory[trains] / 8
    assert cut.memory["weights"] == alone.memory["weights"]
    assert cut.fits


def test_a_run_that_cannot_fit_is_refused_with_what_would_help(seven_billion: Path) -> None:
    run = of(
        recipe("drawn"),
        seven_billion,
        "model.dtype=bfloat16",
        "methods=npo",
        "learn.batch=16",
        "model.rehearse=0",
    )
    found = foresee(run, CARDS["a100"])
    assert found.memory["reference model"] > 13 * GIB
    with pytest.raises(
        UserError, match=r"needs about \d+ GiB, and a100 has 80 GiB: set model.adapt.language=lora"
    ):
        refuse(found, run)


def test_more_work_takes_more_time(seven_billion: Path) -> None:
    run = of(recipe("remem_llava15"), seven_billion, "methods=gd")
    once = foresee(run, CARDS["h100"])
    assert foresee(replace(run, learn=replace(run.learn, epochs=10)), CARDS["h100"]).hours[
        "stage 1, taught and goal"
    ] == pytest.approx(2 * once.hours["stage 1, taught and goal"])
    slower = foresee(run, CARDS["rtx4090"])
    assert sum(slower.hours.values()) > 3 * sum(once.hours.values())
    assert once.steps == {"stage 1": 2500, "gd": 125}


@pytest.mark.parametrize(
    "name", [name for name, make in RECIPES.items() if make().model.name in ("embedded", "tiny")]
)
def test_every_recipe_of_an_embedded_model_is_foretold(name: str) -> None:
    run = resolve(recipe(name))
    found = foresee(run, CARDS["h100"])
    refuse(found, run)
    lines = dict(told(found, ["dataset", "taught/model"]))
    assert lines["steps of the run"] == [("2, of which train", "taught")]
    supervised = round(found.reading.questions * found.reading.answer)
    assert dict(lines["tokens"])["a pass of stage 1"].endswith(f"{supervised:,} supervised")


def test_attacks_are_counted_and_said_not_to_be_foretold() -> None:
    found = foresee(resolve(recipe("tiny")), CARDS["h100"])
    steps = ["taught/model", "taught/attack-quick", "goal/attack-quick"]
    assert ("attacks", "2 steps, whose time is not foretold") in dict(told(found, steps))["steps of the run"]
    assert "attacks" not in dict(dict(told(found, steps[:1]))["steps of the run"])


def test_a_wrong_card_is_told_before_the_model_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from remem.cli import app
    from remem.story import resolve

    def sought(*_: object) -> Run:
        raise AssertionError("the model was sought")

    monkeypatch.setattr(resolve, "resolve", sought)
    asked = CliRunner().invoke(app, ["run", "remem-llava15", "--dry-run", "--on-card", "h10"])
    assert asked.exit_code != 0
    assert "unknown card: h10" in f"{asked.output}{asked.exception}"


def test_unknown_cards_name_the_near_ones() -> None:
    with pytest.raises(UserError, match=r"unknown card: h10\. Did you mean h100"):
        card("h10")


MEASURE = """
import json, sys
from pathlib import Path
from remem.run.overrides import override
from remem.settings import plain
from remem.run.recipes import recipe
from remem.models import open_model
from remem.models.base import Question
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.training.loop import train
run = override(recipe("drawn"), ["learn.batch=256", "learn.micro_batch=256"])
from remem.estimate.foresee import _sample
model = open_model("embedded")
model.adapt(run.model.adapt)
rows = [model.encode(one) for one in _sample(run, None)] * 12
before = int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) * 1024
train(model, Teach(), Streams(retain=rows[:256]), run.learn, seed=0, folder=Path(sys.argv[1]))
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
print(json.dumps([before, peak]))
"""


@pytest.mark.slow
def test_activations_are_near_what_is_measured(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    before, peak = json.loads(done.stdout.strip().splitlines()[-1])
    settings = ["model.name=embedded", "learn.batch=256", "learn.micro_batch=256"]
    run = resolve(override(recipe("drawn"), settings))
    found = foresee(run, CARDS["h100"]).memory
    expected = sum(found[part] for part in ("activations", "answers' logits"))
    print(f"grew by {(peak - before) / 2**20:.0f} MiB, foreseen {expected / 2**20:.0f} MiB")
    assert 0.5 < expected / (peak - before) < 2


def test_a_shape_is_filled_with_weights_of_half_the_bytes(tmp_path: Path) -> None:
    make_tiny("qwen2.5-vl", tmp_path)
    whole = (tmp_path / "model.safetensors").stat().st_size
    (tmp_path / "model.safetensors").unlink()
    fill(tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size == pytest.approx(whole / 2, rel=0.1)
    assert sum(weight.abs().sum() for weight in load(tmp_path).network.parameters()) > 0
