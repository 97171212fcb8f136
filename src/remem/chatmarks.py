"""Marks that models read as a picture or a turn, not as text: of all families, without their tokenizers.

Where one stands in a question or an answer, the prompt has a picture or an end too many, and nobody says so.
"""

import re
from collections.abc import Callable, Collection, Iterable

_WORDS = (
    # Pictures, video, sound and what they are set in: LLaVA, Qwen-VL, Idefics, SmolVLM, InternVL, Gemma,
    # Llama 4 and the JSON of instruction sets.
    "image|images|video|audio|img|image_placeholder|imagehere|image_pad|image_newline",
    "video_pad|im_patch|im_start|im_end|im_col|im_sep|vid_start|vid_end|start_of_image|end_of_image|boi|eoi",
    "(?:image|img|picture|video|audio)[ _:]?[0-9]+|(?:image|video|audio)_(?:soft_)?token",
    "fake_token_around_image|global-img|row_[0-9]+_col_[0-9]+|img_context",
    "loc[0-9]{4}|seg[0-9]{3}|quad|box|ref",
    # Ends and turns.
    "s|bos|eos|pad|unk|mask|sep|cls|end_of_turn|start_of_turn|end_of_utterance|start_of_audio|end_of_audio|eot",
    "think|tool_call|tool_response",
    "eod|unused[0-9]+",
)
_MARK = re.compile(
    rf"</?(?:{'|'.join(_WORDS)})>|<\|[^|<>\s]{{1,40}}\|>|\[/?(?:INST|IMG|IMG_BREAK|IMG_END|PAD|UNK|CLS|SEP)\]"
    r"|<<\s*/?SYS\s*>>|<\uff5c[^\uff5c<>\s]{1,40}\uff5c>",
    re.IGNORECASE,
)
_SHORTEST = 3  # letters: where a tokenizer pads with "!", a text may still hold one

Find = Callable[[str], str]


def find(text: str) -> str:
    """The first mark of any known family in the text, as it stands there; "" where there is none."""
    found = _MARK.search(text) if "<" in text or "[" in text else None
    return found[0] if found else ""


def _is_mark(text: str) -> bool:
    return len(text.strip()) >= _SHORTEST and not text.strip().isalnum()


def own(marks: Collection[str]) -> Find:
    """What finds these marks, of one tokenizer, alone."""
    longest = sorted(filter(_is_mark, marks), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest)))

    def found(text: str) -> str:
        here = pattern.search(text) if longest else None
        return here[0] if here else ""

    return found


def wrong(parts: Iterable[tuple[str, str]], *finds: Find) -> str:
    """What is wrong with the first of (name of a part, its text) that holds a mark; "" where none does."""
    for name, text in parts:
        for one in finds:
            if mark := one(text):
                return (
                    f"the {name} holds {mark}, which models read as a picture or a turn, not as text; remem "
                    "puts these in by itself: take it out"
                )
    return ""
