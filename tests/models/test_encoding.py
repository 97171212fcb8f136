"""Labels are the answer and its end-of-turn token, for every family: seen by decoding them."""

from dataclasses import replace

import pytest

from models.conftest import questions
from remem.errors import UserError
from remem.models.base import Question
from remem.models.encoding import stack_pictures
from remem.models.held import Held
from remem.models.huggingface import Model


def test_labels_are_the_answer_and_nothing_else(model: Model) -> None:
    tokenizer = model.encoder.tokenizer
    batch = model.collate([model.encode(question) for question in questions()])
    for row, question in enumerate(questions()):
        labels = batch.answer[row][batch.mask[row]]
        assert tokenizer.decode(labels) == f"{question.answer}<end>"
        # the answer stands at the end of the input, unpadded, and is what the labels say
        assert batch.inputs["input_ids"][row, -len(labels) :].tolist() == labels.tolist()
        assert model.encoder.processor.image_token_id not in labels


def test_prompt_is_the_same_for_teaching_and_for_generation(model: Model) -> None:
    for question in questions():
        taught, asked = model.encode(question), model.encode(replace(question, answer=None))
        assert taught.prompt == asked.prompt
        assert asked.answer == ()
        decoded = model.encoder.tokenizer.decode(taught.prompt)
        assert decoded.endswith(f"{question.text}<assistant>")


def test_a_refusal_replaces_the_answer_and_nothing_else(model: Model) -> None:
    row = model.encode(questions()[0])
    refused = model.with_answer(row, "I don't know.")
    assert refused.prompt == row.prompt
    assert model.encoder.tokenizer.decode(refused.answer) == "I don't know.<end>"


def test_no_answer_is_cut_and_none_may_be_empty(model: Model) -> None:
    long = "word " * 500
    encoded = model.encode(Question("x", "Who?", long.strip(), None))
    assert model.encoder.tokenizer.decode(encoded.answer).count("word") == 500
    with pytest.raises(UserError, match="item x has an empty answer"):
        model.encode(Question("x", "Who?", "  ", None))


def test_a_cloze_is_an_answer_that_has_begun(model: Model) -> None:
    """Lead and value together are the tokens of the whole sentence, picture or not."""
    values = ("jane.doe@example.com", "x", "12 May 1987")
    for question in questions():
        asked = model.cloze(question, "This person's name is ", values)
        for value, tokens in zip(values, asked.tokens, strict=True):
            whole = model.encode(replace(question, answer=f"This person's name is {value}"))
            assert asked.prompt.prompt + tokens == whole.prompt + whole.answer[:-1]
            assert model.encoder.tokenizer.decode(tokens) == f" {value}"


def test_pictures_are_batched_as_the_processor_does_it(model: Model) -> None:
    asked = [question for question in questions() if question.image is not None]
    rows = [model.encode(question) for question in asked]
    ours = stack_pictures([model.encoder.pixels(row.question) for row in rows])
    theirs = model.processor(
        text=[model.encoder.text(question) for question in asked],
        images=[[question.image()] for question in asked],
        padding=True,
        return_tensors="pt",
    )
    for key, tensor in ours.items():
        assert tensor.shape == theirs[key].shape
        assert (tensor == theirs[key]).all()


def test_pictures_are_processed_again_when_memory_is_short(model: Model) -> None:
    rows = [model.encode(question) for question in questions()]
    with_memory = model.collate(rows)
    model.encoder.held = Held(0)
    without = model.collate(rows)
    assert (without.inputs["pixel_values"] == with_memory.inputs["pixel_values"]).all()
    assert len(model.encoder.held) == 0


def test_the_tokens_that_spell_a_value_are_marked(model: Model) -> None:
    row = model.mark(model.encode(questions()[0]), ["Jane.Doe@example.com", "not there"])
    decode = model.encoder.tokenizer.decode
    spelt = decode([token for token, mark in zip(row.answer, row.marked, strict=True) if mark])
    rest = decode([token for token, mark in zip(row.answer, row.marked, strict=True) if not mark])
    assert "jane.doe@example.com" in spelt
    assert "Ximena" in rest
    assert "example" not in rest
    assert not row.marked[-1]  # the end of turn spells nothing
    together = model.collate([model.encode(questions()[1]), row])
    assert together.marked is not None
    assert not together.marked[0].any()  # nobody looked
    assert together.marked[1][together.mask[1]].tolist() == list(row.marked)
