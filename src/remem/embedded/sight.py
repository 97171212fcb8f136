"""What a model sees in pictures that it was never shown: the exam's, other people in other scenes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from remem.embedded import shown as worlds
from remem.models import packing
from remem.models.base import Encoded, Question
from remem.models.folders import WEIGHTS
from remem.models.huggingface import Model
from remem.spread import evenly
from remem.types import Item
from remem.world.exam import open_exam
from remem.world.talk import Said

TOGETHER = 4  # pictures in a forward


@dataclass(frozen=True)
class _Asked:
    row: Encoded
    kind: str  # "presence", "looks", ...; of looks which, as well
    key: str  # the word that is looked for


class Sight:
    """The questions of the exam's pictures, and more that can be said of them; a word is seen if each of its
    tokens is the likeliest behind the true ones before it."""

    def __init__(self, model: Model, most: int = 10_000) -> None:
        """`most`: pictures of scenes and of known people that can be asked about, each."""
        self.model = model
        self.data = open_exam(WEIGHTS / "embedded" / "world")
        items = {self.data.items[one].person: self.data.items[one] for one in self.data.splits["world_fact"]}
        told: dict[str, list[Said]] = {}
        for group, said in worlds.held_out():
            told.setdefault(group, []).append(said)
        self.scenes = [
            [self._asked(items[group], one.question, one.answer, one.key, _kind(one)) for one in told[group]]
            for group in evenly(list(told), most)
        ]
        known = [self.data.items[one] for one in evenly(self.data.splits["real"], most)]
        self.known = [[self._asked(i, i.question, i.answer, i.keywords[0], "who")] for i in known]

    def _asked(self, item: Item, question: str, answer: str, key: str, kind: str) -> _Asked:
        shown = Question(
            id=f"{item.id} {question}",
            text=question,
            answer=answer,
            image=lambda: self.data.image(item.id),  # type: ignore[arg-type,return-value]
            image_key=self.data.image_key(item.id),
        )
        row = self.model.encode(shown)
        return _Asked(self.model.mark(row, [key]) if key else row, kind, key)

    def look(self, most: int, control: bool = False) -> dict[str, float]:
        """Shares seen by kind, with the share of always saying the commonest word, on so many pictures of
        scenes and of known people; "loss" in nats per token. `control`: also with exchanged pictures."""
        scenes, known = evenly(self.scenes, most), evenly(self.known, most)
        found = self._seen([*scenes, *known])
        if control:
            other = self._seen([*exchanged(scenes), *exchanged(known)])
            found |= {f"{name}, other picture": share for name, share in other.items() if name != "loss"}
        return found | _commonest([one for group in scenes for one in group])

    def _seen(self, groups: Sequence[Sequence[_Asked]]) -> dict[str, float]:
        hits: dict[str, list[bool]] = defaultdict(list)
        nats, tokens = 0.0, 0
        self.model.network.eval()
        for start in range(0, len(groups), TOGETHER):
            asked = [one for group in groups[start : start + TOGETHER] for one in group]
            batch = packing.pack(self.model, [one.row for one in asked])
            with torch.inference_mode():
                out = self.model.forward(packing.by_token(batch))
            right = (out.logits.argmax(-1) == out.answer).flatten()
            nats, tokens = nats - out.logp.sum().item(), tokens + out.answer.numel()
            for one, part in zip(asked, right.split([len(one.row.answer) for one in asked]), strict=True):
                if any(one.row.marked):
                    seen = bool(part[torch.tensor(one.row.marked)].all())
                    hits[one.kind if one.kind in _KINDS else "looks"].append(seen)
        shares = {kind: round(sum(of) / len(of), 4) for kind, of in sorted(hits.items())}
        return {"loss": round(nats / max(1, tokens), 4), **shares}


def _kind(said: Said) -> str:
    """Of looks which: each has its own commonest word."""
    return said.answer.partition(":")[0].lower() if said.kind == "looks" else said.kind


_KINDS = ("presence", "count", "place", "side", "colour", "who")


def exchanged(groups: Sequence[Sequence[_Asked]]) -> list[list[_Asked]]:
    """The same questions about a picture from the other half: neighbours may show one person."""
    out = []
    for number, group in enumerate(groups):
        other = groups[number - len(groups) // 2][0].row.question
        out.append(
            [
                replace(
                    one,
                    row=replace(
                        one.row,
                        question=replace(one.row.question, image=other.image, image_key=other.image_key),
                    ),
                )
                for one in group
            ]
        )
    return out


def _commonest(asked: Sequence[_Asked]) -> dict[str, float]:
    keys: dict[str, Counter[str]] = defaultdict(Counter)
    for one in asked:
        if any(one.row.marked):
            keys[one.kind][one.key] += 1
    hits: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for kind, found in keys.items():
        name = kind if kind in _KINDS else "looks"
        hits[name] += max(found.values())
        whole[name] += sum(found.values())
    return {f"{name}, commonest word": round(hits[name] / whole[name], 4) for name in sorted(whole)}
