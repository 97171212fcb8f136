"""Before it is aligned: the projector learns to give each part of a picture the word of what is there.

Where things lie in a scene is known. So what is made of each patch is drawn to the language model's own
embedding of the thing's word, elsewhere to that of the place, and what is made of the class token to a known
person's name, or to the words for looks. A language model finds words in a prompt; only then it is taught to
answer.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from remem.data import traits
from remem.data.people import Person
from remem.models.anatomy import projector
from remem.models.huggingface import Model
from remem.seeds import derive
from remem.types import Progress, silent
from remem.world.pictures import Album, Shot
from remem.world.scenes import where
from remem.world.talk import LOOKS
from remem.world.things import PLACES, THINGS

TOGETHER = 64
_ELSEWHERE = 0.2  # weight of a part where nothing lies, beside one where something does
_WHO = 8.0  # of the class token


def name_parts(
    model: Model,
    wanted: Sequence[Shot],
    seen: Album,
    steps: int,
    lr: float,
    seed: int,
    progress: Progress = silent,
    again: bool = False,
) -> None:
    """Trains the projector alone, on so many batches of pictures; the language model is not asked.

    `again`: one that reads scenes already. What it makes of their parts stays, and it learns who is seen.
    """
    network, parts = model.network, projector(model.network)
    before = copy.deepcopy(parts).float() if again else None
    words = _Words(model)
    cells = network.config.vision_config.image_size // network.config.vision_config.patch_size
    parts.float()
    stepper = torch.optim.AdamW(parts.parameters(), lr=lr)
    size = words.table.pow(2).mean()
    for step in range(steps):
        for group in stepper.param_groups:
            group["lr"] = lr * min(1.0, 4 * (1 - step / steps))
        dice = np.random.default_rng(derive(seed, "words", step))
        chosen = np.sort(dice.choice(len(wanted), min(TOGETHER, len(wanted)), replace=False))
        shots = [wanted[int(at)] for at in chosen]
        with torch.no_grad():
            features = _look(model, [seen.pixels[int(at)] for at in chosen]).float()
        target, weight = words.of(shots, cells)
        if before is not None:
            with torch.no_grad():
                target[:, 1:] = before(features)[:, 1:]
        apart = (parts(features) - target).pow(2).mean(-1) / size
        loss = (apart * weight).sum() / weight.sum()
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        progress(step + 1, steps, f"naming parts: {loss.item():.3f}")
    parts.to(model.dtype)


def _look(model: Model, pixels: Sequence[np.ndarray]) -> Tensor:
    images = [Image.fromarray(one) for one in pixels]
    made = model.processor.image_processor(images, return_tensors="pt")["pixel_values"].to(model.dtype)
    tower: Any = model.network.model.vision_tower
    found: Tensor = tower(made, output_hidden_states=True).hidden_states[-1]
    return found


class _Words:
    """Embeddings of what there is to see."""

    def __init__(self, model: Model) -> None:
        table = model.network.get_input_embeddings().weight.detach().float()
        self.tokenizer = model.encoder.tokenizer

        def of(word: str) -> Tensor:
            ids = self.tokenizer(f" {word}", add_special_tokens=False).input_ids
            return table[ids].mean(0)

        self.table = table
        self.things = torch.stack([of(word) for word in THINGS])
        self.places = torch.stack([of(PLACES[place][0].split()[-1]) for place in PLACES])
        self.looks = {(trait, value): of(value) for trait in LOOKS for value in traits.TRAITS[trait]}

    def _who(self, person: Person) -> Tensor:
        """The tokens of a known person's name, or words for looks."""
        if person.name:
            ids = self.tokenizer(f" {person.name}", add_special_tokens=False).input_ids
            return self.table[ids]
        seen = [(trait, person.appearance[trait]) for trait in LOOKS]
        return torch.stack([self.looks[one] for one in seen if one[1] != "none"])

    def of(self, shots: Sequence[Shot], cells: int) -> tuple[Tensor, Tensor]:
        """What each token of these pictures is to become, and how much that counts."""
        width = self.table.shape[1]
        target = torch.zeros(len(shots), 1 + cells * cells, width)
        weight = torch.zeros(target.shape[:2])
        for number, shot in enumerate(shots):
            if shot.person is not None:
                said = self._who(shot.person)
                target[number, 0] = said.sum(0) / len(said) ** 0.5
                weight[number, 0] = _WHO
            if shot.scene is not None:
                there = torch.from_numpy(where(shot.scene, cells)).flatten()
                place = self.places[list(PLACES).index(shot.scene.place)]
                named = self.things[(there - 1).clamp(min=0)]
                target[number, 1:] = torch.where((there > 0)[:, None], named, place)
                weight[number, 1:] = torch.where(there > 0, 1.0, _ELSEWHERE)
        return target, weight
