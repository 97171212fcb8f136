"""Every setting of a training does what it says, by arithmetic; streams and dropout move on by step."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from models.conftest import folders, questions  # noqa: F401
from remem.methods import make
from remem.methods.base import Need, Paired, Teach
from remem.methods.streams import Streams
from remem.models.base import Encoded, Policy, Question
from remem.models.loading import load
from remem.settings import Adapt, Train
from remem.training.loop import train
from scripted import Scripted

STEADY = Train(lr=0.1, epochs=1, batch=1, schedule="constant", warmup=0.0)


def rows(model: Scripted, *names: str) -> list[Encoded]:
    return [model.encode(Question(name, f"Who is {name}?", f"It is {name}.")) for name in names]


# -- the loss -------------------------------------------------------------------------------------


def test_the_loss_is_a_mean_over_answer_tokens_alone(folders: dict[str, Path], tmp_path: Path) -> None:
    model = load(folders["llava"])
    model.adapt(Adapt())
    asked = [model.encode(question) for question in questions()]
    assert len({len(row.answer) for row in asked}) > 2
    with torch.no_grad():
        nll = [-model.forward(model.collate([row])).sequence_logp.item() for row in asked]
    expected = sum(nll) / sum(len(row.answer) for row in asked)
    outcome = train(
        model, Teach(), Streams(retain=asked), replace(STEADY, lr=1e-4, batch=4), seed=0, folder=tmp_path
    )
    assert outcome.log[0]["loss"] == pytest.approx(expected, rel=1e-4)


def test_preference_optimisation_weighs_what_is_kept() -> None:
    model = Scripted()
    refused, kept = model.collate(rows(model, "a", "bbb")), model.collate(rows(model, "c", "ddddd"))
    nll = [model.forward(batch).nll.item() for batch in (refused, kept)]
    for weight in (0.0, 0.5, 4.0):
        method = make("po", {"retain_weight": weight})
        loss = method.loss(model.forward, model.forward, Paired(retain=kept, refusal=refused))
        assert loss.item() == pytest.approx(nll[0] + weight * nll[1], rel=1e-5)


# -- the optimiser --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pulls:
    """A loss with a gradient of one's choice at each step, on the first weight alone."""

    model: Scripted
    gradients: tuple[float, ...]
    count: list[int] = field(default_factory=list)

    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> torch.Tensor:
        gradient = self.gradients[len(self.count)]
        self.count.append(1)
        return gradient * self.model.network.bias[0]


def by_hand(start: float, gradients: list[float], settings: Train, shares: list[float]) -> float:
    """AdamW: Loshchilov and Hutter, ICLR 2019, with bias correction and decoupled weight decay."""
    weight, m, v = start, 0.0, 0.0
    for step, (gradient, share) in enumerate(zip(gradients, shares, strict=True), 1):
        if settings.clip and abs(gradient) > settings.clip:
            gradient = math.copysign(settings.clip, gradient)
        lr = settings.lr * share
        weight *= 1 - lr * settings.weight_decay
        m = 0.9 * m + 0.1 * gradient
        v = settings.beta2 * v + (1 - settings.beta2) * gradient**2
        corrected = v / (1 - settings.beta2**step)
        weight -= lr * m / (1 - 0.9**step) / (math.sqrt(corrected) + 1e-8)
    return weight


FLAT = [1.0] * 4
OPTIMISER: list[tuple[dict[str, Any], list[float]]] = [
    ({}, FLAT),
    ({"lr": 0.03}, FLAT),
    ({"weight_decay": 0.5}, FLAT),
    ({"clip": 0.5}, FLAT),
    ({"clip": 2.0}, FLAT),
    ({"clip": 0.0}, FLAT),
    ({"beta2": 0.5}, FLAT),
    ({"schedule": "linear"}, [1.0, 0.75, 0.5, 0.25]),
    ({"schedule": "cosine"}, [0.5 + 0.5 * math.cos(math.pi * step / 4) for step in range(4)]),
    ({"warmup": 0.5}, [1 / 3, 2 / 3, 1.0, 1.0]),
]


@pytest.mark.parametrize(
    ("changes", "shares"), OPTIMISER, ids=[f"{changes or 'as they are'}" for changes, _ in OPTIMISER]
)
def test_four_steps_by_hand(changes: dict[str, Any], shares: list[float], tmp_path: Path) -> None:
    gradients = [3.0, 0.2, -1.5, 0.7]
    settings = replace(STEADY, **changes)
    model = Scripted()
    method = Pulls(model, tuple(gradients))
    train(model, method, Streams(retain=rows(model, *"abcd")), settings, seed=0, folder=tmp_path)
    pulled, still = model.network.bias.detach()[:2].tolist()
    assert pulled == pytest.approx(by_hand(1.0, gradients, settings, shares), abs=1e-4)
    assert still == pytest.approx(by_hand(1.0, [0.0] * 4, settings, shares), abs=1e-6)


def test_those_gradients_tell_the_settings_apart() -> None:
    gradients = [3.0, 0.2, -1.5, 0.7]
    ends = [by_hand(1.0, gradients, replace(STEADY, **changes), shares) for changes, shares in OPTIMISER]
    apart = [abs(one - other) for i, one in enumerate(ends) for other in ends[:i]]
    assert min(apart) > 1e-3


# -- the streams ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Watches:
    """Notes which questions it is given, and what dropout leaves of a row of ones."""

    model: Scripted
    forget: list[tuple[str, ...]] = field(default_factory=list)
    retain: list[tuple[str, ...]] = field(default_factory=list)
    masks: list[tuple[float, ...]] = field(default_factory=list)

    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> torch.Tensor:
        self.forget.append(batch.forget.ids)
        self.retain.append(batch.retain.ids)
        self.masks.append(tuple(self.model.network.dropout(torch.ones(64)).tolist()))
        return policy(batch.retain).nll - policy(batch.forget).nll


def watched(folder: Path, seed: int = 0, epochs: int = 5) -> Watches:
    model = Scripted()
    method = Watches(model)
    streams = Streams(forget=rows(model, *"abcd"), retain=rows(model, *"ABCDEFGHIJ"))
    train(model, method, streams, replace(STEADY, batch=2, epochs=epochs), seed=seed, folder=folder)
    assert not model.network.training
    return method


def test_what_is_kept_comes_round_whole(tmp_path: Path) -> None:
    seen = watched(tmp_path)
    assert [len(ids) for ids in seen.retain] == [2] * 10
    first, second = ([id for ids in half for id in ids] for half in (seen.retain[:5], seen.retain[5:]))
    assert sorted(first) == sorted(second) == list("ABCDEFGHIJ")
    assert first != second
    assert first != sorted(first)


def test_what_is_forgotten_comes_once_an_epoch_in_another_order(tmp_path: Path) -> None:
    seen = watched(tmp_path)
    epochs = [seen.forget[i] + seen.forget[i + 1] for i in range(0, 10, 2)]
    assert all(sorted(ids) == list("abcd") for ids in epochs)
    assert len(set(epochs)) > 1


def test_the_seed_decides_the_order(tmp_path: Path) -> None:
    one, other, again = (watched(tmp_path, seed) for seed in (0, 1, 0))
    assert one.retain == again.retain
    assert one.forget == again.forget
    assert one.retain != other.retain
    assert one.forget != other.forget


def test_dropout_is_on_and_drops_something_else_at_every_step(tmp_path: Path) -> None:
    one, other, again = (watched(tmp_path, seed) for seed in (0, 1, 0))
    for mask in one.masks:
        assert set(Counter(mask)) == {0.0, 2.0}
    assert len(set(one.masks)) == len(one.masks) == 10
    assert one.masks == again.masks
    assert not set(one.masks) & set(other.masks)


def test_training_leaves_the_global_generator_alone(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    watched(tmp_path, epochs=1)
    assert torch.equal(before, torch.get_rng_state())


def test_adapters_are_taught_with_dropout(folders: dict[str, Path], tmp_path: Path) -> None:
    # With an adapter at its start, dropout changes no loss: what it changes is the gradient.
    norms = []
    for dropout in (0.0, 0.5):
        model = load(folders["llava"])
        model.adapt(Adapt(projector="frozen", language="lora", dropout=dropout))
        streams = Streams(retain=[model.encode(question) for question in questions()])
        outcome = train(model, Teach(), streams, replace(STEADY, lr=1e-4, batch=4), seed=0, folder=tmp_path)
        norms.append(outcome.log[0]["grad_norm"])
    assert norms[0] != pytest.approx(norms[1], rel=1e-3)
