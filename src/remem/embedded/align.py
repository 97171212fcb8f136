"""A language model of somebody else's learns to read the tower: what `put_on` of models/graft.py puts on.

First the projector gives the parts of pictures their words (words.py). Then it and a small LoRA train on
all that is said of the world's pictures (shown.py); the tower is frozen. Questions on one picture share a
row that holds it once. Beside them stand questions without a picture, with the answers that the language
model gave before: so that it keeps its own knowledge. First most pictures are scenes, then most are people.
The learning rate is constant, and goes down in the last steps: a training may be ended early, made longer, or
begun from parts that were trained before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from remem import disk, jsonfile
from remem.embedded import resuming
from remem.embedded import shown as worlds
from remem.embedded.sight import Sight
from remem.embedded.words import name_parts
from remem.errors import UserError
from remem.models import made, packing
from remem.models.anatomy import projector
from remem.models.base import Encoded, Question
from remem.models.folders import WEIGHTS
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.seeds import derive
from remem.settings import Adapt
from remem.steps.digests import file_digest
from remem.steps.folders import write_atomic
from remem.training.optimisers import has_bfloat16
from remem.types import Progress, silent
from remem.world.pictures import Album, Shot, album
from remem.world.talk import Said

STATE = "state.pt"


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Pictures a step, with all that is said of each."""

    scenes: int
    faces: int  # of people whom nobody knows
    known: int


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """How long, and how."""

    words: int = 400  # steps before, in which the projector alone learns words: see words.py
    words_lr: float = 2e-3
    steps: int = 900
    cooldown: int = 150  # steps at the end in which the learning rates go down to 0
    warmup: int = 40
    things: Mix = Mix(scenes=4, faces=1, known=0)  # at first
    people: Mix = Mix(scenes=1, faces=4, known=8)  # from step `people_from` on
    people_from: int = 320
    texts: int = 2  # a step, without a picture
    lr: float = 3e-4  # of the projector
    lora_lr: float = 5e-4
    rank: int = 8
    clip: float = 1.0
    glanced: float = 0.75  # share of the portraits of which the class token alone is shown
    seed: int = 0
    keep_every_s: float = 120.0
    look_every: int = 75  # steps between two looks at what is held out
    shown: worlds.Shown = field(default_factory=worlds.Shown)

    def rate(self, step: int, begun: int = 0) -> float:
        """Share of the learning rates at a step of a training whose optimiser began at step `begun`."""
        warm = (step - begun + 1) / (self.warmup + 1)
        return min(1.0, warm, (self.steps - step) / max(1, self.cooldown))

    def before(self, step: int, kind: str) -> int:
        """Pictures of a kind in the steps before."""
        first = min(step, self.people_from)
        of = getattr(self.things, kind), getattr(self.people, kind)
        return int(first * of[0] + (step - first) * of[1])


class Lessons:
    """The rows of each step."""

    def __init__(self, model: Model, how: Alignment, wanted: list[Shot], seen: Album, texts: list[Said]):
        self.model, self.how, self.wanted, self.seen, self.texts = model, how, wanted, seen, texts
        self._encoded: dict[tuple[str, str, bool], Encoded] = {}
        self._kinds: dict[str, list[int]] = {"scenes": [], "faces": [], "known": []}
        for at, shot in enumerate(wanted):
            self._kinds[worlds.kind(shot)].append(at)

    def rows(self, step: int) -> list[Encoded]:
        """All that is said of a step's pictures, and some texts."""
        how = self.how
        found: list[Encoded] = []
        for kind, there in self._kinds.items():
            for place in range(how.before(step, kind), how.before(step + 1, kind)) if there else ():
                turn, at = divmod(place, len(there))
                order = np.random.default_rng(derive(how.seed, kind, turn)).permutation(len(there))
                found += self._of(there[order[at]], turn)
        dice = np.random.default_rng(derive(how.seed, "texts", step))
        for number in dice.permutation(len(self.texts))[: how.texts]:
            found.append(self.row(self.texts[number], f"text-{number}", None))
        return found

    def _of(self, at: int, turn: int) -> Iterator[Encoded]:
        dice = np.random.default_rng(derive(self.how.seed, "glanced", at, turn))
        glanced = self.wanted[at].scene is None and dice.random() < self.how.glanced
        for number, said in enumerate(worlds.told(self.how.shown, self.wanted, self.seen.words, at, turn)):
            row = self.row(said, f"{at}-{number}", at)
            yield replace(row, glanced=glanced)

    def row(self, said: Said, name: str, at: int | None) -> Encoded:
        """Tokens depend on words alone, as all pictures are of one size: each wording is encoded once."""
        key = said.question, said.answer, at is not None
        pixels = self.seen.pixels
        question = Question(
            id=name,
            text=said.question,
            answer=said.answer,
            image=None if at is None else lambda: Image.fromarray(pixels[at]),
            image_key="" if at is None else str(at),
            concept=said.kind,
        )
        if key not in self._encoded:
            self._encoded[key] = self.model.encode(question)
        return replace(self._encoded[key], question=question)


def align(
    model: Model,
    kept: Path,
    how: Alignment,
    progress: Progress = silent,
    enough: bool = False,
    onward: Path | None = None,
    workers: int = 2,
) -> dict[str, Any]:
    """Trains projector and LoRA; what they became and the figures are written into `kept`.

    Killed and called again, it goes on where it was. `enough`: the learning rates go down from where it is.
    `onward`: a folder with parts and their record; it begins with them, at the step where they were left.
    """
    if onward is not None and not (kept / STATE).exists():
        done = made.aligned(onward).figures["steps"]
        if done >= how.steps:
            raise UserError(
                f"The parts that ship were trained for {done} steps already: ask for more with --steps, or "
                "begin with nothing with --anew."
            )
    kept.mkdir(parents=True, exist_ok=True)
    wanted = worlds.shots(how.shown)
    source, size = "rendered", how.shown.size
    seen = album(wanted, source, how.shown.seed, size, kept / "pictures", progress, workers)
    texts = _own_answers(model, kept / "general.json", progress)
    if onward is not None and not (kept / STATE).exists():
        resuming.put_projector(model, onward)
    _name(model, wanted, seen, kept / "words.pt", how, progress, onward is not None)
    parts = Adapt(
        vision="frozen", projector="full", language="lora", rank=how.rank, alpha=2 * how.rank, dropout=0.0
    )
    model.adapt(parts, how.seed)
    model.keep_features()
    lessons, sight = Lessons(model, how, wanted, seen, texts), Sight(model)
    weights = model.trainable()
    stepper = torch.optim.AdamW(
        [
            {"params": [w for p, w in weights.items() if "projector" in p], "rate": how.lr},
            {"params": [w for p, w in weights.items() if "projector" not in p], "rate": how.lora_lr},
        ],
        betas=(0.9, 0.98),
        weight_decay=0.0,
    )
    state = resuming.load(kept / STATE, weights, stepper, model, onward)
    if enough and "steps" not in state:
        state["steps"] = state["step"] + how.cooldown
    how = replace(how, steps=state.get("steps", how.steps))
    begun, saved = time.monotonic(), time.monotonic()
    for step in range(state["step"], how.steps):
        if step % how.look_every == 0:
            state["looks"] = [*state["looks"], {"step": step, **sight.look(60)}]
            progress(step, how.steps, json.dumps(state["looks"][-1]))
        loss = _step(model, lessons.rows(step), weights, stepper, how.rate(step, state["begun"]), how.clip)
        state["step"] = step + 1
        state["log"].append(loss)
        progress(step + 1, how.steps, f"loss {sum(state['log'][-20:]) / len(state['log'][-20:]):.3f}")
        if time.monotonic() - saved > how.keep_every_s or step + 1 == how.steps:
            state["seconds"] += time.monotonic() - begun
            begun = saved = time.monotonic()
            resuming.save(kept / STATE, state, weights, stepper)
            resuming.write_parts(weights, model, kept / made.PARTS)
    model.network.eval()
    return {
        "steps": state["step"],
        "hours": round(state["seconds"] / 3600, 2),
        "loss": sum(state["log"][-50:]) / max(1, len(state["log"][-50:])),
        "looks": state["looks"],
        "held_out": sight.look(10_000, control=True),
    }


def align_base(
    folder: Path,
    kept: Path,
    gguf: Path,
    how: Alignment,
    progress: Progress = silent,
    enough: bool = False,
    anew: bool = False,
) -> None:
    """A base in `folder` whose parts were trained here; they, and where the training is, lie in `kept`.

    Where parts ship for this very file it begins with them; `anew`: with nothing.
    """
    disk.folder(folder, new=True)
    disk.folder(kept)
    before = kept / "base"
    if not made.whole(before):
        made.make(before, gguf, None)
    model = load(before, dtype="bfloat16" if has_bfloat16() else "float32")
    figures = align(model, kept, how, progress, enough, None if anew else made.shipped_for(gguf))
    record = made.Aligned(
        gguf=file_digest(gguf),
        tower=file_digest(WEIGHTS / "embedded" / "model.safetensors"),
        parts=file_digest(kept / made.PARTS, whole=True),
        figures=figures,
    )
    write_atomic(kept / made.ALIGNED, json.dumps(asdict(record), indent=1) + "\n")
    made.make(folder, gguf, kept)


def _step(
    model: Model, rows: Sequence[Encoded], weights: dict[str, Tensor], stepper: Any, rate: float, clip: float
) -> float:
    model.network.train()
    for group in stepper.param_groups:
        group["lr"] = group["rate"] * rate
    for weight in weights.values():
        weight.grad = None
    loss = model.forward(packing.by_token(packing.pack(model, rows))).nll
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights.values(), clip)
    stepper.step()
    return loss.item()


def _name(
    model: Model,
    wanted: list[Shot],
    seen: Album,
    path: Path,
    how: Alignment,
    progress: Progress,
    again: bool,
) -> None:
    """The projector after its words; kept in a file."""
    parts = projector(model.network)
    if not path.exists():
        name_parts(model, wanted, seen, how.words, how.words_lr, how.seed, progress, again)
        torch.save(parts.state_dict(), path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
    parts.load_state_dict(torch.load(path, weights_only=True))


def _own_answers(model: Model, path: Path, progress: Progress) -> list[Said]:
    """Questions of general knowledge with the model's own greedy answers; kept in a file."""
    if not path.exists():
        asked = worlds.general()
        rows = [model.encode(Question(f"general-{n}", text)) for n, text in enumerate(asked)]
        told = []
        for start in range(0, len(rows), 32):
            told += model.generate(rows[start : start + 32], 48)
            progress(len(told), len(rows), "its own answers")
        pairs = [(q, a.text) for q, a in zip(asked, told, strict=True) if a.finished and a.text]
        write_atomic(path, json.dumps(pairs, indent=0))
    kept = jsonfile.read(path, list[tuple[str, str]], "Delete it: they are asked again.")
    return [Said(kind="general", question=q, answer=a) for q, a in kept]
