"""Muon for matrices, AdamW for the rest, and one thing to the loop."""

import math

import pytest
import torch

from remem.settings import Train
from remem.training.optimisers import Several, WholeMuon, optimiser

MUON = Train(lr=0.01, optimiser="muon")


def _weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    shapes = {
        "model.layers.0.mlp.up_proj.weight": (24, 8),
        "model.embed_tokens.weight": (10, 8),
        "model.norm.weight": (8,),
    }
    return {path: torch.randn(shape).requires_grad_() for path, shape in shapes.items()}


def _step(weights: dict[str, torch.Tensor], stepper: object, seed: int) -> None:
    dice = torch.Generator().manual_seed(seed)
    for weight in weights.values():
        weight.grad = torch.randn(weight.shape, generator=dice)
    stepper.step()  # type: ignore[attr-defined]


def test_the_update_of_a_matrix_is_orthogonal_and_of_the_size_of_adamws() -> None:
    weights = _weights()
    before = {path: weight.detach().clone() for path, weight in weights.items()}
    _step(weights, optimiser(weights, MUON), 1)
    moved = {path: before[path] - weight.detach() for path, weight in weights.items()}
    stretch = torch.linalg.svdvals(moved["model.layers.0.mlp.up_proj.weight"])
    # lr x 0.2 x sqrt(longer side), and five steps of Newton and Schulz reach 1 within about a third.
    assert (stretch / (0.01 * 0.2 * math.sqrt(24))).tolist() == pytest.approx([1.0] * 8, abs=0.35)
    for path in ("model.embed_tokens.weight", "model.norm.weight"):  # AdamW's first step: lr x sign
        assert moved[path].abs().flatten().tolist() == pytest.approx([0.01] * moved[path].numel(), rel=1e-3)


def test_the_learning_rate_of_the_loop_reaches_both() -> None:
    weights = _weights()
    stepper = optimiser(weights, MUON)
    assert isinstance(stepper, Several)
    before = {path: weight.detach().clone() for path, weight in weights.items()}
    for group in stepper.param_groups:
        group["lr"] = 0.0
    _step(weights, stepper, 1)
    assert all(torch.equal(before[path], weight) for path, weight in weights.items())


def test_a_saved_state_goes_on_as_if_nothing_had_happened() -> None:
    one, two = _weights(), _weights()
    whole, first = optimiser(one, MUON), optimiser(two, MUON)
    for seed in (1, 2):
        _step(one, whole, seed)
        _step(two, first, seed)
    again = optimiser(two, MUON)
    again.load_state_dict(first.state_dict())
    for group in (*whole.param_groups, *again.param_groups):
        group["lr"] = 0.003
    _step(one, whole, 3)
    _step(two, again, 3)
    assert all(torch.equal(one[path], two[path]) for path in one)


def test_adamw_is_the_default_and_muon_without_matrices_is_adamw() -> None:
    assert isinstance(optimiser(_weights(), Train()), torch.optim.AdamW)
    assert isinstance(optimiser({"norm.weight": torch.ones(3).requires_grad_()}, MUON), torch.optim.AdamW)


def test_muon_in_float32_takes_torchs_steps_for_every_matrix() -> None:
    dice = torch.Generator().manual_seed(0)
    shapes = ((24, 8), (24, 8), (8, 24), (8, 8))  # two of a shape are made orthogonal together
    first = [torch.randn(shape, generator=dice) for shape in shapes]
    one, two = ([weight.clone().requires_grad_() for weight in first] for _ in range(2))
    settings = {"lr": 0.01, "weight_decay": 0.1, "adjust_lr_fn": "match_rms_adamw"}
    steppers = torch.optim.Muon(one, **settings), WholeMuon(two, **settings)
    for _ in range(3):
        gradients = [torch.randn(shape, generator=dice) for shape in shapes]
        for weights, stepper in zip((one, two), steppers, strict=True):
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.grad = gradient.clone()
            stepper.step()
    for mine, theirs, before in zip(two, one, first, strict=True):
        moved = theirs - before
        # torch's steps are in bfloat16, with 8 bits of mantissa.
        assert torch.allclose(moved, mine - before, atol=0.03 * moved.abs().max().item())
        assert (mine - theirs).norm() < 0.03 * moved.norm()
        assert not torch.equal(mine, theirs)
