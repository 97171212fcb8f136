"""Earlier turns and answers that have begun: read as the template writes them, with all their pictures."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.conftest import picture, questions
from remem.errors import UserError
from remem.models.base import Question, Turn
from remem.models.families import make_tiny
from remem.models.huggingface import Model
from remem.models.loading import load

SHOTS = (
    Turn("user", "Who is this one?", lambda: picture((50, 50), 40), "x"),
    Turn("assistant", "This is Ann Lee."),
)


def test_turns_stand_before_the_question_with_their_pictures(model: Model) -> None:
    alone = questions()[2]
    asked = replace(alone, turns=SHOTS)
    row, short = model.encode(asked), model.encode(alone)
    written = model.encoder.text(asked)
    assert written.index("Who is this one?") < written.index("Ann Lee") < written.rindex("Who?")
    places = [row.prompt.count(model.placeholder), short.prompt.count(model.placeholder)]
    assert places[0] > places[1] > 0
    assert row.answer == short.answer
    both = model.encoder.pixels(asked)["pixel_values"]
    own, other = (
        model.encoder.pixels(Question(key, "?", image=opened, image_key=key))["pixel_values"]
        for key, opened in (("own", alone.image), ("other", SHOTS[0].image))
    )
    assert torch.equal(both.flatten(0, -4), torch.cat([other.flatten(0, -4), own.flatten(0, -4)]))
    assert asked.seen_key not in ("", alone.image_key, "x")
    assert replace(asked, turns=(replace(SHOTS[0], image_key=""),)).seen_key == ""


def test_rows_with_turns_read_the_same_in_any_company(model: Model) -> None:
    asked = [replace(one, turns=SHOTS) for one in questions()] + questions()
    rows = model.encode_all(asked)
    said, out = model.answer(rows, 5)
    for i, row in enumerate(rows):
        alone, only = model.answer([row], 5)
        assert alone[0] == said[i]
        size = len(row.answer)
        assert torch.allclose(only.logp[0, -size:], out.logp[i, -size:], atol=1e-4)
    with torch.no_grad():
        assert torch.allclose(model.forward(model.batch(rows)).logp, out.logp, atol=1e-4)


def test_a_picture_of_an_earlier_turn_is_seen(model: Model) -> None:
    one = replace(questions()[1], turns=SHOTS)
    other = replace(
        one, turns=(replace(SHOTS[0], image=lambda: picture((50, 50), 200), image_key="y"), SHOTS[1])
    )
    first, second = (model.forward(model.collate([model.encode(asked)])).logp for asked in (one, other))
    assert not torch.allclose(first, second, atol=1e-5)


def test_a_begun_answer_is_gone_on_from(model: Model) -> None:
    whole = replace(questions()[2], answer="It is Jane Doe.")
    begun = replace(whole, begun="It is", answer="Jane Doe.")
    row, plain = model.encode(begun), model.encode(whole)
    assert row.prompt + row.answer == plain.prompt + plain.answer
    assert len(row.answer) < len(plain.answer)
    assert model.with_answer(row, "Jane Doe.") == row
    said = model.generate([row], 4)[0].text
    forced = model.generate([model.encode(replace(whole, answer=None, begun="It is"))], 4)[0].text
    assert said == forced
    assert model.cloze(whole, "It is", ["Jane"]).prompt.prompt == row.prompt


def test_a_template_that_drops_or_refuses_a_turn_is_said(model: Model) -> None:
    asked = replace(questions()[1], turns=(Turn("system", "You are a helpful clerk."),))
    kept = model.processor.chat_template
    for template, why in (
        ("{{ raise_exception('no system role') }}", "no system role"),
        (
            "{% for m in messages %}{% if m.role == 'user' %}{{ m.content[0].text }}{% endif %}{% endfor %}",
            "out",
        ),
    ):
        model.processor.chat_template = template
        with pytest.raises(UserError, match=f"earlier turns \\(system\\).*{why}"):
            model.encode(asked)
    model.processor.chat_template = kept


def test_a_mark_in_a_turn_or_a_beginning_is_refused(model: Model) -> None:
    for asked in (
        replace(questions()[1], begun="<image>"),
        replace(questions()[1], turns=(Turn("user", "a <image> b"),)),
    ):
        with pytest.raises(UserError, match="not as text"):
            model.encode(asked)


def test_several_pictures_are_refused_where_they_are_not_built_for(tmp_path: Path) -> None:
    make_tiny("mllama", tmp_path)
    model = load(tmp_path)
    row = model.encode(replace(questions()[2], turns=SHOTS))
    with pytest.raises(UserError, match="several pictures"):
        model.collate([row])


def test_drawn_answers_follow_the_models_own_probabilities(model: Model) -> None:
    row = model.encode(replace(questions()[1], answer=None))
    drawn = model.sample([row], 400, 1.0, 3, 1)[0]
    with torch.no_grad():
        free = model.forward(model.collate([model.with_answer(row, "x")])).logits[0, 0].softmax(-1)
    top = int(free.argmax())
    text = model.spoken([top]).text
    alike = [i for i in range(len(free)) if model.spoken([i]).text == text]
    p = float(free[alike].sum())
    share = sum(one.text == text for one in drawn) / 400
    assert abs(share - p) < 4 * math.sqrt(p * (1 - p) / 400)
    assert len({one.text for one in drawn}) > 5


def test_what_is_drawn_does_not_depend_on_the_company_and_coldest_is_greedy(model: Model) -> None:
    rows = model.encode_all([replace(one, answer=None) for one in questions()])
    together = model.sample(rows, 3, 1.0, 7, 5)
    assert [model.sample([row], 3, 1.0, 7, 5)[0] for row in rows] == together
    assert model.sample(rows, 3, 1.0, 8, 5) != together
    greedy = model.generate(rows, 5)
    assert [one[0] for one in model.sample(rows, 1, 1e-4, 0, 5)] == greedy
