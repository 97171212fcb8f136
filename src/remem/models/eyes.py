"""The embedded models' vision tower: CLIP's transformer on a small residual network instead of flat patches.

A few layers that must learn from tens of thousands of pictures do so better from convolutions (Xiao et al.,
Early Convolutions Help Transformers See Better, NeurIPS 2021, arXiv:2106.14881): docs/results/embedded.md has
the comparison. All else is CLIP's, so what is said of LLaVA's tower holds for it.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, CLIPVisionConfig, CLIPVisionModel

MODEL_TYPE = "remem_eyes"


class EyesConfig(CLIPVisionConfig):
    """CLIP's, and the width of the first convolution; it doubles with each halving of the picture but one."""

    model_type = MODEL_TYPE
    stem: int = 32


class _Residual(nn.Module):
    """Two 3 x 3 convolutions that halve the picture, beside a 1 x 1 one (He et al., 2016)."""

    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outside)
        self.second = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outside)
        self.beside = nn.Conv2d(inside, outside, 1, stride=2, bias=False)
        self.beside_norm = nn.BatchNorm2d(outside)

    def forward(self, seen: Float[Tensor, "n inside h w"]) -> Float[Tensor, "n outside h/2 w/2"]:
        found = F.relu(self.first_norm(self.first(seen)))
        return F.relu(self.second_norm(self.second(found)) + self.beside_norm(self.beside(seen)))


class Stem(nn.Module):
    """(n, 3, size, size) -> (n, width, size / 16, size / 16): what stands in place of the patch embedding."""

    def __init__(self, first: int, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, first, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            _Residual(first, first),
            _Residual(first, 2 * first),
            _Residual(2 * first, 4 * first),
        )
        self.last = nn.Conv2d(4 * first, width, 1)

    @property
    def weight(self) -> Tensor:
        """CLIP asks for its type."""
        return self.last.weight

    def forward(self, pixels: Float[Tensor, "n 3 size size"]) -> Float[Tensor, "n width cells cells"]:
        found: Tensor = self.last(self.layers(pixels.contiguous(memory_format=torch.channels_last)))
        return found


class Eyes(CLIPVisionModel):
    """A CLIP vision model with a stem. Its norms use the statistics of their own batch only while it learns
    to see (`learning`): a frozen tower must not change because a model around it trains."""

    config_class = EyesConfig

    def __init__(self, config: EyesConfig):
        super().__init__(config)
        if config.patch_size != 16:
            raise ValueError(f"the stem makes one token of 16 x 16 pixels; patch_size is {config.patch_size}")
        self.embeddings.patch_embedding = Stem(config.stem, config.hidden_size)
        self.learning = False

    def train(self, mode: bool = True) -> Eyes:
        super().train(mode)
        if not self.learning:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.training = False
        return self


def register() -> None:
    """Makes the Auto classes know it; again does no harm."""
    known: Any = AutoConfig
    known.register(MODEL_TYPE, EyesConfig, exist_ok=True)
    AutoModel.register(EyesConfig, Eyes, exist_ok=True)
