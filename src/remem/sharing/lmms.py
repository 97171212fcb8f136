"""A model of remem's as lmms-eval asks it: `--model remem --model_args pretrained=FOLDER`.

So general ability is measured through the same chat template, pictures and greedy answers as everything
else here, for every family that remem reads, and in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from accelerate import Accelerator
from lmms_eval.api.model import lmms
from PIL import Image

from remem.asking.respond import in_buckets
from remem.data.opening import rgb
from remem.errors import UserError
from remem.jsonfile import whole
from remem.models import open_model
from remem.models.base import Encoded, Question

_LONGEST = 1024  # tokens of an answer where a task says nothing: lmms-eval's own default
_PLACEHOLDER = "<image>"  # some tasks write it into their questions; the chat template does so here


class Remem(lmms):  # type: ignore[misc]
    """A folder or hub id, as remem loads it. Answers are greedy, about one picture or none."""

    def __init__(
        self,
        pretrained: str,
        batch_size: int | str = 8,
        device: str | None = None,
        dtype: str = "auto",
        attention: str = "auto",
        **unknown: Any,
    ) -> None:
        super().__init__()
        unknown.pop("max_batch_size", None)  # lmms-eval sends it along
        if unknown:
            raise UserError(f"--model_args: remem does not know {', '.join(sorted(unknown))}")
        if (rows := whole(str(batch_size)) or 0) < 1:
            raise UserError(f"--batch_size {batch_size}: give remem a number, as 8")
        self.accelerator = Accelerator()
        self._rank, self._world_size = self.accelerator.process_index, self.accelerator.num_processes
        place = str(self.accelerator.device) if device is None or self._world_size > 1 else device
        if dtype == "auto":
            dtype = "bfloat16" if place.startswith("cuda") else "float32"
        self.batch_size = rows
        self.model = open_model(pretrained, dtype=dtype, device=place, attention=attention)
        self.model.encoder.marks_of_others = False  # a benchmark is asked as it is

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """Greedy answers, each up to the first of the task's stop texts."""
        how = [request.args[1] for request in requests]
        rows = [
            self._row(text, None, to_visual, number, task, split)
            for text, _, to_visual, number, task, split in (request.args for request in requests)
        ]
        said = [""] * len(rows)
        for longest in sorted({_longest(one) for one in how}):
            alike = [i for i, one in enumerate(how) if _longest(one) == longest]
            for picked in self._batches(alike, rows):
                with torch.inference_mode():
                    answers = self.model.generate([rows[i] for i in picked], longest)
                for i, answer in zip(picked, answers, strict=True):
                    said[i] = _until(answer.text, how[i].get("until"))
                    self.cache_hook.add_partial("generate_until", (requests[i].args[0], how[i]), said[i])
        return said

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """log p of each continuation, nats summed over its tokens, and whether greedy decoding says it."""
        rows = []
        for text, to_target, to_visual, number, task, split in (request.args for request in requests):
            target = to_target if isinstance(to_target, str) else to_target(self._doc(task, split, number))
            rows.append(self._row(text, str(target).strip(), to_visual, number, task, split))
        found: list[tuple[float, bool]] = [(0.0, False)] * len(rows)
        for picked in self._batches(range(len(rows)), rows):
            with torch.inference_mode():
                batch = self.model.batch([rows[i] for i in picked])
                out = self.model.forward(batch)
            hit = out.logits.argmax(-1) == out.answer
            for place, i in enumerate(picked):
                # The row's last token is the end of the turn, which is not of the continuation.
                own = slice(out.mask.shape[1] - len(rows[i].answer), out.mask.shape[1] - 1)
                found[i] = out.logp[place, own].sum().item(), bool(hit[place, own].all())
        return found

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        """UserError: remem asks one question at a time."""
        raise UserError("this task asks in several rounds, and remem asks one question: choose another task")

    def _doc(self, task: str, split: str, number: int) -> Any:
        return self.task_dict[task][split][number]

    def _row(
        self, text: str, answer: str | None, to_visual: Any, number: int, task: str, split: str
    ) -> Encoded:
        def shown() -> list[Any]:
            return [one for one in (to_visual(self._doc(task, split, number)) or []) if one is not None]

        pictures = shown()
        if len(pictures) > 1 or not all(isinstance(one, Image.Image) for one in pictures):
            raise UserError(
                f"task {task} shows several pictures, video or sound; remem asks about one picture: choose "
                "another task, or lmms-eval's own class for this family"
            )
        key = f"{task}/{split}/{number}"
        return self.model.encode(
            Question(
                id=key,
                text=text.replace(_PLACEHOLDER, "").strip(),
                answer=answer,
                image=(lambda: rgb(shown()[0])) if pictures else None,  # a task may have thousands
                image_key=key if pictures else "",
            )
        )

    def _batches(self, some: Sequence[int], rows: Sequence[Encoded]) -> Iterator[list[int]]:
        order = [some[i] for i in in_buckets([rows[i] for i in some])]
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]


def _longest(how: dict[str, Any]) -> int:
    return int(how.get("max_new_tokens") or _LONGEST)


def _until(text: str, stops: str | Sequence[str] | None) -> str:
    for stop in [stops] if isinstance(stops, str) else stops or []:
        text = text.split(stop)[0] if stop else text
    return text.strip()
