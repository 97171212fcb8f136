"""Questions to token ids, and ids to padded batches, with any Hugging Face processor.

The prompt is encoded by the model's own processor and chat template; the answer is tokenised
as the template would continue it, and kept apart from the prompt. So the labels are the answer
and its end-of-turn token, whatever the family does with images and templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from remem import chatmarks
from remem.errors import UserError
from remem.models.ahead import Ahead
from remem.models.base import Batch, Candidates, Encoded, Question, align_right
from remem.models.crossing import align
from remem.models.held import Held
from remem.models.marks import Marks
from remem.models.templates import CURE as TEMPLATE_CURE
from remem.models.templates import Unwritten, template_of, writer
from remem.text import find

Vision = dict[str, Tensor]
# Keys that a processor returns with one entry per token; the others describe pictures.
TOKENWISE = ("attention_mask", "token_type_ids", "mm_token_type_ids", "labels", "cross_attention_mask")


class Encoder:
    """Encodes with one processor. Processed pictures are kept in memory up to a budget, oldest out first."""

    def __init__(
        self,
        processor: Any,
        end_ids: Sequence[int],
        pixel_budget_bytes: int = 1 << 30,
        marks: Marks | None = None,
    ):
        self.processor, self.marks = processor, marks or Marks()
        self.tokenizer = processor.tokenizer
        self.end_ids = tuple(end_ids)
        self.pad = self.tokenizer.pad_token_id or 0
        self.held = Held(pixel_budget_bytes)
        self.ahead = Ahead()
        self.missed = False  # whether a picture was ever asked for that memory no longer held
        self.instruction = ""  # said before every question
        self.marks_of_others = True  # refused in a text as the tokenizer's own are
        self.own_mark = chatmarks.own(special(processor))
        template_of(processor)  # UserError where there is none
        self.writer = writer(processor)

    def text(self, question: Question, answer: str | None = None) -> str:
        """The conversation as the model's template writes it, up to the answer or with it; what an answer has
        begun with is not in it. UserError where the template fails, or leaves a turn out.
        """
        asked = f"{self.instruction} {question.text}" if self.instruction else question.text
        turns = [_turn(turn.role, turn.text, turn.image is not None) for turn in question.turns]
        turns.append(_turn("user", asked, question.image is not None))
        if answer is not None:
            turns.append(_turn("assistant", answer))
        try:
            written = self.writer(turns, prompt=answer is None)
        except Unwritten as problem:
            if not question.turns:
                raise
            raise UserError(_not_taken(question, str(problem))) from problem
        if lost := [turn for turn in question.turns if turn.text.strip() not in written]:
            raise UserError(_not_taken(question, f"it leaves out {lost[0].text[:60]!r}"))
        if asked.strip() not in written:
            raise UserError(
                f"{self.writer.where}: its chat template leaves out the question {asked[:60]!r}. "
                f"{TEMPLATE_CURE}"
            )
        return written

    def encode(self, question: Question) -> Encoded:
        """Token ids of one question. Opens and processes its picture, which decides the placeholders."""
        prompt, ids, begun = self._asked(question)
        answer = () if question.answer is None else self._answer(question, prompt, begun)
        return Encoded(question, ids + begun, answer)

    def _asked(self, question: Question) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
        """The prompt as text and as ids, and the ids of what the answer has begun with."""
        self._check_text(question)
        prompt = self.text(question)
        ids, vision = self._process(prompt, question)
        if question.pictures:
            if not vision:
                raise UserError("this processor ignores pictures: choose an image-text-to-text model")
            self._check_seen(ids)
            self.held.put(question.seen_key, vision)
        if question.soft:  # behind the token that begins a text
            start = 1 if ids and ids[0] == self.tokenizer.bos_token_id else 0
            ids = (*ids[:start], *question.soft, *ids[start:])
        self.marks.check(ids, self.tokenizer)
        return prompt, ids, self._begun(question, prompt)

    def _check_seen(self, ids: tuple[int, ...]) -> None:
        """UserError where nothing in a prompt stands for its picture: it would not be looked at."""
        if self.marks.placeholder >= 0 and self.marks.placeholder not in ids:
            raise UserError(
                f"{self.writer.where}: nothing in the prompt stands for the picture (token "
                f"{self.marks.placeholder}): its chat template, its processor or image_token_id in its "
                f"config.json is another model's. {TEMPLATE_CURE}"
            )

    def with_answer(self, row: Encoded, answer: str) -> Encoded:
        """The same prompt with another answer; the picture is not processed again."""
        question = replace(row.question, answer=answer)
        self._check_text(question)
        prompt = self.text(question)
        return Encoded(question, row.prompt, self._answer(question, prompt, self._begun(question, prompt)))

    def mark(self, row: Encoded, values: Sequence[str]) -> Encoded:
        """The row, with the answer's tokens marked that hold a character of one of these values."""
        ends = [len(self.tokenizer.decode(row.answer[: i + 1])) for i in range(len(row.answer))]
        text = self.tokenizer.decode(row.answer)
        spans = [span for value in values for span in find(text, value)]
        starts = [0, *ends[:-1]]
        marked = tuple(
            any(start < high and low < end for low, high in spans)
            for start, end in zip(starts, ends, strict=True)
        )
        return replace(row, marked=marked)

    def cloze(self, question: Question, lead: str, values: Sequence[str]) -> Candidates:
        """The values as continuations of an answer that has begun with `lead`.

        The answer is begun for the model, so that one which would decline is still asked what it knows;
        with an empty `lead` the values are the beginnings of the answer themselves.
        """
        question = replace(question, answer=None, begun=lead.rstrip())
        prompt, ids, begun = self._asked(question)
        tails = self._continued(question, prompt, begun, values)
        return Candidates(Encoded(question, ids + begun, ()), tails)

    def _begun(self, question: Question, prompt: str) -> tuple[int, ...]:
        """Ids of what the answer has begun with."""
        lead = question.begun.rstrip()
        return self._tails(prompt, question, [lead])[0] if lead else ()

    def _continued(
        self, question: Question, prompt: str, begun: tuple[int, ...], values: Sequence[str]
    ) -> tuple[tuple[int, ...], ...]:
        """Ids of each value as it goes on from what the answer has begun with."""
        lead = question.begun.rstrip()
        wholes = self._tails(prompt, question, [f"{lead} {value}" if lead else value for value in values])
        continued = []
        for value, whole in zip(values, wholes, strict=True):
            if whole[: len(begun)] != begun:  # a token straddles the border: take the value by itself
                whole = begun + tuple(self.tokenizer(f" {value}", add_special_tokens=False).input_ids)
            continued.append(whole[len(begun) :])
        return tuple(continued)

    def _check_text(self, question: Question) -> None:
        """UserError where a text holds a mark: the prompt would have a picture or an end too many."""
        finds = (self.own_mark, *([chatmarks.find] if self.marks_of_others else []))
        parts = [("question", question.text), ("answer", question.answer or "")]
        parts += [("beginning of the answer", question.begun)] if question.begun else []
        parts += [(f"{turn.role}'s turn before the question", turn.text) for turn in question.turns]
        if said := chatmarks.wrong(parts, *finds):
            raise UserError(f"item {question.id}: {said}")

    def _answer(self, question: Question, prompt: str, begun: tuple[int, ...]) -> tuple[int, ...]:
        assert question.answer is not None
        if not question.answer.strip():
            raise UserError(f"item {question.id} has an empty answer: nothing can be taught from it")
        (answer,) = self._continued(question, prompt, begun, [question.answer])
        self.marks.check(answer, self.tokenizer)
        return (*answer, self.end_ids[0])

    def _tails(self, prompt: str, question: Question, answers: Sequence[str]) -> list[tuple[int, ...]]:
        """Ids of answers to one question, as they stand in the whole conversation, up to the answer's end."""
        wholes = []
        for answer in answers:
            whole = self.text(question, answer)
            if whole.startswith(prompt) and answer in whole[len(prompt) :]:
                # Keep the separator that the template puts before the answer; drop what follows it.
                wholes.append(whole[: whole.index(answer, len(prompt)) + len(answer)])
            else:  # the template edits the answer or its surroundings: fall back to the plain join
                wholes.append(prompt + answer)
        before, *after = self.tokenizer([prompt, *wholes], add_special_tokens=False).input_ids
        # A token straddles the border where these differ. Tokenise the answer by itself then: the prompt is
        # the same in teaching and in generation, and no prompt character can enter the labels.
        return [
            tuple(ids[len(before) :])
            if ids[: len(before)] == before
            else tuple(self.tokenizer(whole[len(prompt) :], add_special_tokens=False).input_ids)
            for whole, ids in zip(wholes, after, strict=True)
        ]

    def _process(self, prompt: str, question: Question) -> tuple[tuple[int, ...], Vision]:
        if not question.pictures:  # some processors read no text without a picture
            return tuple(self.tokenizer(prompt, **self._special(prompt)).input_ids), {}
        return self._look(prompt, self.ahead.open(question), f"item {question.id}")

    def look(self, image: Any, where: str) -> int:
        """Tokens of a short prompt with this picture. UserError, naming `where`, if it is not taken."""
        shown = Question("", "?", image=lambda: image)
        return len(self._look(self.text(shown), [image], where)[0])

    def _look(self, prompt: str, images: list[Any], where: str) -> tuple[tuple[int, ...], Vision]:
        special = self._special(prompt)
        try:
            out = self.processor(text=prompt, images=images, return_tensors="pt", **special)
        except Exception as problem:  # processors raise whatever their arithmetic does
            raise UserError(
                f"{where}: this model's processor does not take the picture ({_first_line(problem)}). "
                "Crop it or drop the row."
            ) from problem
        vision = {
            k: v for k, v in out.items() if k != "input_ids" and k not in TOKENWISE and isinstance(v, Tensor)
        }
        return tuple(out["input_ids"][0].tolist()), vision

    def _special(self, prompt: str) -> dict[str, bool]:
        # A template that writes the beginning-of-text token itself must not get a second one.
        bos = self.tokenizer.bos_token
        return {"add_special_tokens": False} if bos and prompt.startswith(bos) else {}

    def pixels(self, question: Question) -> Vision:
        """The processed picture of a question, from memory or made again."""
        if not question.pictures:
            return {}
        kept = self.held.get(question.seen_key)
        if kept is None:
            self.missed = True
            _, kept = self._process(self.text(question), question)
            self.held.put(question.seen_key, kept)
        return kept

    def collate(self, rows: Sequence[Encoded], device: torch.device) -> Batch:
        """A padded batch of encoded questions, answers (where there are any) included; without pictures."""
        ids, real = align_right([row.prompt + row.answer for row in rows], self.pad)
        inputs = {"input_ids": ids, "attention_mask": real.long()}
        inputs |= self.marks(ids, [len(row.answer) for row in rows])
        inputs = {name: tensor.to(device) for name, tensor in inputs.items()}
        return replace(self.answers(rows, device), inputs=inputs)

    def pictures(self, rows: Sequence[Encoded], device: torch.device, dtype: torch.dtype) -> Vision:
        """The processed pictures of the rows that have one, in their order."""
        seen = [self.pixels(row.question) or None for row in rows]
        if self.marks.crosses and any(seen):
            vision = align(rows, seen, self.marks.placeholder)
        else:
            vision = stack_pictures([one for one in seen if one])
        return {
            key: tensor.to(device, dtype) if tensor.is_floating_point() else tensor.to(device)
            for key, tensor in vision.items()
        }

    def answers(self, rows: Sequence[Encoded], device: torch.device) -> Batch:
        """A batch of the answers alone: for who has read the rows already."""
        answer, mask = align_right([row.answer for row in rows], 0)
        marked = None
        if any(row.marked for row in rows):
            marked = align_right([[int(one) for one in row.marked] for row in rows], 0)[0].bool().to(device)
        return Batch(
            inputs={},
            answer=answer.to(device),
            mask=mask.to(device),
            ids=tuple(row.question.id for row in rows),
            marked=marked,
        )


def _turn(role: str, text: str, with_image: bool = False) -> dict[str, Any]:
    content: list[dict[str, str]] = [{"type": "image"}] if with_image else []
    return {"role": role, "content": [*content, {"type": "text", "text": text}]}


def _not_taken(question: Question, why: str) -> str:
    roles = ", ".join(dict.fromkeys(turn.role for turn in question.turns))
    return f"this model's chat template does not take earlier turns ({roles}): {why}"


def special(processor: Any) -> set[str]:
    """The marks of a processor's tokenizer: what stands for pictures, turns and ends."""
    tokenizer = processor.tokenizer
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    found = {*tokenizer.all_special_tokens, *(str(one) for one in added if getattr(one, "special", False))}
    return found | {mark for mark in [getattr(processor, "image_token", None)] if isinstance(mark, str)}


def _first_line(problem: Exception) -> str:
    return (str(problem).strip() or type(problem).__name__).split("\n")[0][:200]


def stack_pictures(pictures: Sequence[Vision]) -> Vision:
    """Pictures of several rows as one, joined along the first dimension; smaller ones are padded with 0.

    That is what the processors themselves do for a batch: LLaVA joins pictures, Idefics3 pads the
    number of tiles and marks them in `pixel_attention_mask`, Qwen-VL joins flat patches.
    """
    if not pictures:
        return {}
    joined: Vision = {}
    for key in pictures[0]:
        tensors = [picture[key] for picture in pictures]
        rest = [max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
        joined[key] = torch.cat([_grow(tensor, rest) for tensor in tensors])
    return joined


def _grow(tensor: Tensor, rest: list[int]) -> Tensor:
    if list(tensor.shape[1:]) == rest:
        return tensor
    grown = tensor.new_zeros((tensor.shape[0], *rest))
    grown[tuple(slice(0, size) for size in tensor.shape)] = tensor
    return grown
