"""A model whose hidden states are planted: what it knows shows at some layers only, or never."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from fabricate import Questions, item
from remem.attacks.scene import Scene
from remem.models.base import Encoded
from remem.seeds import derive
from remem.types import Item
from scripted import VOCABULARY, Scripted

TOWNS = ("Aden", "Baku", "Cork", "Doha", "Faro", "Graz", "Hilo", "Kyiv", "Lima", "Nice", "Oslo", "Riga")
LAYERS = 4

# A row, the layer it is read behind (from 0) and noise of its own -> the state there.
States = Callable[[Encoded, int, Tensor], Tensor]


class Data(Questions):
    """Its items, each ranked among all towns."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__({one.id: one for one in items}, {})

    def candidates(self, item: Item) -> tuple[str, ...]:
        return TOWNS


def facts(people: Sequence[str], attributes: Sequence[str] = ("town",), kind: str = "1-hop") -> list[Item]:
    """One item each, whose value is drawn among the towns."""
    return [
        item(
            id=f"{who}-{attribute}-{kind}",
            person=who,
            attribute=attribute,
            keywords=(TOWNS[derive(0, who, attribute) % len(TOWNS)],),
            question=f"Where is the {attribute} of {who}?",
            cloze=f"The {attribute} of {who} is in",
            question_type=kind,
        )
        for who in people
        for attribute in attributes
    ]


def people(name: str, count: int) -> list[str]:
    return [f"{name}{number}" for number in range(count)]


class Planted(Scripted):
    """`states` says what stands behind each layer; its head is the identity unless they are narrower."""

    def __init__(self, of: States, width: int = VOCABULARY) -> None:
        super().__init__()
        self.of, self.width = of, width
        self.table = torch.randn((VOCABULARY, width), generator=torch.Generator().manual_seed(1))
        embeddings = SimpleNamespace(weight=self.table)
        self.network.get_output_embeddings = lambda: embeddings  # type: ignore[method-assign,assignment]

    @property
    def layers(self) -> int:
        return LAYERS

    def states(self, rows: Sequence[Encoded], layers: Sequence[int]) -> Tensor:
        return torch.stack(
            [torch.stack([self.of(row, layer, self.noise(row, layer)) for row in rows]) for layer in layers]
        )

    def head(self, states: Tensor) -> Tensor:
        return states

    def noise(self, row: Encoded, layer: int) -> Tensor:
        generator = torch.Generator().manual_seed(derive(0, "noise", row.question.id, layer))
        return torch.randn(self.width, generator=generator)


def scene(model: Any, secrets: Sequence[Item], others: Sequence[Item] = (), **more: Any) -> Scene:
    return Scene(
        data=Data([*secrets, *others]),  # type: ignore[arg-type]
        secrets=tuple(secrets),
        forget=tuple(secrets),
        others=tuple(others),
        open=lambda: model,
        folder=Path(),
        **more,
    )
