"""A language model of somebody else's behind the embedded base's tower, as a LLaVA.

The language model comes out of a GGUF file of Llama's architecture, with its tokenizer. Its pictures are the
tower's: a projector of two layers makes them as large as its words. What was trained so that it reads them
(embedded/align.py) is put on by `put_on`: projector and a small LoRA, which is merged.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from remem.errors import UserError
from remem.models.architectures import IMAGE
from remem.models.folders import WEIGHTS
from remem.models.ggufs import Head, chatml
from remem.models.templates import writer
from remem.outgoing import quoted

SPARE = "<empty_output>"  # a token of SmolLM2's that no text holds: it becomes the picture's
CHATML = WEIGHTS / "smollm2" / "chat_template.jinja"
# In front of a template that joins strings: parts of a turn as one string.
JOINED = (
    "{% set joined = namespace(turns=[], text='') %}{% for message in messages %}"
    "{% if message['content'] is string %}{% set joined.text = message['content'] %}{% else %}"
    "{% set joined.text = '' %}{% for part in message['content'] %}{% set joined.text = joined.text + "
    "('<image>' if part['type'] == 'image' else part['text']) %}{% endfor %}{% endif %}"
    "{% set joined.turns = joined.turns + [{'role': message['role'], 'content': joined.text}] %}"
    "{% endfor %}{% set messages = joined.turns %}"
)
LORA = ".lora_A.weight"


def graft(gguf: Path, head: Head, tower: Path) -> tuple[Any, Any]:
    """Network and processor in float32: the language model of a GGUF file behind the tower of a base."""
    from transformers import LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor

    from remem.models.eyes import register

    register()
    eyes: Any = LlavaForConditionalGeneration.from_pretrained(str(tower), dtype=torch.float32)
    language, found = _opened(gguf)
    tokenizer = _tokenizer(found, head)
    image = tokenizer.convert_tokens_to_ids(IMAGE)
    if image >= language.config.vocab_size:
        language.resize_token_embeddings(image + 1, mean_resizing=False)
    text = language.config
    del text.quantization_config  # its weights are whole numbers of bits no more
    text.eos_token_id, text.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    with torch.device("meta"):
        network: Any = LlavaForConditionalGeneration(
            LlavaConfig(
                vision_config=eyes.config.vision_config,
                text_config=text,
                image_token_id=image,
                vision_feature_layer=eyes.config.vision_feature_layer,
                vision_feature_select_strategy=eyes.config.vision_feature_select_strategy,
                tie_word_embeddings=text.tie_word_embeddings,
            )
        )
    network.model.vision_tower = eyes.model.vision_tower
    network.model.language_model = language.model
    network.lm_head = language.lm_head
    network.model.multi_modal_projector = _projector(network, language.get_input_embeddings().weight)
    network.tie_weights()
    processor: Any = LlavaProcessor.from_pretrained(str(tower))
    processor.tokenizer, processor.chat_template = tokenizer, tokenizer.chat_template
    processor.image_token_id = image
    return network.eval(), processor


def _opened(gguf: Path) -> tuple[Any, Any]:
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    bars = contextlib.redirect_stderr(io.StringIO())  # its progress bar over the tensors cannot be turned off
    try:
        with bars:
            found = transformers.AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
            language, loaded = transformers.AutoModelForCausalLM.from_pretrained(
                str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32, output_loading_info=True
            )
    except Exception as problem:  # numbers of bits that are not known, shapes that do not fit, a torn file
        why = quoted(str(problem)) or type(problem).__name__
        raise UserError(
            f"transformers does not take {gguf} ({why}): give another file of that model, as one in Q8_0."
        ) from problem
    missing = sorted(set(loaded["missing_keys"]) - set(_tied(language)))
    if missing:
        raise UserError(
            f"{gguf} lacks {len(missing)} of the model's weights ({', '.join(missing[:3])}, ...), and they "
            "would be random: give a whole language model."
        )
    wrong = [name for name, one in language.named_parameters() if not torch.isfinite(one).all()]
    if wrong:
        raise UserError(f"{gguf} is damaged ({wrong[0]} is not all numbers): download or convert it again.")
    return language, found


def check(network: Any, processor: Any, gguf: Path) -> None:
    """UserError where a question with a picture cannot be put to the base, or is not answered in numbers."""
    turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is this?"}]}
    try:
        text = writer(processor)([turn], prompt=True)  # the template is the file's
        shown = processor(text=text, images=[Image.new("RGB", (8, 8))], return_tensors="pt")
        with torch.no_grad():
            logits = network(**shown).logits
    except Exception as problem:  # and so is the tokenizer
        why = quoted(str(problem)) or type(problem).__name__
        raise UserError(f"{gguf} cannot be asked about a picture ({why}): give another file.") from problem
    if not torch.isfinite(logits).all():
        raise UserError(f"{gguf} gives log-probs that are no numbers: download or convert it again.")


def _tied(language: Any) -> list[str]:
    return ["lm_head.weight"] if language.config.tie_word_embeddings else []


def _projector(network: Any, words: Tensor) -> nn.Module:
    """Of random weights; what it makes of normed features is as large as the words are."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        made: nn.Module = type(network.model.multi_modal_projector)(network.config)
        seen = torch.randn(1024, network.config.vision_config.hidden_size)
        size = made(seen).pow(2).mean().sqrt()
        made.linear_2.weight *= words.float().pow(2).mean().sqrt() / size  # type: ignore[union-attr,operator]
        made.linear_2.bias.zero_()  # type: ignore[union-attr,operator]
    return made


def _tokenizer(found: Any, head: Head) -> Any:
    """The file's own, with a token for pictures and a template that takes turns in parts."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    told = json.loads(found.backend_tokenizer.to_str())
    vocabulary = told["model"].get("vocab")
    if isinstance(vocabulary, dict) and SPARE in vocabulary:
        number = vocabulary.pop(SPARE)
        vocabulary[IMAGE] = number
        told["added_tokens"] = [one for one in told["added_tokens"] if one["id"] != number]
    end = "<|im_end|>" if chatml(head) else found.eos_token
    made = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(told)),
        eos_token=end,
        bos_token=found.bos_token,
        pad_token=found.pad_token or end,
        unk_token=found.unk_token,
        extra_special_tokens={"image_token": IMAGE},
    )
    made.chat_template = CHATML.read_text() if chatml(head) else JOINED + head.template
    return made


def put_on(network: Any, parts: Path) -> None:
    """The projector of a parts file in place of the network's, its LoRA merged."""
    found = load_file(parts)
    state: dict[str, Tensor] = dict(network.named_parameters())
    with torch.no_grad():
        for name, weight in changed(found).items():
            if name.endswith(LORA):
                continue
            if "multi_modal_projector" in name:
                state[name].copy_(weight)
            else:
                state[name].add_(weight.to(state[name].dtype))


def changed(parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """By path of a weight: of the projector what it becomes, of the language model what is added to it."""
    out: dict[str, Tensor] = {}
    for name, weight in parts.items():
        if name.endswith(LORA):
            path = name.removesuffix(LORA)
            out[f"{path}.weight"] = parts[f"{path}.lora_B.weight"].float() @ weight.float()
        elif ".lora_B." not in name:
            out[name] = weight.float()
    return out
