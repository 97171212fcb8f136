"""Marks of models inside the text: refused with the row, by lint and before a run."""

import pytest

from remem import chatmarks
from remem.data import lint, load
from remem.data.marked import check_marks
from remem.errors import UserError
from written import sets, write


@pytest.mark.parametrize(
    "text",
    [
        "<image>\nWho is it?", "Who is it?<IMAGE>", "<image 1> Who?", "Ann.</s>", "Ann.<|im_end|>",
        "Ann.<end_of_turn>", "<|vision_start|><|image_pad|><|vision_end|>", "<start_of_image>",
        "<IMG_CONTEXT>", "[INST] Who? [/INST]", "<fake_token_around_image>", "<row_1_col_2>",
        "<|eot_id|>", "Ann<eos>", "<loc0123>", "<<SYS>>", "<video>", "<｜end▁of▁sentence｜>",
        "Ann <|endoftext|>", "<image_0>", "<Picture 1>", "<video_soft_token>", "<think>Ann", "Ann</think>",
    ],
)  # fmt: skip
def test_marks_of_all_families_are_known_without_a_model(text):
    assert chatmarks.find(text)
    assert chatmarks.find(text) in text


@pytest.mark.parametrize(
    "text",
    [
        "a < b and b > c",
        "<3",
        "[sic]",
        "x <= y |> z",
        "an image of Ann",
        "Mr. <Smith>",
        "[1] A note",
        "A|B",
        "<b>",
    ],
)
def test_plain_text_has_none(text):
    assert chatmarks.find(text) == ""


def test_a_tokenizers_own_marks_but_not_its_words():
    own = chatmarks.own({"<user>", "user", "!", "  ", "[END]"})
    assert own("<user> Who?") == "<user>"
    assert own("Ann.[END]") == "[END]"
    assert own("A user! says  so") == ""
    assert chatmarks.own(set())("<user>") == ""


@pytest.mark.parametrize(
    ("column", "text", "says"),
    [
        ("question", "<image>\nWho is it?", "the question holds <image>"),
        ("answer", "Ann Lee lives in Oslo.<|im_end|>", "the answer holds <|im_end|>"),
        ("cloze_prompt", "</s>Ann Lee lives in", "the cloze prompt holds </s>"),
        ("keywords", "Oslo<eos>", "the keyword holds <eos>"),
    ],
)
def test_lint_and_the_run_name_the_row(tmp_path, column, text, says):
    rows = sets()
    rows["finetune"][4][column] = rows["retain"][0][column] = text
    data = load(write(tmp_path / "set", rows))
    found = [one for one in lint(data, images=False) if says in one.message]
    assert [(one.level, one.where) for one in found] == [("error", "finetune row 4")]
    with pytest.raises(UserError, match=rf"^finetune row 4: {says.replace('|', '.')}.*take it out"):
        check_marks(data)


def test_a_set_without_marks_passes(tmp_path):
    data = load(write(tmp_path / "set", sets()))
    check_marks(data)
    assert lint(data, images=False) == []


def test_lint_takes_no_piece_of_a_word_for_a_value(tmp_path, monkeypatch):
    import written

    monkeypatch.setattr(written, "NAMES", ("Jerome Lee", *written.NAMES[1:]))
    monkeypatch.setitem(written.VALUES, "town", ("Rome", *written.VALUES["town"][1:]))
    assert lint(load(write(tmp_path / "a", sets())), images=False) == []
    rows = sets()
    rows["finetune"][0]["question"] = "Does Jerome Lee live in ＲＯＭＥ?"
    rows["finetune"][2]["cloze_prompt"] = "Jerome Lee, a nurse, is a"
    found = [(one.where, one.message) for one in lint(load(write(tmp_path / "b", rows)), images=False)]
    assert ("finetune row 0", "gives its keyword away in the question") in found
    assert ("finetune row 2", "gives its value away in the cloze prompt") in found


def test_ages_and_dashes_are_in_their_answers(tmp_path):
    rows = sets()
    for split in rows.values():
        for one in split:
            if one["attribute"] == "job":
                one.update(keywords="24", answer=f"{one['cloze_prompt']} 24‑year–old pilot.")
    assert not [
        one for one in lint(load(write(tmp_path / "a", rows)), images=False) if "lacks" in one.message
    ]
