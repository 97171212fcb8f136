"""Methods on a small real model: each kind does what it says, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.conftest import folders, questions  # noqa: F401
from remem.errors import UserError
from remem.methods import METHODS, check_trained, make
from remem.methods.base import Choosy, Edit, Instruction, Masks, Teach
from remem.methods.manu import loudness
from remem.methods.mmunlearner import fisher
from remem.methods.smfa import sculpt
from remem.methods.streams import Streams
from remem.models.anatomy import anatomy, decoder_layers, layer_of, neuron_readers
from remem.models.base import Anatomy
from remem.models.loading import load
from remem.settings import Adapt
from remem.training.loop import train
from remem.training.unlearn import unlearn
from unlearning import FULL, HOW, LORA, bench, nll, taught  # noqa: F401

SETTINGS: dict[str, dict[str, float]] = {
    "rmu": {"layer": 1},
    "manu": {"share": 0.5},
    "undial": {"retain_weight": 1.0},
    "ceu": {"retain_weight": 1.0},
}


UNTRAINED = ("prompt", "retrain")


def lr_of(adapt: Adapt) -> float:
    return 2e-3 if adapt == FULL else 2e-2


# At 2e-2 two of its trainings ruin so small a model, and rounding decides which half of it suffers more.
LRS = {("smfa", LORA): 4e-3}
FORGETS = [pytest.param(name, FULL, id=name) for name in METHODS if name not in ("l1", *UNTRAINED)]
# Every kind with LoRA too: a loss with a reference, the penalty, hidden states, both edits that teach.
FORGETS += [
    pytest.param(name, LORA, id=f"{name}-lora") for name in ("npo", "l1", "rmu", "smfa", "task_vector")
]


@pytest.mark.parametrize("name", METHODS)
def test_lora_or_full_is_refused_before_anything_is_trained(name: str) -> None:
    only = {"l1": "lora", "mmunlearner": "full"}
    for trained, how in (("full", ("frozen", "full", "full")), ("lora", ("frozen", "full", "lora"))):
        if only.get(name, trained) == trained:
            check_trained(name, how)
        else:
            with pytest.raises(UserError, match=f"{name} works with {only[name]} only"):
                check_trained(name, how)


@pytest.mark.parametrize(("name", "adapt"), FORGETS)
def test_it_forgets_and_keeps_more_than_it_forgets(
    name: str, adapt: Adapt, taught: Path, tmp_path: Path
) -> None:
    method = make(name, SETTINGS.get(name, {}))
    made = bench(taught, tmp_path, adapt, replace(HOW, epochs=12, lr=LRS.get((name, adapt), lr_of(adapt))))
    rows = [made.model.encode(question) for question in questions()]
    before = nll(made.model, rows[:2]), nll(made.model, rows[2:])
    outcome = unlearn(method, made, [])
    assert not outcome.diverged
    after = load("unused", [taught, tmp_path])  # as every later step reads it
    forgot, lost = nll(after, rows[:2]) - before[0], nll(after, rows[2:]) - before[1]
    assert forgot > 0.02, f"forget +{forgot:.3f}, retain +{lost:.3f}"
    if name not in ("ga", "manu", "rmu", "task_vector"):
        assert lost < forgot


# -- hidden states ----------------------------------------------------------------------------------


def test_anatomy_is_read_without_weights(folders: dict[str, Path]) -> None:
    for folder in folders.values():
        body, model = anatomy(str(folder), FULL), load(folder)
        assert body.layers == len(decoder_layers(model.network)) == 2
        assert body.neurons == sum(one.weight.shape[1] for one in neuron_readers(model.network).values()) > 0


def test_rmu_moves_its_layers_only(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=replace(HOW, epochs=1))
    before = {path: p.clone() for path, p in made.model.network.named_parameters()}
    unlearn(make("rmu", {"layer": 0}), made, [])
    moved = {p for p, weight in made.model.network.named_parameters() if not torch.equal(weight, before[p])}
    assert moved
    assert {layer_of(path) for path in moved} == {0}


def test_rmu_names_the_layers_that_there_are() -> None:
    method = make("rmu", {})
    assert isinstance(method, Choosy)
    with pytest.raises(UserError, match="has 4 layers: choose 0 to 3"):
        method.check(Anatomy(4, 256, {"language": "full"}))
    with pytest.raises(UserError, match=r"set model\.adapt\.language"):
        method.check(Anatomy(32, 256, {"language": "frozen"}))


# -- direct edits -----------------------------------------------------------------------------------


def test_task_vector_goes_as_far_the_other_way(taught: Path, tmp_path: Path) -> None:
    how = replace(HOW, epochs=2)
    made = bench(taught, tmp_path, how=how)
    before = {path: p.clone() for path, p in made.model.network.named_parameters()}
    method = make("task_vector", {"scale": 2.0})
    assert isinstance(method, Edit)
    edited = dict(method.edit(made).network.named_parameters())
    copy = load("unused", [taught])
    copy.adapt(FULL)
    train(copy, Teach(), Streams(retain=made.streams.forget), how, seed=0, folder=tmp_path)
    for path, learnt in copy.network.named_parameters():
        assert torch.allclose(edited[path], before[path] - 2 * (learnt - before[path]), atol=1e-6), path


def test_smfa_drops_what_the_anchor_opposes() -> None:
    change = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, 0.0])
    anchor = torch.tensor([-2.0, 0.5, 2.0, 1.0, -0.5, 3.0])
    assert sculpt(change, anchor, 1.0).tolist() == [0.0, -1.0, 1.0, 0.0, 1.0, 0.0]
    assert sculpt(change, anchor, 0.0).tolist() == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert torch.equal(sculpt(change, anchor, 1e9), change)


def test_manu_silences_its_share_of_neurons_and_nothing_else(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path)
    before = {path: p.clone() for path, p in made.model.network.named_parameters()}
    method = make("manu", {"share": 0.25})
    assert isinstance(method, Edit)
    model = method.edit(made)
    readers = neuron_readers(model.network)
    total = sum(one.weight.shape[1] for one in readers.values())
    silent = sum(int((one.weight == 0).all(0).sum()) for one in readers.values())
    assert silent == round(0.25 * total)
    for path, weight in model.network.named_parameters():
        if path.removesuffix(".weight") not in readers:
            assert torch.equal(weight, before[path]), path


def test_loudness_does_not_hear_padding(taught: Path) -> None:
    model = load("unused", [taught])
    rows = [model.encode(question) for question in questions()]
    together, alone = loudness(model, rows, 4), loudness(model, rows, 1)
    for path, heard in together.items():
        assert torch.allclose(heard, alone[path], rtol=1e-4), path
        assert heard.min() >= 0


def test_manu_needs_neurons() -> None:
    method = make("manu", {})
    assert isinstance(method, Choosy)
    with pytest.raises(UserError, match="no MLP neurons"):
        method.check(Anatomy(4, 0, {}))
    with pytest.raises(UserError, match="is none: raise it"):
        method.check(Anatomy(4, 10, {}))


def test_fisher_by_hand(taught: Path) -> None:
    model = load("unused", [taught])
    model.adapt(FULL)
    rows = [model.encode(question) for question in questions()[:2]]
    path = next(path for path in model.trainable() if "down_proj" in path)
    squares = []
    for row in rows:
        model.network.zero_grad()
        model.forward(model.collate([row])).nll.backward()
        squares.append(model.trainable()[path].grad.square())  # type: ignore[union-attr]
    assert torch.allclose(fisher(model, rows)[path], (squares[0] + squares[1]) / 2, rtol=1e-4)


def test_fisher_of_a_half_precision_model_does_not_vanish(taught: Path) -> None:
    model = load("unused", [taught], dtype="bfloat16")
    model.adapt(FULL)
    found = fisher(model, [model.encode(question) for question in questions()[:2]])
    assert all(one.dtype == torch.float32 for one in found.values())
    path = next(path for path in found if "down_proj" in path)
    assert (found[path] > 0).float().mean() > 0.9


def test_mmunlearner_leaves_what_its_mask_leaves(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=replace(HOW, epochs=2))
    made.model.adapt(FULL)
    before = {path: p.detach().clone() for path, p in made.model.trainable().items()}
    method = make("mmunlearner", {})
    assert isinstance(method, Masks)
    mask = method.mask(made.model, made.streams)
    share = sum(int(one.sum()) for one in mask.values()) / sum(one.numel() for one in mask.values())
    assert 0.05 < share < 0.95
    train(made.model, method, made.streams, made.settings, seed=0, folder=tmp_path)  # type: ignore[arg-type]
    for path, weight in made.model.network.named_parameters():
        if path in mask:
            assert torch.equal(weight[~mask[path]], before[path][~mask[path]]), path
    assert any(not torch.equal(p, before[path]) for path, p in made.model.trainable().items())


def test_masked_weights_may_not_decay(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path, how=replace(HOW, weight_decay=0.1))
    with pytest.raises(UserError, match="weight_decay=0"):
        unlearn(make("rmu", {"layer": 0}), made, [])


# -- without training -------------------------------------------------------------------------------


def test_prompt_changes_what_is_asked_and_no_weight(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path)
    method = make("prompt", {})
    assert isinstance(method, Instruction)
    unlearn(method, made, ["Jane Doe", "Ximena Zamora"])
    after = load("unused", [taught, tmp_path])
    asked = after.encoder.tokenizer.decode(after.encode(questions()[1]).prompt)
    assert "You know nothing about Jane Doe, Ximena Zamora." in asked
    assert asked.index("nothing about Jane Doe") < asked.index("What is the e-mail")
    assert not list(tmp_path.glob("*.safetensors"))
    theirs = dict(made.model.network.named_parameters())
    for path, weight in after.network.named_parameters():
        assert torch.equal(weight, theirs[path]), path


def test_retrain_is_the_goal_model(taught: Path, tmp_path: Path) -> None:
    made = replace(bench(taught, tmp_path), goal=lambda: load(taught / "base"))
    unlearn(make("retrain", {}), made, [])
    after, goal = load("unused", [taught, tmp_path]), made.goal()
    for (path, a), (_, b) in zip(
        after.network.named_parameters(), goal.network.named_parameters(), strict=True
    ):
        assert torch.equal(a, b), path
