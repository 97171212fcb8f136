"""Every token of a prompt is in one group, and in the right one."""

import pytest

from models.conftest import folders, model, picture  # noqa: F401
from remem.errors import UserError
from remem.models.base import Question
from remem.models.huggingface import Model
from remem.studies.tracing.groups import groups
from remem.studies.tracing.swaps import matched


def words(model: Model, question: str, lead: str = "", name: str = "", shown: bool = False) -> dict[str, str]:
    """Group -> the text of its tokens."""
    image = (lambda: picture((48, 40), 0)) if shown else None
    row = model.encode(Question("a", question, None, image, "a"))
    tokenizer, token = model.encoder.tokenizer, model.network.config.image_token_id
    prompt = (*row.prompt, *tokenizer(lead, add_special_tokens=False).input_ids)
    found = groups(prompt, tokenizer, token, (question, lead), name)
    assert len(found) == len(prompt)
    return {
        group: tokenizer.decode([t for t, g in zip(prompt, found, strict=True) if g == group])
        for group in dict.fromkeys(found)
    }


def test_a_question_that_shows_the_person(model: Model) -> None:
    found = words(model, "What is the e-mail address of the person in this picture?", shown=True)
    assert found["subject"].strip() == "the person in this picture"
    assert found["text"] == "What is the e-mail address of?"
    assert set(found["image"]) <= set("<image>")
    assert "<user>" in found["template"]
    assert "name" not in found
    assert found["last"] == "<assistant>"


def test_a_question_that_names_the_person_and_an_answer_that_has_begun(model: Model) -> None:
    found = words(model, "Where was Jane Doe born?", "Jane Doe's birthplace is", "Jane Doe")
    assert found["name"].split() == ["Jane", "DoeJane", "Doe"]
    assert found["last"] == " is"
    assert "image" not in found
    assert found["text"].startswith("Where was born?")


def test_the_last_token_is_a_group_of_its_own(model: Model) -> None:
    row = model.encode(Question("a", "Who?", None, None))
    found = groups(row.prompt, model.encoder.tokenizer, None, ("Who?",))
    assert found.count("last") == 1
    assert found[-1] == "last"


def test_a_text_that_the_prompt_does_not_hold_is_an_error(model: Model) -> None:
    row = model.encode(Question("a", "Who?", None, None))
    with pytest.raises(UserError, match="does not hold this text"):
        groups(row.prompt, model.encoder.tokenizer, None, ("Whom?",))


@pytest.mark.parametrize(
    ("clean", "changed", "expected"),
    [
        ("u ABC v", "u DEF v", (0, 1, 2, 3, 4)),
        ("u ABC v", "u EF v", (0, 2, 3, 4)),
        ("u BC v", "u DEF v", (0, -1, 1, 2, 3)),
        ("u AB v AB w", "u D v DE w", (0, 2, 3, 4, 5, 6)),
        ("u AB v", "x AB v", None),
        ("u AB v", "u AB v w", None),
    ],
)
def test_tokens_of_two_prompts_are_matched(clean, changed, expected):
    """Capitals are names; every letter is a token."""
    ours, theirs = ([*text.replace(" ", "")] for text in (clean, changed))
    kinds = [["name" if c.isupper() else "text" for c in text] for text in (ours, theirs)]
    assert matched([ord(c) for c in ours], [ord(c) for c in theirs], *kinds) == expected
