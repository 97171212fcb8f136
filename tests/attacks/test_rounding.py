"""Rounding to four and eight bits: worked out by hand, and as bitsandbytes itself does it."""

from __future__ import annotations

from statistics import NormalDist

import pytest
import torch
from torch import Tensor

from remem.attacks.rounding import NF4, dynamic, int8, nf4

MATRIX = torch.tensor(
    [[0.5, -1.0, 0.25, 0.1], [0.9, 0.0, -0.3, 0.7], [-0.2, 0.4, -0.6, 0.8], [0.05, -0.05, 0.33, -2.0]]
)


def drawn(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
    made = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    return (0.05 * made).to(dtype)


def test_four_bits_of_a_matrix_by_hand() -> None:
    """One block: all are divided by 2, and go to the nearest level. One scale is its own mean: it is exact.

    0.5 / 2 = 0.25 lies nearest 0.2461123; -0.5 nearest -0.5250731; 0.125 between 0.0795803 and 0.1609302,
    whose middle is 0.1202553: up; 0.05 nearest 0.0795803; 0.45, 0.35 and 0.4, whose levels meet at 0.3893125;
    -0.15 nearest -0.1847734; -0.1 nearest -0.0910500; 0.2 below the middle 0.2035212: 0.1609302; -0.3 nearest
    -0.2844414; 0.025 and -0.025 nearest 0; 0.165 nearest 0.1609302.
    """
    by_hand = 2 * torch.tensor(
        [
            [0.2461123, -0.5250731, 0.1609302, 0.0795803],
            [0.4407098, 0.0, -0.1847734, 0.3379152],
            [-0.0910500, 0.1609302, -0.2844414, 0.4407098],
            [0.0, 0.0, 0.1609302, -1.0],
        ]
    )
    torch.testing.assert_close(nf4(MATRIX), by_hand, atol=2e-7, rtol=0)


def test_each_block_has_a_scale_and_scales_are_rounded_too() -> None:
    """Blocks of four, with 1 and 0.5 for their largest: mean 0.75, and 0.25 and -0.25 are left.

    Divided by 0.25 these are 1, which the dynamic type holds, and -1, which it does not: the lowest of its 64
    steps from -1 to -0.1 stands in the middle of the first, at -(1 - 0.9 / 128) = -0.99296875. So the scales
    come back as 1 and 0.75 - 0.25 * 0.99296875 = 0.5017578125.
    """
    rows = torch.tensor([[1.0, 0.0, -1.0, 0.45], [0.5, 0.0, -0.5, 0.225]])
    once = torch.tensor([[1.0, 0.0, -1.0, 0.4407098], [0.5, 0.0, -0.5, 0.2203549]])
    torch.testing.assert_close(nf4(rows, block=4, twice=False), once, atol=1e-7, rtol=0)
    twice = once * torch.tensor([[1.0], [0.5017578125 / 0.5]])
    torch.testing.assert_close(nf4(rows, block=4), twice, atol=1e-7, rtol=0)


def test_scales_are_rounded_in_blocks_of_256() -> None:
    """257 blocks of one weight, 2 on the mean. Of the first 256 the largest distance from it is 1, and 0.5
    goes to the level 0.50078125 of the dynamic type. The last, 2, has a block of its own, all 0: it comes
    back whole."""
    rows = torch.tensor([1.0, 3.0] * 64 + [1.5, 2.5] * 64 + [2.0])
    found = nf4(rows, block=1)
    near = torch.tensor([2 - 0.99296875, 3.0, 2 - 0.50078125, 2.50078125])
    torch.testing.assert_close(found[126:130], near, atol=1e-6, rtol=0)
    assert found[-1] == 2.0


def test_the_dynamic_type_has_seven_decades() -> None:
    """Above 0: 1, 2, 4, ... 64 steps in the decades from 1e-6 to 1, each level in the middle of its step."""
    levels = dynamic()
    assert len(levels) == 256
    assert levels.diff().gt(0).all()
    above = levels[levels > 0]
    assert [int(((above > low) & (above < 10 * low)).sum()) for low in (1e-7, 1e-6, 1e-2, 1e-1)] == [
        1, 2, 32, 64,
    ]  # fmt: skip
    assert above[0].item() == pytest.approx(0.55e-6)
    assert levels[0].item() == pytest.approx(-0.99296875)
    assert levels[-1] == 1.0


def test_eight_bits_of_a_matrix_by_hand() -> None:
    """Each row in steps of a 127th of its largest: 0.5 is 63.5 steps, and halves go to the even: 64."""
    rows = torch.tensor(
        [[0.5, -1.0, 0.25, 0.1], [2.0, 1.0, -0.5, 0.0], [1.27, 0.014, 0.016, -0.026], [0.0, 0.0, 0.0, 0.0]]
    )
    steps = torch.tensor([[64, -127, 32, 13], [127, 64, -32, 0], [127, 1, 2, -3], [0, 0, 0, 0]])
    largest = torch.tensor([[1.0], [2.0], [1.26953125], [0.0]])  # 1.27 in half precision
    torch.testing.assert_close(int8(rows), steps * largest / 127, atol=1e-7, rtol=0)


def test_levels_are_quantiles_of_the_normal_distribution() -> None:
    """As the paper makes them: eight above 0 and seven below, evenly spaced in probability to 0.9677083."""
    outermost = 0.9677083

    def side(count: int) -> list[float]:
        return [NormalDist().inv_cdf(outermost + (0.5 - outermost) * n / count) for n in range(count)]

    levels = sorted([*side(8), 0.0, *(-value for value in side(7))])
    assert pytest.approx([value / max(levels) for value in levels], abs=2e-7) == NF4


def test_zeros_stay_and_dtypes_too() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        for rounded in (nf4, int8):
            found = rounded(torch.zeros(3, 5, dtype=dtype))
            assert found.dtype == dtype
            assert found.count_nonzero() == 0


def test_levels_and_dynamic_type_are_the_published_ones() -> None:
    functional = pytest.importorskip("bitsandbytes.functional")
    assert torch.equal(torch.tensor(NF4), functional.get_4bit_type("nf4", device="cpu"))
    assert torch.equal(dynamic(), functional.create_dynamic_map())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_bitsandbytes_gives_the_same_bits(dtype: torch.dtype) -> None:
    functional = pytest.importorskip("bitsandbytes.functional")
    for shape in ((4, 4), (7, 33), (300, 512)):
        weights = drawn(shape, dtype)
        packed, state = functional.quantize_4bit(weights, blocksize=64, quant_type="nf4")
        assert torch.equal(functional.dequantize_4bit(packed, state), nf4(weights, twice=False))
        steps, largest, _ = functional.int8_vectorwise_quant(weights.half())
        assert torch.equal(functional.int8_vectorwise_dequant(steps, largest).to(dtype), int8(weights))


def test_bitsandbytes_rounds_scales_the_same_way() -> None:
    """Its routine for CPUs looks levels up in a table, and may take the other of two that are as near."""
    functional = pytest.importorskip("bitsandbytes.functional")
    weights = drawn((300, 512))
    packed, state = functional.quantize_4bit(
        weights, blocksize=64, quant_type="nf4", compress_statistics=True
    )
    theirs, ours = functional.dequantize_4bit(packed, state), nf4(weights)
    assert (theirs != ours).float().mean() < 0.01
    assert not torch.equal(ours, nf4(weights, twice=False))
    torch.testing.assert_close(theirs, ours, atol=2e-3, rtol=0)
