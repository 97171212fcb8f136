"""The twelve traps that published code fell into, each planted here and caught: by a guard, or by a test.

The list, with what each did to somebody's numbers, is in the docstrings below.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from methods import test_kinds, test_losses
from models.conftest import questions
from remem.errors import UserError
from remem.methods import make
from remem.methods.base import Teach
from remem.methods.ga import GradientAscent
from remem.methods.rmu import RMU
from remem.methods.streams import Streams
from remem.models.base import Encoded, Output
from remem.models.encoding import Encoder
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.training import guards
from remem.training.loop import train
from remem.training.outcome import read_guards
from remem.training.unlearn import Workbench, unlearn
from remem.types import Response
from unlearning import FULL, HOW, LORA, bench, taught  # noqa: F401

SHORT = replace(HOW, epochs=2)
Bury = pytest.MonkeyPatch


def rows_through(made: Workbench, change: Callable[[Encoded], Encoded]) -> Workbench:
    """The bench, had the encoder made these rows."""
    streams = replace(
        made.streams,
        forget=[change(row) for row in made.streams.forget],
        retain=[change(row) for row in made.streams.retain],
    )
    return replace(made, streams=streams)


def caught(made: Workbench, method: str, by: str, settings: dict[str, float] | None = None) -> None:
    with pytest.raises(UserError, match=by):
        unlearn(make(method, settings or {}), made, [])


def test_without_a_trap_every_guard_passes(taught: Path, tmp_path: Path) -> None:
    for name, adapt in (("npo", LORA), ("dpo", FULL), ("task_vector", FULL)):
        folder = tmp_path / name
        folder.mkdir()
        unlearn(make(name, {}), bench(taught, folder, adapt, SHORT), [])
        found = read_guards(folder)
        assert [one for one in found if not one.passed] == []
        assert {"labels", "start", "moved", "scope", "steps", "finite"} <= {one.guard for one in found}


@pytest.mark.parametrize("what", ["prompt", "picture"])
def test_1_loss_over_the_prompt_or_the_picture(what: str, taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=SHORT)
    token = made.model.processor.image_token_id

    def plant(row: Encoded) -> Encoded:
        extra = row.prompt[-3:] if what == "prompt" else (token,)
        return replace(row, answer=(*extra, *row.answer), marked=())

    caught(rows_through(made, plant), "ga", "labels: 0 of 4")


def test_1_loss_over_the_prompt_in_the_batch(taught: Path, tmp_path: Path, monkeypatch: Bury) -> None:
    """The rows are right and the mask of the batch is not."""
    made, collate = bench(taught, tmp_path, how=SHORT), Encoder.collate

    def plant(self: Encoder, rows: Any, *more: Any) -> Any:
        wider = [replace(row, prompt=row.prompt[:-2], answer=row.prompt[-2:] + row.answer) for row in rows]
        return collate(self, wider if rows[0].answer else rows, *more)

    monkeypatch.setattr(Encoder, "collate", plant)
    caught(made, "ga", "labels")


def test_2_adapters_matched_by_suffix(taught: Path, tmp_path: Path, monkeypatch: Bury) -> None:
    """ "Language-only" LoRA that lands in the vision tower as well."""
    import peft

    plain = peft.LoraConfig
    monkeypatch.setattr(
        peft, "LoraConfig", lambda **more: plain(**more | {"target_modules": ["q_proj", "v_proj"]})
    )
    caught(bench(taught, tmp_path, LORA, SHORT), "ga", "the vision part should be frozen")


def test_2_frozen_weights_that_move_all_the_same(taught: Path) -> None:
    model = load("unused", [taught])
    before = guards.prints(model.network)
    with torch.no_grad():
        for path, weight in model.network.named_parameters():
            if path.endswith("q_proj.weight"):  # by suffix: in the tower too
                weight += 0.1
    scope = next(
        one
        for one in guards.weights(before, guards.prints(model.network), ["language"])
        if one.guard == "scope"
    )
    assert not scope.passed
    assert "vision_tower" in scope.what
    with pytest.raises(UserError, match="scope"):
        guards.stop(scope)


@pytest.mark.parametrize("what", ["base", "goal"])
def test_3_reference_is_not_the_taught_model(
    what: str,
    taught: Path,
    tmp_path: Path,
    monkeypatch: Bury,
) -> None:
    """The base (a second adapter on an unmerged first, switched off), or the retain-only model."""
    made = bench(taught, tmp_path, LORA, SHORT)
    other = load(taught / "base")
    if what == "goal":
        rows = [other.encode(question) for question in questions()[2:]]
        other.adapt(FULL)
        train(other, Teach(), Streams(retain=rows), SHORT, seed=0, folder=tmp_path)
    monkeypatch.setattr(Model, "reference", lambda self: other.forward)
    caught(made, "kl", "reference: .* no, they are")


def test_3_the_record_is_of_another_model(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, LORA, SHORT)
    wrong = {id: [logp - 0.5 for logp in row] for id, row in made.taught.items()}
    streams = replace(made.streams, recorded=wrong)
    caught(replace(made, streams=streams), "npo", "reference: .* no, they are")
    caught(replace(made, streams=streams, taught=wrong), "npo", "start: .* no, they are")


def test_3_stage_2_starts_from_another_model(taught: Path, tmp_path: Path) -> None:
    caught(replace(bench(taught, tmp_path, how=SHORT), model=load(taught / "base")), "ga", "start: ")


def test_4_a_mask_that_touches_nothing(taught: Path, tmp_path: Path, monkeypatch: Bury) -> None:
    monkeypatch.setattr(
        RMU, "mask", lambda self, model, streams: {"model.layers.9.weight": torch.tensor(True)}
    )
    caught(bench(taught, tmp_path, how=SHORT), "rmu", "leaves no trainable weight", {"layer": 1})


def test_4_training_that_moves_nothing(taught: Path, tmp_path: Path, monkeypatch: Bury) -> None:
    """As LoRA under gradient checkpointing whose inputs need no gradient."""
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)
    caught(bench(taught, tmp_path, LORA, SHORT), "ga", "nothing moved")


def test_4_an_adapter_that_is_all_zero() -> None:
    before = {"language_model.a.lora_A": (1.0, 1.0), "language_model.a.lora_B": (0.0, 0.0)}
    after = {**before, "language_model.a.lora_A": (2.0, 2.0)}  # what moved multiplies zero
    adapter = next(one for one in guards.weights(before, after, ["language"]) if one.guard == "adapter")
    with pytest.raises(UserError, match="0 of 1 adapters"):
        guards.stop(adapter)


def test_5_squared_gradients_in_half_precision(taught: Path, monkeypatch: Bury) -> None:
    """Caught by the test that a half-precision model's Fisher information does not vanish."""

    def plant(model: Model, rows: list[Encoded]) -> dict[str, torch.Tensor]:
        weights = model.trainable()
        found = {path: torch.zeros_like(weight, dtype=torch.float16) for path, weight in weights.items()}
        for row in rows:
            loss = model.forward(model.collate([row])).nll
            gradients = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
            for path, gradient in zip(weights, gradients, strict=True):
                if gradient is not None:
                    found[path] += gradient.half().square()
        return found

    monkeypatch.setattr(test_kinds, "fisher", plant)
    with pytest.raises(AssertionError):
        test_kinds.test_fisher_of_a_half_precision_model_does_not_vanish(taught)


@pytest.mark.parametrize("name", ["kl", "undial", "llmu", "ceu"])
def test_6_mean_over_padding(name: str, monkeypatch: Bury) -> None:
    """Caught by the test that padding changes nothing."""
    monkeypatch.setattr(Output, "token_mean", lambda self, values: values.mean())
    with pytest.raises(AssertionError):
        test_losses.test_padding_and_slices_change_nothing(name)


@pytest.mark.parametrize("name", ["npo", "dpo"])
def test_7_accumulation_that_divides_inside_the_logarithm(name: str, monkeypatch: Bury) -> None:
    """Caught by the test that slices of a step add up to the step."""
    monkeypatch.setattr(
        Output, "sequence_logp", property(lambda self: self.logp.sum(-1) * len(self.logp) / self.items)
    )
    with pytest.raises(AssertionError):
        test_losses.test_padding_and_slices_change_nothing(name)


def test_8_refusals_that_carry_the_true_answer(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=SHORT)
    model = made.model
    for plant in (
        lambda row, epoch: row,  # the wrong item is formatted
        lambda row, epoch: model.with_answer(row, f"I should not say {row.question.answer}"),
    ):
        planted = replace(made, streams=replace(made.streams, stand_ins={"refusal": plant}))
        caught(planted, "po", "stand-ins: 0 of 2")


def test_9_answers_edited_on_the_way(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=SHORT)

    def plant(row: Encoded) -> Encoded:
        return made.model.with_answer(row, (row.question.answer or "").capitalize())

    caught(rows_through(made, plant), "ga", "teaches 'Ximenaz,jane")


def test_10_stopped_by_hand(taught: Path, tmp_path: Path, monkeypatch: Bury) -> None:
    """A training that ended earlier than its settings say, without a word."""

    def plant(model: Model, method: Any, streams: Streams, settings: Any, **more: Any) -> Any:
        return train(model, method, streams, replace(settings, epochs=1), **more)

    monkeypatch.setattr("remem.training.unlearn.train", plant)
    caught(bench(taught, tmp_path, how=SHORT), "ga", "steps: 1 of 2 planned")
    caught(bench(taught, tmp_path, how=SHORT), "task_vector", "steps: 1 of 2 planned")


def test_10_settings_that_collapse_the_model(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=replace(HOW, lr=0.3, epochs=10))
    unlearn(make("ga", {}), made, [])
    model = load("unused", [taught, tmp_path])
    rows = [model.encode(question) for question in questions()]
    said = [
        Response(id=row.question.id, text=one.text, finished=one.finished, logp=(), hit=(), mean=(), sd=())
        for row, one in zip(rows, model.generate(rows, 60), strict=True)
    ]
    sound = {
        one.what: one for one in guards.answers(said, {"retain": ["c", "d"]}, 60) if one.guard == "sound"
    }
    assert [one.passed for one in sound.values()] == [False]
    assert "2 of 2 answers are empty or repeat" in next(iter(sound))


def test_11_answers_that_lose_their_end(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=SHORT)
    for plant in (
        lambda row: replace(row, answer=row.answer[:2], marked=()),
        lambda row: replace(row, answer=(*row.answer[:2], row.answer[-1]), marked=()),
    ):
        caught(rows_through(made, plant), "ga", "labels: [01] of 4 .* a teaches 'Ximena' for")


def test_11_no_room_to_generate_the_true_answer() -> None:
    long = Response(id="a", text="x", finished=False, logp=(0.0,) * 9, hit=(), mean=(), sd=())
    room = guards.answers([long], {}, 8)[0]
    assert (room.guard, room.passed) == ("room", False)
    assert guards.answers([long], {}, 9)[0].passed


def test_12_ascent_without_end(taught: Path, tmp_path: Path, monkeypatch: Bury) -> None:
    """Stops, keeps the last good state, says so in the result, and does not take the run down."""
    loss, asked = GradientAscent.loss, []

    def plant(self: GradientAscent, *more: Any) -> torch.Tensor:
        asked.append(1)
        return loss(self, *more) * (math.inf if len(asked) > 3 else 1.0)

    monkeypatch.setattr(GradientAscent, "loss", plant)
    outcome = unlearn(make("ga", {}), bench(taught, tmp_path, how=replace(HOW, epochs=9)), [])
    assert outcome.diverged
    assert outcome.steps == 2  # after the third, the loss was not finite
    finite = next(one for one in read_guards(tmp_path) if one.guard == "finite")
    assert not finite.passed
    assert "diverged, last good weights kept" in finite.what
    assert all(p.isfinite().all() for p in load("unused", [taught, tmp_path]).network.parameters())


def test_a_picture_lost_on_the_way_to_generation(taught: Path) -> None:
    from fabricate import item

    model = load("unused", [taught])
    items = {q.id: item(id=q.id, image_path="x.png" if q.image else "") for q in questions()}
    whole = [model.encode(question) for question in questions()]
    assert guards.pictures(model, whole, items).passed
    lost = [model.encode(replace(question, image=None)) for question in questions()]
    with pytest.raises(UserError, match="pictures: 0 of 3"):
        guards.stop(guards.pictures(model, lost, items))
    # the picture is there and its placeholders are not
    bare = [replace(row, prompt=lost[i].prompt) for i, row in enumerate(whole)]
    assert not guards.pictures(model, bare, items).passed


def test_no_supervised_token(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=SHORT)
    caught(rows_through(made, lambda row: replace(row, answer=(), marked=())), "ga", "labels: 0 of 4")
    rows = [replace(row, answer=()) for row in made.streams.forget]
    made.model.adapt(FULL)
    with pytest.raises(UserError, match="no answer token is supervised"):
        train(made.model, Teach(), Streams(retain=rows), SHORT, seed=0, folder=tmp_path)
