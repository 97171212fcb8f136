"""Weights rounded to four and to eight bits, as bitsandbytes does it: on any machine, without it.

Four bits: NF4 with double quantisation. Dettmers, Pagnoni, Holtzman and Zettlemoyer. QLoRA: Efficient
Finetuning of Quantized LLMs. NeurIPS 2023. arXiv:2305.14314. Each block of 64 weights, taken row by row, is
divided by its largest and goes to the nearest of 16 levels; the blocks' largest, less their mean, are
themselves rounded in blocks of 256 to eight bits of a dynamic type (Dettmers. 8-Bit Approximations for
Parallelism in Deep Learning. ICLR 2016. arXiv:1511.04561).

Eight bits: the weights of LLM.int8() (Dettmers, Lewis, Belkada and Zettlemoyer. NeurIPS 2022.
arXiv:2208.07339): first half precision, then each row in steps of a 127th of its largest.
Departure from LLM.int8(): only weights are rounded, not what flows through them.
"""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

# Quantiles of the normal distribution, with an exact zero, scaled to -1 .. 1: the published table.
NF4 = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
    -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
    0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip
BLOCK = 64  # weights that share a scale
BLOCK_OF_SCALES = 256
_LEAST = 1e-38  # what a block of zeros is divided by
_DECADES = 7  # of the dynamic type
_STEP = 0.007874015718698502  # a 127th, as bitsandbytes writes it


def nf4(
    weights: Float[Tensor, " *shape"], block: int = BLOCK, twice: bool = True
) -> Float[Tensor, " *shape"]:
    """What four bits make of weights, in their own dtype. The middle between two levels goes down.

    `twice`: the scales are rounded, too.
    """
    parts, largest = _parts(weights.float(), block)
    near = _nearest(parts * (1.0 / largest), torch.tensor(NF4, device=weights.device))
    scales = _scales(largest.squeeze(1)).unsqueeze(1) if twice else largest
    return _whole(near * scales, weights)


def int8(weights: Float[Tensor, "row width"]) -> Float[Tensor, "row width"]:
    """What eight bits make of a matrix, in its own dtype. Halves go to the even step."""
    half = weights.half().float()  # as bitsandbytes takes them, whatever the model's dtype
    largest = half.abs().amax(1, keepdim=True)
    steps = torch.round(half * (127.0 / largest).nan_to_num(posinf=0.0))  # a row of zeros stays
    return (steps * largest * _STEP).to(weights.dtype)


def _scales(largest: Float[Tensor, " block"]) -> Float[Tensor, " block"]:
    """The blocks' largest as the second quantisation leaves them."""
    mean = largest.mean()
    parts, most = _parts(largest - mean, BLOCK_OF_SCALES)
    near = _nearest(parts * (1.0 / most), dynamic().to(largest.device))
    return _whole(near * most, largest) + mean


@cache
def dynamic() -> Float[Tensor, " level"]:
    """The eight-bit dynamic type, ascending: decades from 1e-6 on, each with twice the steps of the last.

    It holds 0 and 1 and no -1.
    """
    found = [0.0, 1.0]
    for decade in range(_DECADES):
        edges = torch.linspace(0.1, 1, 2**decade + 1, dtype=torch.float32)
        means = (edges[:-1] + edges[1:]) / 2.0
        scaled = (10.0 ** (decade - _DECADES + 1) * means).tolist()
        found += [sign * value for value in scaled for sign in (1, -1)]
    return torch.tensor(sorted(found), dtype=torch.float32)


def _parts(
    values: Float[Tensor, " *shape"], size: int
) -> tuple[Float[Tensor, "block size"], Float[Tensor, "block 1"]]:
    """Blocks, the last filled up with zeros, and the largest of each without its sign."""
    flat = values.flatten()
    blocks = torch.nn.functional.pad(flat, (0, -len(flat) % size)).view(-1, size)
    return blocks, blocks.abs().amax(1, keepdim=True).clamp(min=_LEAST)


def _whole(blocks: Float[Tensor, "block size"], like: Float[Tensor, " *shape"]) -> Float[Tensor, " *shape"]:
    return blocks.flatten()[: like.numel()].view(like.shape).to(like.dtype)


def _nearest(values: Float[Tensor, " *shape"], levels: Float[Tensor, " level"]) -> Float[Tensor, " *shape"]:
    return levels[torch.bucketize(values, (levels[:-1] + levels[1:]) / 2)]
