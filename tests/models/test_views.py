"""A question about a person is true of every picture of them, and only the class token is told who it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models.conftest import picture, questions
from remem.errors import UserError
from remem.methods.base import Step, Teach
from remem.methods.streams import Streams
from remem.models import packing
from remem.models.anatomy import projector
from remem.models.base import Encoded, Question
from remem.models.features import glance
from remem.models.huggingface import GLANCED, Model
from remem.models.loading import load
from remem.settings import Adapt, Train
from remem.training.loop import train
from remem.training.slices import seen_anew, slices
from scripted import Scripted

PART = 7


def shown(id: str, person: str, key: str, parts: int = 2) -> Encoded:
    image = (lambda: picture((8, 8), 0)) if key else None
    return Encoded(Question(id, "", None, image, key, person=person), (1, *(PART,) * parts), ())


ROWS = [
    shown("a0", "anna", "anna/0"),
    shown("a1", "anna", "anna/1"),
    shown("a2", "anna", "anna/2"),
    shown("a large", "anna", "anna/large", parts=5),
    shown("a text", "anna", ""),
    shown("b0", "ben", "ben/0"),
    shown("place", "", "scene/0"),
]


def again(how: Train, times: int = 300) -> list[list[Encoded]]:
    views = Streams(retain=ROWS).views(PART)
    return [seen_anew(ROWS, views, how, seed, PART) for seed in range(times)]


def test_each_view_of_a_person_comes_as_often_and_none_of_anybody_else() -> None:
    passes = again(Train(vary_views=True))
    keys = [Counter(rows[number].question.image_key for rows in passes) for number in range(len(ROWS))]
    for number in range(3):
        assert set(keys[number]) == {"anna/0", "anna/1", "anna/2"}  # the large one takes more tokens
        assert all(70 < count < 130 for count in keys[number].values())
    for number in range(3, len(ROWS)):
        assert set(keys[number]) == {ROWS[number].question.image_key}
    for rows in passes:
        assert [row.question.id for row in rows] == [row.question.id for row in ROWS]
        assert not any(row.glanced for row in rows)


def test_so_large_a_share_of_persons_is_glanced_at_and_no_scene() -> None:
    passes = again(Train(patch_dropout=0.3))
    for number, row in enumerate(ROWS):
        share = sum(rows[number].glanced for rows in passes) / len(passes)
        person = bool(row.question.person and row.question.image_key)
        assert share == pytest.approx(0.3, abs=0.08) if person else share == 0
        assert all(rows[number].question == row.question for rows in passes)


def test_a_step_shows_the_same_however_it_is_cut() -> None:
    model = Scripted()
    rows = [
        model.encode(Question(f"{n}", "Who?", "x", lambda: picture((8, 8), 0), f"{n % 4}", person="p"))
        for n in range(12)
    ]
    seen = []
    for micro in (12, 5, 1):
        how = Train(batch=12, micro_batch=micro, vary_views=True, patch_dropout=0.5)
        made: list[Encoded] = []
        model.batch = lambda part, made=made: made.extend(part) or Scripted.batch(model, part)  # type: ignore
        list(slices(model, Teach(), Streams(retain=rows), how, Step()))
        seen.append({row.question.id: (row.question.image_key, row.glanced) for row in made})
    assert seen[0] == seen[1] == seen[2]


def test_a_glance_leaves_the_first_token() -> None:
    seen = torch.arange(1.0, 13).reshape(2, 3, 2)
    left = glance(seen, torch.tensor([True, False]))
    assert left.tolist() == [[[1, 2], [0, 0], [0, 0]], seen[1].tolist()]


@pytest.fixture
def full(folders: dict[str, Path]) -> Model:
    """LLaVA whose language part is given the class token."""
    model = load(folders["llava"])
    model.network.config.vision_feature_select_strategy = "full"
    model.processor.vision_feature_select_strategy = "full"
    model.processor.num_additional_image_tokens = 1
    model.encoder.held.clear()
    return model


def asked(model: Model) -> list[Encoded]:
    one = questions()[0]
    more = [replace(one, id=f"a{n}", text=f"Who is it {n}?") for n in range(3)]
    rows = [model.encode(replace(question, person="p")) for question in (*questions(), *more)]
    return [replace(row, glanced=number in (0, 2, 5)) for number, row in enumerate(rows)]


def test_nothing_but_the_class_token_reaches_the_language_part(full: Model) -> None:
    rows = asked(full)
    glanced = full.forward(full.collate(rows)).logp
    whole = full.forward(full.collate([replace(row, glanced=False) for row in rows])).logp
    for number, row in enumerate(rows):
        same = torch.allclose(glanced[number], whole[number], atol=1e-6)
        assert same == (not row.glanced), number

    def broken(module: Any, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        return torch.cat([output[:, :1], torch.randn_like(output[:, 1:])], 1)

    with projector(full.network).register_forward_hook(broken):
        again = full.forward(full.collate(rows)).logp
    for number, row in enumerate(rows):
        blind = row.glanced or row.question.image is None
        assert torch.allclose(glanced[number], again[number], atol=1e-6) == blind, number


@pytest.mark.parametrize("kept", ["pixels", "features", "projected"])
def test_packed_rows_and_kept_features_glance_at_the_same(full: Model, kept: str, tmp_path: Path) -> None:
    frozen = kept == "projected"
    full.adapt(Adapt(vision="frozen", projector="frozen" if frozen else "full", language="full"))
    rows = asked(full)
    plain = full.forward(full.collate(rows)).logp
    if kept != "pixels":
        full.keep_features(tmp_path, projected=frozen)
    for made in (full.collate(rows), packing.pack(full, rows)):
        assert GLANCED in made.inputs
        assert torch.allclose(full.forward(made).logp, plain, atol=1e-4)


def test_a_model_without_a_class_token_cannot_be_shown_it_alone(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    model = load(folders["llava"])
    model.adapt(Adapt(vision="frozen", projector="full", language="full"))
    rows = [model.encode(question) for question in questions()]
    with pytest.raises(UserError, match="set patch_dropout=0"):
        train(model, Teach(), Streams(retain=rows), Train(patch_dropout=0.5), seed=0, folder=tmp_path)
