"""A family that the fast ways cannot serve: plain numbers, and one warning for each way."""

from __future__ import annotations

import warnings
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from models.conftest import TEXTS, questions
from remem.models import ranking
from remem.models.architectures import train_tokenizer
from remem.models.base import Question
from remem.models.huggingface import Model
from remem.models.trust import Trust
from remem.settings import Adapt


class Words:
    """The part of Qwen's processor that deals with text: the whole of it wants torchvision."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer, self.chat_template = tokenizer, tokenizer.chat_template
        self.image_processor = SimpleNamespace(to_dict=dict)

    def apply_chat_template(self, turns: Any, **how: Any) -> Any:
        return self.tokenizer.apply_chat_template(turns, **how)

    def __call__(self, text: str, images: None, **how: Any) -> Any:
        return self.tokenizer(text, **how)


@pytest.fixture(params=["Qwen2_5_VL", "Qwen3VL"])
def qwen(request: pytest.FixtureRequest) -> Model:
    import transformers

    tokenizer = train_tokenizer(TEXTS, 400)
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]},
    }
    vision: dict[str, Any] = {"depth": 1, "hidden_size": 32, "num_heads": 2, "out_hidden_size": 32}
    vision |= (
        {"deepstack_visual_indexes": [0]} if request.param == "Qwen3VL" else {"fullatt_block_indexes": [0]}
    )
    made = getattr(transformers, f"{request.param}Config")(text_config=text, vision_config=vision)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = getattr(transformers, f"{request.param}ForConditionalGeneration")(made).eval()
    network.generation_config.eos_token_id = tokenizer.eos_token_id
    return Model(network, Words(tokenizer), "qwen")


def asked() -> list[Question]:
    return [replace(question, image=None, image_key="") for question in questions()]


def test_every_fast_way_falls_back_with_one_warning(qwen: Model) -> None:
    assert qwen.own_positions
    rows = [qwen.encode(question) for question in asked()]
    values = [qwen.cloze(question, "It is", ["Jane", "x", "12 May"]) for question in asked()]
    with pytest.warns(UserWarning, match="answering and scoring from one reading"):
        said, out = qwen.answer(rows, 4)
    with pytest.warns(UserWarning, match="scoring candidates from a shared prompt"):
        scores = qwen.rank(values)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert qwen.answer(rows, 4)[0] == said == qwen.generate(rows, 4)
        assert qwen.rank(values) == scores == [ranking.rank_plain(qwen, one) for one in values]
        assert qwen.batch(rows).at is None
    with torch.no_grad():
        assert torch.equal(out.logp, qwen.forward(qwen.collate(rows)).logp)


def test_the_plain_way_is_right_for_it(qwen: Model) -> None:
    rows = [qwen.encode(question) for question in asked()]
    qwen.adapt(Adapt(vision="frozen", projector="frozen", language="full"))
    with torch.no_grad():
        together = qwen.forward(qwen.collate(rows)).sequence_logp
        for row, expected in zip(rows, together, strict=True):
            assert qwen.forward(qwen.collate([row])).sequence_logp.item() == pytest.approx(
                expected.item(), abs=1e-4
            )


def test_ways_that_differ_or_fail_are_refused_and_ways_that_agree_are_trusted() -> None:
    trust = Trust(torch.float32)
    assert trust.try_("a", lambda: [1.0, 2.0], lambda: [1.0005, 2.0])
    with pytest.warns(UserWarning, match=r"b does not work with this model \(its numbers are 0.5 apart\)"):
        assert not trust.try_("b", lambda: [1.0], lambda: [1.5])
    with pytest.warns(UserWarning, match="nan apart"):
        assert not trust.try_("c", lambda: [1.0], lambda: [float("nan")])

    def fails() -> list[float]:
        raise AttributeError("no such layer")

    with pytest.warns(UserWarning, match="AttributeError: no such layer"):
        assert not trust.try_("d", lambda: [1.0], fails)
    assert [trust[what] for what in "abcde"] == [True, False, False, False, None]

    def cramped() -> list[float]:
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(torch.OutOfMemoryError):  # says nothing about the way
        trust.try_("e", lambda: [1.0], cramped)
    assert trust["e"] is None
