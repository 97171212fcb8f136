"""Conversations in the shapes of published checkpoints: what is taught is the answer and what ends its turn.

The shapes differ in what may go wrong: a blank before the answer that the prompt lacks, a blank behind it, a
turn without an end, a system turn that the template makes up, and an opening that is not the prompt's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.conftest import TEXTS, questions
from remem.models.families import make_tiny
from remem.models.huggingface import Model
from remem.models.loading import load

EACH = "{% for turn in messages %}"
PARTS = "{% for part in turn['content'] %}"
PUT = "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
# name: (family, template, what the prompt ends in, what is taught in front of the answer, what ends it)
SHAPES = {
    # "USER: <image>\nWho? ASSISTANT: Jane. ": no end of turn, a blank on either side of the answer
    "llava-1.5": (
        "llava",
        f"{EACH}{{{{ turn['role'].upper() }}}}: {PARTS}"
        "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }} {% endif %}{% endfor %}"
        "{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}",
        "ASSISTANT:", " ", "<end>",
    ),
    # "User:<image>Who?<end_of_utterance>\nAssistant: Jane.<end_of_utterance>\n"
    "smolvlm": (
        "smolvlm",
        f"{EACH}{{{{ turn['role'].capitalize() }}}}:"
        f"{{% if turn['content'][0]['type'] != 'image' %}} {{% endif %}}{PARTS}{PUT}<end_of_utterance>\n"
        "{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}",
        "Assistant:", " ", "<end_of_utterance>",
    ),
    # "<|im_start|>assistant \nJane.<|im_end|>", and the prompt has no blank there
    "llava-onevision": (
        "qwen2-vl",
        f"{EACH}<|im_start|>{{{{ turn['role'] }}}} {PARTS}"
        "{% if part['type'] == 'image' %}IMAGE{% else %}\n{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        "<|im_start|>assistant\n", "", "<|im_end|>",
    ),
    # a system turn that nobody asked for
    "qwen2-vl": (
        "qwen2-vl",
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        f"{EACH}<|im_start|>{{{{ turn['role'] }}}}\n{PARTS}{PUT}<|im_end|>\n{{% endfor %}}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        "<|im_start|>assistant\n", "", "<|im_end|>",
    ),
}  # fmt: skip
IMAGES = {"qwen2-vl": "<|vision_start|><|image_pad|><|vision_end|>"}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    folders: dict[str, Path] = {}

    def make(shape: str) -> Model:
        family, template = SHAPES[shape][:2]
        if family not in folders:
            folders[family] = tmp_path_factory.mktemp(family)
            make_tiny(family, folders[family], TEXTS)
        # From the folder, as a checkpoint brings it along.
        template = template.replace("IMAGE", IMAGES.get(family, "<image>\n"))
        (folders[family] / "chat_template.jinja").write_text(template)
        return load(folders[family])

    return make


@pytest.mark.parametrize("shape", SHAPES)
def test_the_answer_and_its_end_are_taught_and_nothing_else(
    shape: str, speaking: Callable[[str], Model]
) -> None:
    _, _, opening, lead, end = SHAPES[shape]
    model = speaking(shape)
    decode = model.encoder.tokenizer.decode
    for question in questions():
        row = model.encode(question)
        batch = model.collate([row])
        assert decode(batch.answer[0][batch.mask[0]]) == f"{lead}{question.answer}{end}"
        assert decode(row.prompt).endswith(opening)
        assert model.encode(replace(question, answer=None)).prompt == row.prompt
        cloze = model.cloze(question, "It is", ["Jane", "x"])
        assert decode(cloze.prompt.prompt).endswith(f"{opening}{lead}It is")
        assert [decode(tokens) for tokens in cloze.tokens] == [" Jane", " x"]


@pytest.mark.parametrize("shape", SHAPES)
def test_padding_and_generation_in_these_shapes(shape: str, speaking: Callable[[str], Model]) -> None:
    model = speaking(shape)
    rows = [model.encode(question) for question in questions()]
    with torch.no_grad():
        together = model.forward(model.collate(rows)).sequence_logp
        alone = [model.forward(model.collate([row])).sequence_logp.item() for row in rows]
    assert together.tolist() == pytest.approx(alone, abs=1e-4)
    assert model.generate(rows, 6) == [model.generate([row], 6)[0] for row in rows]
