"""Padding, batch size and order change no number beyond rounding."""

import pytest
import torch
from torch import Tensor

from models.conftest import questions
from remem.methods.base import Paired, Teach
from remem.models.huggingface import Model
from remem.settings import Adapt


def test_a_row_does_not_feel_its_neighbours(model: Model) -> None:
    rows = [model.encode(question) for question in questions()]
    with torch.no_grad():
        together = model.forward(model.collate(rows))
        for i, row in enumerate(rows):
            alone = model.forward(model.collate([row]))
            assert together.sequence_logp[i].item() == pytest.approx(alone.sequence_logp[0].item(), abs=1e-4)


def test_the_picture_is_looked_at(model: Model) -> None:
    from dataclasses import replace

    first, other = questions()[0], questions()[2]
    swapped = replace(first, image=other.image, image_key=other.image_key)
    with torch.no_grad():
        a, b = (model.forward(model.collate([model.encode(q)])).logits for q in (first, swapped))
    assert (a - b).abs().max() > 1e-4


def test_log_probs_are_those_of_the_plain_model(model: Model) -> None:
    """Against the model's own forward over the whole sequence, with the textbook shift."""
    row = model.encode(questions()[0])
    batch = model.collate([row])
    with torch.no_grad():
        logits = model.network(**batch.inputs).logits[0].log_softmax(-1)
        ours = model.forward(batch).logp[0]
    ids, start = row.prompt + row.answer, len(row.prompt)
    theirs = [logits[position - 1, ids[position]].item() for position in range(start, len(ids))]
    assert ours.tolist() == pytest.approx(theirs, abs=1e-4)


def test_hidden_states_are_those_of_the_plain_model(model: Model) -> None:
    """Against transformers' own list, whose entry 0 is the embedding: layer 0 is entry 1."""
    batch = model.collate([model.encode(question) for question in questions()])
    with torch.no_grad():
        asked = model.forward(batch.at_layer(0))
        theirs = model.call(**batch.inputs, output_hidden_states=True).hidden_states[1]
    assert asked.hidden is not None
    width = batch.answer.shape[1]
    assert torch.allclose(asked.hidden, theirs[:, -width - 1 : -1], atol=1e-5)
    assert torch.equal(asked.logits, model.forward(batch).logits)


def test_generation_in_a_batch_equals_one_by_one(model: Model) -> None:
    rows = [model.encode(question) for question in questions()]
    assert model.generate(rows, 8) == [model.generate([row], 8)[0] for row in rows]


def _gradients(model: Model, slices: list[list[int]]) -> tuple[float, dict[str, Tensor]]:
    rows = [model.encode(question) for question in questions()]
    tokens = sum(len(row.answer) for row in rows)
    model.network.zero_grad()
    loss = 0.0
    for picked in slices:
        batch = model.collate([rows[i] for i in picked]).within(len(rows), tokens)
        part = Teach().loss(model.forward, model.forward, Paired(retain=batch))
        part.backward()
        loss += part.item()
    return loss, {path: p.grad.clone() for path, p in model.trainable().items() if p.grad is not None}


def test_slices_of_a_step_add_up_to_one_large_batch(model: Model) -> None:
    model.adapt(Adapt(vision="full", projector="full", language="full"))
    whole_loss, whole = _gradients(model, [[0, 1, 2, 3]])
    for slices in ([[0], [1], [2], [3]], [[3, 1], [0, 2]], [[2, 0, 1], [3]]):
        loss, gradients = _gradients(model, slices)
        assert loss == pytest.approx(whole_loss, abs=1e-5)
        assert gradients.keys() == whole.keys()
        for path, gradient in gradients.items():
            assert torch.allclose(gradient, whole[path], atol=1e-5), path
