"""What is read once instead of many times gives the plain way's numbers, for every family."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import pytest
import torch

from models.conftest import questions
from remem.models import answering, packing, ranking, reading
from remem.models.base import Batch, Candidates, Encoded, Output, Question
from remem.models.fitting import Budget
from remem.models.huggingface import Model
from remem.models.reading import common, read
from remem.settings import Adapt

VALUES = ["Jane", "jane.doe@example.com", "jane.roe@example.com", "12 May 1987", "12 May 1978", "x"]


@pytest.fixture(autouse=True)
def _nothing_falls_back() -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*the plain, slower way")
        yield


def on_one_picture() -> list[Question]:
    """Three questions on one picture, one on another, one without, and one more on the first."""
    a, b, c, d = questions()
    return [
        a,
        replace(a, id="a2", text="Who is this, and where?", answer="It is 12."),
        b,
        d,
        replace(a, id="a3", text="Who is it?", answer="x"),
        replace(c, id="c2", text="Is it Jane, please?", answer="No, Ximena Zamora, 12 May 1987."),
    ]


def counted(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Token positions of every call of the network, padding included."""
    seen: list[int] = []
    call = model.call

    def count(**inputs: Any) -> Any:
        seen.append(inputs["input_ids"].numel())
        return call(**inputs)

    monkeypatch.setattr(model, "call", count)
    return seen


# -- candidates -------------------------------------------------------------------------------------------


def test_candidates_from_a_tree_have_the_plain_scores(model: Model) -> None:
    asked = [model.cloze(question, "It is", VALUES[: i + 1]) for i, question in enumerate(questions())]
    plain = [ranking.rank_plain(model, one) for one in asked]
    for scores in (
        model.rank(asked),
        ranking.rank(model, asked, Budget(1)),  # one prompt at a time
        ranking.rank_shared(model, asked, nodes=4),  # several trees on each prompt
    ):
        for one, expected in zip(scores, plain, strict=True):
            assert one == pytest.approx(expected, abs=1e-4)


def test_candidates_of_one_token_need_no_tree(model: Model) -> None:
    asked = [Candidates(model.encode(replace(q, answer=None)), ((5,), (7,), (5,))) for q in questions()]
    for one, scores in zip(asked, model.rank(asked), strict=True):
        assert scores == pytest.approx(ranking.rank_plain(model, one), abs=1e-4)
        assert scores[0] == scores[2]


def test_whole_answers_are_ranked_as_the_forward_scores_them(model: Model) -> None:
    """Multiple choices and perturbed answers: the question's own answer is one of them."""
    question = questions()[0]
    answers = [question.answer or "", "Ximena Z, jane.roe@example.com.", "I don't know."]
    one = model.choices(model.encode(question), answers)
    rows = [model.encode(replace(question, answer=text)) for text in answers]
    with torch.no_grad():
        expected = model.forward(model.collate(rows)).sequence_logp.tolist()
    assert model.rank([one])[0] == pytest.approx(expected, abs=1e-4)


def test_beginnings_are_read_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    one = model.cloze(questions()[0], "It is", [f"jane.doe@example{i}.com" for i in range(20)])
    model.rank([one])
    seen = counted(model, monkeypatch)
    model.rank([one])
    tokens = {path[: i + 1] for path in one.tokens for i in range(len(path) - 1)}
    assert sum(seen) == len(one.prompt.prompt) + len(tokens)


def test_a_wrong_shared_cache_is_noticed_and_said_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [Candidates(model.encode(questions()[0]), ((5, 6), (7,)))]
    monkeypatch.setattr(
        ranking, "rank_shared", lambda m, group, nodes=1: [[0.0] * len(c.tokens) for c in group]
    )
    with pytest.warns(UserWarning, match="plain, slower way"):
        first = model.rank(asked)
    assert first == model.rank(asked) == [ranking.rank_plain(model, asked[0])]  # a second warning is an error


# -- answers ----------------------------------------------------------------------------------------------


def plainly(model: Model, rows: list[Encoded], most: int) -> tuple[list[Any], torch.Tensor]:
    with torch.no_grad():
        return model.generate(rows, most), model.forward(model.collate(rows)).logp


@pytest.mark.parametrize(("most", "worth"), [(1, 0.3), (7, 0.3), (7, -1.0)])
def test_one_reading_gives_the_plain_answers_and_log_probs(
    model: Model, most: int, worth: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WORTH", worth)  # below 0, beginnings are read apart though nothing is saved
    for asked in (questions(), on_one_picture()):
        rows = [model.encode(question) for question in asked]
        said, logp = plainly(model, rows, most)
        found, out = model.answer(rows, most)
        assert found == said
        assert torch.allclose(out.logp, logp, atol=1e-4)
        assert torch.equal(out.mask, model.collate(rows).mask)


def test_decoding_goes_on_from_what_was_said_and_not_from_the_true_answer(model: Model) -> None:
    """With weights so large that every word of the context counts: small random ones always say the same."""
    with torch.no_grad():
        for path, weight in model.network.named_parameters():
            if "layers." in path and "vision" not in path and weight.dim() == 2:
                weight.mul_(12)
    rows = [model.encode(question) for question in on_one_picture()]
    said = model.generate(rows, 12)
    for row, one in zip(rows, said, strict=True):
        behind = replace(row, prompt=row.prompt + row.answer[:-1], answer=())
        assert model.generate([behind], 12)[0] != one  # the true answer, once read, would change what is said
    assert model.answer(rows, 12)[0] == said
    for row, one in zip(rows, said, strict=True):
        assert model.answer([row], 12)[0] == [one]


def test_what_is_known_by_heart_is_said_without_decoding(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that the model gives of itself, in whole or up to a token: made true, and asked for."""
    rows = [model.encode(replace(question, answer=None)) for question in questions()]
    said, _ = answering.once(model, rows, 8)
    ends = [(*tokens[:5], model.encoder.end_ids[0]) for tokens in said]
    known = [replace(row, answer=tuple(tokens)) for row, tokens in zip(rows, said, strict=True)]
    half = [replace(row, answer=tokens) for row, tokens in zip(rows, ends, strict=True)]
    model.answer(half, 8)
    seen = counted(model, monkeypatch)
    again, _ = answering.once(model, half, 8)
    assert again == said
    assert len(seen) == 1 + 2  # one reading; tokens 6 was known to be another, 7 and 8 were decoded
    del seen[:]
    again, _ = answering.once(model, known, 8)
    assert again == said
    assert len(seen) == 1


def test_a_row_ends_where_the_model_ends_it(model: Model) -> None:
    """An end of turn before the true answer is over, at its own place in each row of the batch."""
    rows = [model.encode(question) for question in questions()]
    ends = model.encoder.end_ids
    for row in rows:
        plain = model.generate([row], 12)[0]
        (said,), _ = answering.once(model, [row], 12)
        assert model.spoken(said) == plain
        model.encoder.end_ids = (*ends, said[2])  # from now on this one ends an answer
        assert answering.once(model, rows, 12)[0] == [answering.once(model, [one], 12)[0][0] for one in rows]
        assert answering.once(model, [row], 12)[0][0] == said[: said.index(said[2]) + 1]
        model.encoder.end_ids = ends


def test_what_rows_on_one_picture_share_is_read_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [model.encode(question) for question in on_one_picture()]
    owner, shared = common(rows, model.placeholder)
    assert owner[0] == owner[1] == owner[4]
    assert len(set(owner)) == 4
    assert model.placeholder not in rows[0].prompt[shared[owner[0]] :]
    same = [rows[i] for i in (0, 1, 4)]
    seen = counted(model, monkeypatch)
    with torch.no_grad():
        found = read(model, same, 1, worth=0.0)  # these pictures are of few tokens
    assert len(seen) == 2
    assert seen[0] == shared[owner[0]]
    assert found.lengths.tolist() == [len(row) for row in same]


def test_a_picture_behind_the_question_is_not_shared() -> None:
    image = questions()[0].image
    rows = [
        Encoded(Question(str(i), "", None, image, "one picture"), (7, token, 9, 9), ())
        for i, token in enumerate((1, 2))
    ]
    owner, shared = common(rows, 9)
    assert (owner, shared) == ([0, 1], [3, 3])
    assert common(rows, None) == ([0, 1], [3, 3])


# -- packed rows ------------------------------------------------------------------------------------------


def learnt(model: Model, made: Batch) -> tuple[Output, dict[str, torch.Tensor]]:
    model.network.zero_grad()
    out = model.forward(made)
    out.nll.backward()
    return out, {path: p.grad.clone() for path, p in model.trainable().items() if p.grad is not None}


def test_packed_questions_have_the_plain_loss_and_gradient(model: Model) -> None:
    model.adapt(Adapt(vision="full", projector="full", language="full"))
    short = [Question(str(i), "Who?", "x", None) for i in range(4)]
    rows = [model.encode(question) for question in [*short, *on_one_picture()]]
    packed = packing.pack(model, rows)
    assert packed.inputs["input_ids"].shape[0] < len({row.question.image_key for row in rows}) + 1
    assert packed.at is not None
    begins = [int(at[mask][0]) for at, mask in zip(packed.at, packed.mask, strict=True)]
    # Not every question stands at the beginning of its row.
    assert max(begins[:4]) > max(len(row.prompt) for row in rows[:4])
    assert len(packed.inputs["pixel_values"]) == 3
    out, gradients = learnt(model, packed.at_layer(0))
    plain, expected = learnt(model, model.collate(rows).at_layer(0))
    assert torch.allclose(out.logp, plain.logp, atol=1e-4)
    assert torch.equal(out.mask, plain.mask)
    assert out.hidden is not None
    assert plain.hidden is not None
    real = plain.mask.unsqueeze(-1)
    assert torch.allclose(out.hidden * real, plain.hidden * real, atol=1e-4)
    assert torch.allclose(out.logits * real, plain.logits * real, atol=1e-4)
    assert gradients.keys() == expected.keys()
    for path, gradient in gradients.items():
        assert torch.allclose(gradient, expected[path], atol=1e-5), path


def test_the_head_runs_on_answer_positions_only(model: Model) -> None:
    """Whole answers of n tokens: n positions of the head, and one more where answers end in a column."""
    rows = [model.encode(question) for question in on_one_picture()]
    longest = max(len(row.answer) for row in rows)
    seen: list[int] = []
    head = model.network.get_output_embeddings()
    with torch.no_grad(), head.register_forward_hook(lambda *call: seen.append(call[2].shape[:-1].numel())):
        model.forward(model.collate(rows))
        model.forward(packing.pack(model, rows))
    assert seen == [len(rows) * (longest + 1), len(rows) * longest]


def test_packing_is_chosen_where_it_saves_and_never_with_dropout(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [model.encode(question) for question in on_one_picture()]
    apart = [model.encode(question) for question in (questions()[0], questions()[3])]
    assert model.batch(apart).at is None
    monkeypatch.setattr(packing, "WORTH", 1.0)
    assert model.batch(rows).at is not None
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora", rank=2, dropout=0.1))
    model.network.eval()
    assert model.batch(rows).at is not None
    model.network.train()
    assert model.batch(rows).at is None
