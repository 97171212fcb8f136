"""Conversations as a model's own chat template writes them. It is a program: a foreign one runs apart."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

from remem.errors import UserError
from remem.models.apart import Apart, Failed
from remem.models.architectures import TEMPLATE
from remem.models.folders import WEIGHTS
from remem.outgoing import quoted

CURE = "Mend chat_template.jinja, or put the one of the published model there."
Turns = Sequence[dict[str, Any]]


class Unwritten(UserError):
    """A template that refuses a conversation, or fails on it."""


class Writer:
    """Writes conversations with one processor's template."""

    def __init__(self, processor: Any) -> None:
        self._processor = ref(processor)
        self.where = where(processor.tokenizer)
        self._apart: tuple[str, Apart] | None = None  # a template, and where it runs

    def __call__(self, turns: Turns, *, prompt: bool = False) -> str:
        """The text; `prompt`: up to the answer that is to come.

        Unwritten where the template fails; UserError where it does not end, or takes too much memory.
        """
        processor = self._processor()
        assert processor is not None
        template = template_of(processor)
        if template in own():
            return written(processor, turns, prompt)
        try:
            if self._apart is None or self._apart[0] != template:
                self._apart = template, Apart(self._work, f"{self.where}: its chat template")
            return str(self._apart[1](list(turns), prompt))
        except Failed as problem:
            why = quoted(str(problem))
            raise Unwritten(f"{self.where}: its chat template fails ({why}). {CURE}") from problem

    def _work(self, turns: Turns, prompt: bool) -> str:
        return written(self._processor(), turns, prompt)


def written(processor: Any, turns: Turns, prompt: bool) -> str:
    """As transformers writes it."""
    return str(processor.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=prompt))


_WRITERS: WeakKeyDictionary[Any, Writer] = WeakKeyDictionary()


def writer(processor: Any) -> Writer:
    """The processor's one writer: who checks the template and who uses it share its process."""
    if processor not in _WRITERS:
        _WRITERS[processor] = Writer(processor)
    return _WRITERS[processor]


def where(tokenizer: Any) -> str:
    """The folder or hub id that a tokenizer came from, to begin a message with."""
    return str(getattr(tokenizer, "name_or_path", "") or "this model")


def template_of(processor: Any) -> str:
    """The template that transformers would take. UserError where the model comes without one."""
    found = getattr(processor, "chat_template", None) or processor.tokenizer.chat_template
    if isinstance(found, dict):
        found = found.get("default")
    if not found:
        raise UserError(
            f"{where(processor.tokenizer)}: this model has no chat template, so questions cannot be put to "
            "it: add chat_template.jinja to its folder"
        )
    if not isinstance(found, str):
        said = f"its chat template is no text ({quoted(repr(found))})"
        raise UserError(f"{where(processor.tokenizer)}: {said}. {CURE}")
    return found


@functools.lru_cache
def own() -> frozenset[str]:
    """Templates that came with the package: they are known to end."""
    return frozenset({TEMPLATE, *(path.read_text() for path in Path(WEIGHTS).glob("*/chat_template.jinja"))})
