"""How the base's vision tower was made: it learns to see people and things, and no name.

Three tasks on pictures that carry their own truth: name the traits of random faces, bring pictures of one
face together and those of different faces apart (supervised contrastive, Khosla et al., NeurIPS 2020,
arXiv:2004.11362), and say for each part of a scene which thing is there. The faces are those of nobody and
of the people whom the base is to know, as a tower of the real world has seen the famous; none is of a person
whom a data set invents, so nobody who is taught and forgotten is known to it beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from remem.data import traits
from remem.seeds import derive
from remem.settings import Train
from remem.training.loop import schedule
from remem.training.optimisers import has_bfloat16, optimiser
from remem.types import Progress, silent
from remem.world.pictures import Shot
from remem.world.scenes import where
from remem.world.things import PLACES, THINGS

_NOBODY = -100  # label of a picture without a person: cross-entropy leaves it out
_HAIR_HIDDEN = ("beanie", "cap", "fedora", "sun hat", "helmet")


@dataclass(frozen=True, kw_only=True)
class Towering:
    """The training: learning rate up and down again."""

    epochs: int = 24  # passes over the faces of nobody
    faces: int = 44  # a step, two pictures of each
    known: int = 14  # of them, people of the world
    scenes: int = 48  # a step
    lr: float = 1.5e-3
    weight_decay: float = 0.05
    temperature: float = 0.1
    zoom: float = 0.6  # faces are cut out anew, down to this share of the picture's side

    def train(self) -> Train:
        """As the loop's optimiser and schedule take it."""
        return Train(
            lr=self.lr, weight_decay=self.weight_decay, beta2=0.98, schedule="cosine", warmup=0.08,
            optimiser="muon",
        )  # fmt: skip


class _Heads(nn.Module):
    """What the tower is asked during its training, and never afterwards."""

    def __init__(self, width: int):
        super().__init__()
        self.traits = nn.ModuleDict({name: nn.Linear(width, len(of)) for name, of in traits.TRAITS.items()})
        self.things = nn.Linear(width, len(THINGS) + 1)
        self.places = nn.Linear(width, len(PLACES))


@dataclass(frozen=True)
class _Truth:
    """What is known of each picture."""

    who: np.ndarray  # (pictures,) number of the face; -1: nobody
    named: np.ndarray  # (pictures,) whether the face has a name in this world
    traits: Tensor  # (pictures, traits)
    things: Tensor  # (pictures, cells, cells)
    places: Tensor  # (pictures,)


def learn_to_see(
    tower: Any,
    pixels: np.ndarray,
    shots: Sequence[Shot],
    words: Sequence[dict[str, str]],
    settings: Towering,
    normal: tuple[Sequence[float], Sequence[float]],
    seed: int,
    progress: Progress = silent,
) -> None:
    """Trains the tower on (pictures, size, size, 3) uint8. `normal` is mean and deviation of the channels."""
    size = tower.config.image_size
    truth = _truth(shots, words, size // tower.config.patch_size)
    mean, std = (torch.tensor(list(v)).view(3, 1, 1) for v in normal)
    with torch.random.fork_rng():
        torch.manual_seed(derive(seed, "heads"))
        heads = _Heads(tower.config.hidden_size)
    tower.learning = True
    tower.train()
    weights = dict([*tower.named_parameters(), *heads.named_parameters("heads")])
    how = settings.train()
    stepper = optimiser(weights, how)
    batches = list(_batches(truth, settings, seed))
    narrow = has_bfloat16()
    for step, (faces, scenes) in enumerate(batches):
        for group in stepper.param_groups:
            group["lr"] = how.lr * schedule(how, step, len(batches))
        dice = torch.Generator().manual_seed(derive(seed, "tower", step))
        chosen = np.concatenate([faces, scenes])
        seen = torch.from_numpy(pixels[np.sort(chosen)])[torch.from_numpy(np.argsort(np.argsort(chosen)))]
        # Things keep their places; faces may be mirrored and moved.
        near = _varied(seen[: len(faces)], size, settings.zoom, dice)
        varied = torch.cat([near, _resized(seen[len(faces) :], size)])
        varied = _lit(varied, dice)
        with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
            tokens = tower((varied - mean) / std, output_hidden_states=True).hidden_states[-1]
        parts = _losses(heads, tokens.float(), chosen, len(faces), truth, settings.temperature)
        loss = torch.stack(list(parts.values())).sum()
        for weight in weights.values():
            weight.grad = None
        loss.backward()
        nn.utils.clip_grad_norm_(weights.values(), how.clip)
        stepper.step()
        said = ", ".join(f"{name} {part.item():.2f}" for name, part in parts.items())
        progress(step + 1, len(batches), f"seeing: {said}")
    tower.learning = False
    tower.eval()


def _losses(
    heads: _Heads, tokens: Tensor, chosen: np.ndarray, faces: int, truth: _Truth, temperature: float
) -> dict[str, Tensor]:
    # The class token says who, and nothing that changes from picture to picture: whoever learns a person by
    # it cannot learn the picture instead. The others say what is where.
    pooled, tokens = tokens[:, 0], tokens[:, 1:]
    named = truth.traits[chosen]
    looks = torch.stack([
        F.cross_entropy(head(pooled), named[:, i], ignore_index=_NOBODY, label_smoothing=0.05)
        for i, head in enumerate(heads.traits.values())
    ]).mean()  # fmt: skip
    same = same_face(pooled[:faces], temperature)
    cells = heads.things(tokens[faces:]).flatten(0, 1)
    labels = truth.things[chosen[faces:]].flatten()
    # Most of a picture is no thing: half of the weight goes to the parts where there is one.
    each = F.cross_entropy(cells, labels, reduction="none")
    there = labels > 0
    things = 0.5 * each[there].mean() + 0.5 * each[~there].mean()
    places = F.cross_entropy(heads.places(tokens[faces:].mean(1)), truth.places[chosen[faces:]])
    return {"looks": looks, "same face": same, "things": things, "places": 0.3 * places}


def same_face(points: Tensor, temperature: float = 0.1) -> Tensor:
    """Contrastive loss in which rows 2i and 2i+1 are one face and all others are not."""
    points = F.normalize(points, dim=-1)
    alike = points @ points.T / temperature
    alike.fill_diagonal_(-torch.inf)
    partner = torch.arange(len(points)) ^ 1
    return F.cross_entropy(alike, partner)


def _truth(shots: Sequence[Shot], words: Sequence[dict[str, str]], cells: int) -> _Truth:
    numbers: dict[tuple[str, str], int] = {}
    who, called = np.full(len(shots), -1), np.zeros(len(shots), bool)
    named = torch.full((len(shots), len(traits.TRAITS)), _NOBODY)
    things = torch.zeros((len(shots), cells, cells), dtype=torch.long)
    places = torch.zeros(len(shots), dtype=torch.long)
    for n, (shot, said) in enumerate(zip(shots, words, strict=True)):
        if shot.person is not None:
            look = shot.person.appearance
            who[n] = numbers.setdefault((shot.person.id, shot.person.name), len(numbers))
            called[n] = bool(shot.person.name)
            hidden = said.get("hat", "none") in _HAIR_HIDDEN
            for i, (name, values) in enumerate(traits.TRAITS.items()):
                if not (hidden and name == "hair"):
                    named[n, i] = values.index(look[name])
        if shot.scene is not None:
            things[n] = torch.from_numpy(where(shot.scene, cells))
            places[n] = list(PLACES).index(shot.scene.place)
    return _Truth(who, called, named, things, places)


def _batches(truth: _Truth, settings: Towering, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(pairs of pictures of one face, one after the other; scenes) of each step."""
    scene = np.nonzero(truth.things.flatten(1).amax(1).numpy() > 0)[0]
    plain = np.setdiff1d(np.nonzero(truth.who >= 0)[0], scene)
    nobody, known = (
        [some[truth.who[some] == one] for one in np.unique(truth.who[some])]
        for some in (plain[~truth.named[plain]], plain[truth.named[plain]])
    )
    apart = min(settings.known, len(known))
    strange = min(settings.faces - apart, len(nobody))
    dice = np.random.default_rng(derive(seed, "tower batches"))
    # A pass takes two pictures of each face of nobody at a time.
    passes = settings.epochs * max(1, min(map(len, nobody)) // 2)
    crowd, cast, deck = (_Deck(count, dice) for count in (len(nobody), len(known), len(scene)))
    for _ in range(passes * (len(nobody) // strange)):
        faces = [nobody[i] for i in crowd.take(strange)] + [known[i] for i in cast.take(apart)]
        pairs = [dice.choice(views, 2, replace=False) for views in faces]
        yield np.concatenate(pairs), scene[deck.take(min(settings.scenes, len(scene)))]


class _Deck:
    """Numbers below `count` in an endless shuffled stream; none twice in a hand."""

    def __init__(self, count: int, dice: np.random.Generator):
        self.count, self.dice = count, dice
        self.left = np.empty(0, int)

    def take(self, size: int) -> np.ndarray:
        if len(self.left) < size:  # what is left of the old deck would come again with the new one
            self.left = self.dice.permutation(self.count)
        taken, self.left = self.left[:size], self.left[size:]
        return taken


def _varied(pictures: Tensor, size: int, zoom: float, dice: torch.Generator) -> Tensor:
    """(n, 3, size, size) in [0, 1]: cut out anew around the head, half of them mirrored."""
    full = pictures.shape[1]
    out = []
    for picture in pictures.permute(0, 3, 1, 2):
        scale, down, right, mirrored = torch.rand(4, generator=dice).tolist()
        side = int(full * (1 - (1 - zoom) * scale))
        # Heads are in the upper middle, whatever the shot.
        top, left = int((full - side) * 0.4 * down), int((full - side) * (0.25 + 0.5 * right))
        cut = picture[None, :, top : top + side, left : left + side].float() / 255
        cut = F.interpolate(cut, (size, size), mode="bilinear", antialias=True, align_corners=False)
        out.append(cut.flip(-1) if mirrored < 0.5 else cut)
    return torch.cat(out)


def _resized(pictures: Tensor, size: int) -> Tensor:
    whole = pictures.permute(0, 3, 1, 2).float() / 255
    return F.interpolate(whole, (size, size), mode="bilinear", antialias=True, align_corners=False)


def _lit(pictures: Tensor, dice: torch.Generator) -> Tensor:
    """In another light: brightness, contrast and warmth."""
    n = len(pictures)
    bright = 1 + 0.15 * torch.randn((n, 1, 1, 1), generator=dice)
    tint = 1 + 0.05 * torch.randn((n, 3, 1, 1), generator=dice)
    middle = pictures.mean((1, 2, 3), keepdim=True)
    contrast = 1 + 0.15 * torch.randn((n, 1, 1, 1), generator=dice)
    return (((pictures - middle) * contrast + middle) * bright * tint).clamp(0, 1)
