"""Processors that are built for video too, without their video half: that one needs torchvision."""

from __future__ import annotations

import contextlib
from inspect import signature
from typing import Any

_HALVES = ("image_processor", "tokenizer")


def without_video(kind: Any) -> Any:
    """A processor class that takes a picture processor and a tokenizer alone; saved under the same name."""

    def attributes(cls: Any) -> list[str]:
        return list(_HALVES)

    return type(kind.__name__, (kind,), {"get_attributes": classmethod(attributes)})


def picture_half(source: str) -> Any | None:
    """The processor of a folder or hub id less its video half; None where it has none, or more is missing."""
    import transformers as t
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    with contextlib.suppress(ImportError, OSError, ValueError):
        named = PROCESSOR_MAPPING_NAMES.get(
            t.AutoConfig.from_pretrained(source, trust_remote_code=False).model_type
        )
        kind = getattr(t, str(named), None)
        if kind is None or "video_processor" not in signature(kind.__init__).parameters:
            return None
        # SmolVLM's own wants more than a video processor. Idefics3's, its parent, reads pictures and text
        # with the same code.
        half = t.Idefics3Processor if named == "SmolVLMProcessor" else without_video(kind)
        images = t.AutoImageProcessor.from_pretrained(source, trust_remote_code=False)
        tokenizer = t.AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        saved, _ = t.ProcessorMixin.get_processor_dict(source)
        others = {name: value for name, value in saved.items() if name in signature(half.__init__).parameters}
        for name in (*_HALVES, "video_processor", "chat_template"):
            others.pop(name, None)
        template = saved.get("chat_template") or tokenizer.chat_template
        return half(images, tokenizer, chat_template=template, **others)
    return None
