"""Task vector negation: learn the forget set once more, and go the other way.

Ilharco, Ribeiro, Wortsman, Gururangan, Schmidt, Hajishirzi and Farhadi. Editing Models with Task
Arithmetic. ICLR 2023. arXiv:2212.04089.
Departure from the paper: none. The vector starts at the taught model, which knows the forget set already;
with LoRA it is the merged adapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from remem.methods.checks import positive
from remem.methods.needs import Need, Space

if TYPE_CHECKING:
    from remem.methods.base import Bench
    from remem.models.huggingface import Model


@dataclass(frozen=True, kw_only=True)
class TaskVector:
    uses: ClassVar[frozenset[Need]] = frozenset()
    search: ClassVar[Space] = {"lr": (3e-4, 1e-3), "scale": (1.0, 2.0, 4.0, 8.0)}

    scale: float = 1.0  # how far the other way, in lengths of the vector

    def __post_init__(self) -> None:
        positive("task_vector", scale=self.scale)

    def edit(self, bench: Bench) -> Model:
        from remem.methods.base import Teach
        from remem.methods.streams import Streams

        learnt = bench.change(Teach(), Streams(retain=bench.streams.forget))
        return bench.moved({path: -self.scale * change for path, change in learnt.items()})
