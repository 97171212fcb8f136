"""A touched place is touched in whatever reads, in every family, and is as before when it is over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.conftest import picture, questions
from models.test_sharing import VALUES
from remem.errors import UserError
from remem.models.base import Encoded, Question
from remem.models.families import make_tiny
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.models.ranking import rank_plain
from remem.models.touching import Place
from remem.settings import Adapt

PLACES = [Place("projector"), Place("embeddings"), Place("layer", 1), Place("attention", 0), Place("mlp", 1)]


def rows_of(model: Model) -> list[Encoded]:
    return model.encode_all(questions())


def logp(model: Model, rows: list[Encoded]) -> Tensor:
    with torch.no_grad():
        return model.forward(model.collate(rows)).logp


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.part)
def test_what_is_put_in_a_place_is_read_by_all_and_gone_afterwards(model: Model, place: Place) -> None:
    rows, gen = rows_of(model), torch.Generator().manual_seed(0)
    direction: list[Tensor] = []

    def push(made: Tensor, ids: Tensor | None) -> Tensor:
        if not direction:
            direction.append(torch.randn(made.shape[-1], generator=gen) * 3 * made.std())
        assert (ids is None) == (place.part == "projector")
        assert ids is None or ids.shape == made.shape[:2]
        return made + direction[0]

    asked = [model.cloze(questions()[2], "It is", VALUES)]
    before, said = logp(model, rows), model.generate(rows, 6)
    with model.touched(place, lambda made, ids: made):
        assert (logp(model, rows) == before).all()
    with model.touched(place, push):
        now = logp(model, rows)
        spoken, out = model.answer(rows, 6)
        assert spoken == model.generate(rows, 6)
        assert torch.allclose(out.logp, now, atol=1e-4)
        assert model.rank(asked)[0] == pytest.approx(rank_plain(model, asked[0]), abs=1e-3)
    assert (now - before).abs().max() > 1e-3
    assert (logp(model, rows) == before).all()
    assert model.generate(rows, 6) == said


def test_a_whole_layer_put_out_of_work_is_a_network_without_it(model: Model) -> None:
    rows = rows_of(model)
    still = [model.touched(Place(part, 1), lambda made, _: made * 0) for part in ("attention", "mlp")]
    with still[0], still[1]:
        deaf = model.states(rows, [0, 1])
    assert torch.equal(deaf[0], deaf[1])


@pytest.mark.parametrize("family", ["llava", "idefics3", "qwen2.5-vl", "gemma3", "mllama"])
def test_pixels_are_those_of_the_picture_and_gradients_reach_them(family: str, tmp_path: Path) -> None:
    make_tiny(family, tmp_path)
    model = load(tmp_path)
    row = model.encode(questions()[2])
    seen: list[Tensor] = []

    def shift(pixels: Tensor, _: Tensor | None) -> Tensor:
        assert pixels.shape[1] == 3
        assert pixels.min() >= -1e-3
        assert pixels.max() <= 1 + 1e-3
        seen.append(torch.zeros_like(pixels, requires_grad=True))
        return pixels + seen[0]

    before = logp(model, [row])
    with model.touched(Place("pixels"), lambda pixels, _: pixels):
        assert torch.allclose(logp(model, [row]), before, atol=1e-4)
    with model.touched(Place("pixels"), shift):
        loss = -model.forward(model.collate([row])).logp.sum()
    (gradient,) = torch.autograd.grad(loss, seen[0])
    assert gradient.abs().max() > 0
    with model.touched(Place("pixels"), lambda pixels, _: 1 - pixels):
        assert not torch.allclose(logp(model, [row]), before, atol=1e-5)


@pytest.mark.parametrize("projected", [False, True])
def test_a_touched_picture_is_looked_at_anew_though_features_are_kept(model: Model, projected: bool) -> None:
    rows = [row for row in rows_of(model) if row.question.image]
    plain = logp(model, rows)
    model.keep_features(projected=projected)
    assert torch.allclose(logp(model, rows), plain, atol=1e-5)  # seen, and kept
    for place in (Place("pixels"), Place("projector")):
        with model.touched(place, lambda made, _: made * 0.5):
            now = logp(model, rows)
        model.features, kept = None, model.features
        with model.touched(place, lambda made, _: made * 0.5):
            assert torch.allclose(now, logp(model, rows), atol=1e-5)
        model.features = kept
        assert not torch.allclose(now, plain, atol=1e-4)
    assert torch.allclose(logp(model, rows), plain, atol=1e-5)


def test_vectors_in_soft_places_read_as_the_tokens_whose_embeddings_they_are(model: Model) -> None:
    question = questions()[2]
    words = model.encoder.tokenizer(" Jane is here", add_special_tokens=False).input_ids[:3]
    spelt = model.encode(replace(question, soft=tuple(words)))
    free = model.spare([spelt], 3)
    assert len(set(free)) == 3
    assert not set(free) & set(spelt.prompt + spelt.answer)
    soft = model.encode(replace(question, soft=free))
    table = model.network.get_input_embeddings().weight.detach()

    def put(made: Tensor, ids: Tensor | None) -> Tensor:
        for token, word in zip(free, words, strict=True):
            made = torch.where((ids == token)[..., None], table[word], made)
        return made

    expected = logp(model, [spelt])
    assert not torch.allclose(logp(model, [soft]), expected, atol=1e-4)
    with model.touched(Place("embeddings"), put):
        assert torch.allclose(logp(model, [soft]), expected, atol=1e-5)
        found = model.rank([model.cloze(replace(question, soft=free), "It is", VALUES)])
    assert found[0] == pytest.approx(
        model.rank([model.cloze(replace(question, soft=tuple(words)), "It is", VALUES)])[0], abs=1e-4
    )


def test_the_head_on_the_last_layers_states_gives_the_models_own_logits(model: Model) -> None:
    rows = rows_of(model)
    found = model.states(rows, range(model.layers))
    assert found.shape[:2] == (model.layers, len(rows))
    for row, state in zip(rows, found[-1], strict=True):
        with torch.no_grad():
            first = model.forward(model.collate([row])).logits[0, -len(row.answer)]
            assert torch.allclose(model.head(state), first, atol=1e-4)


def test_other_weights_are_read_for_a_while_and_put_back_bit_for_bit(model: Model) -> None:
    model.keep_features()
    rows = rows_of(model)
    before, weights = logp(model, rows), {k: v.clone() for k, v in model.network.state_dict().items()}
    with model.reweighed(lambda path, value: value * 0.5 if "vision" in path else None):
        assert not torch.allclose(
            logp(model, rows), before, atol=1e-5
        )  # nor is what the tower saw still kept
    assert all(torch.equal(weights[path], value) for path, value in model.network.state_dict().items())
    assert (logp(model, rows) == before).all()
    wrong = model.reweighed(lambda path, value: value[:1] if value.dim() == 2 else value + 1)
    with pytest.raises(UserError, match="and not"), wrong:
        pass
    assert all(torch.equal(weights[path], value) for path, value in model.network.state_dict().items())


def test_an_adapter_is_no_obstacle(model: Model) -> None:
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora", dropout=0.0))
    rows = rows_of(model)
    before = logp(model, rows)
    for place in PLACES:
        with model.touched(place, lambda made, _: made * 1.5 + 0.5):
            assert not torch.allclose(logp(model, rows), before, atol=1e-4)
    assert model.states(rows, [0]).shape[1] == len(rows)


def test_a_layer_that_is_not_there_is_said(model: Model) -> None:
    nowhere = model.touched(Place("layer", 40), lambda made, _: made)
    with pytest.raises(UserError, match=f"layers 0 to {model.layers - 1}"), nowhere:
        pass


def test_two_perturbed_pictures_of_one_batch_do_not_mix(model: Model) -> None:
    """Rows whose pictures have keys of their own stand in the order in which they are read."""
    same = [Question(str(i), "Who?", "Jane.", lambda: picture((64, 64), 9), f"k{i}") for i in range(2)]
    rows = model.encode_all(same)
    tiles = [len(model.encoder.pixels(one)["pixel_values"].flatten(0, -4)) for one in same]

    def second(pixels: Tensor, _: Tensor | None) -> Tensor:
        return torch.cat([pixels[: tiles[0]], 1 - pixels[tiles[0] :]])

    before = logp(model, rows)
    with model.touched(Place("pixels"), second):
        now = logp(model, rows)
    assert torch.allclose(now[0], before[0], atol=1e-4)
    assert not torch.allclose(now[1], before[1], atol=1e-4)
