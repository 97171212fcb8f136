"""What a machine has: memory, arithmetic, and how fast memory is read. Of cards by their data sheets."""

from __future__ import annotations

import time
from dataclasses import dataclass

from remem.errors import unknown

GIB = 1 << 30
SHARE = 0.4  # of the arithmetic that training reaches; more is good, less is common


@dataclass(frozen=True, kw_only=True)
class Card:
    """One device."""

    name: str
    memory: float  # bytes
    rate: float  # multiply-add operations count as two, per second; dense bfloat16
    bandwidth: float  # bytes per second
    share: float = SHARE  # of the rate that is reckoned with

    @property
    def flops(self) -> float:
        """What is reckoned with, per second."""
        return self.rate * self.share


CARDS = {
    name: Card(name=name, memory=memory * GIB, rate=rate * 1e12, bandwidth=bandwidth * 1e12)
    for name, memory, rate, bandwidth in (
        ("rtx3090", 24, 71, 0.94),
        ("rtx4090", 24, 165, 1.01),
        ("l40s", 48, 362, 0.86),
        ("a100-40", 40, 312, 1.56),
        ("a100", 80, 312, 2.04),
        ("h100", 80, 989, 3.35),
        ("h200", 141, 989, 4.8),
    )
}


def card(name: str) -> Card:
    """A card by name; "" is this machine."""
    if not name:
        return here()
    if name not in CARDS:
        raise unknown("card", name, CARDS)
    return CARDS[name]


def here() -> Card:
    """This machine's GPU, or else its CPU with one thread, as fast as it multiplies matrices now."""
    import psutil
    import torch

    gpu = torch.cuda.is_available()
    device, kind = ("cuda", torch.bfloat16) if gpu else ("cpu", torch.float32)
    size = 8192 if gpu else 768
    left = torch.randn(size, size, device=device, dtype=kind)
    threads = torch.get_num_threads()
    if not gpu:
        torch.set_num_threads(1)
    try:
        left @ left  # the first one sets things up
        seconds = min(_timed(left, gpu) for _ in range(3))
    finally:
        torch.set_num_threads(threads)
    rate = 2 * size**3 / seconds
    if not gpu:
        memory = float(psutil.virtual_memory().available)
        return Card(name="this machine's CPU", memory=memory, rate=rate, bandwidth=10e9)
    free, _ = torch.cuda.mem_get_info()
    return Card(name=torch.cuda.get_device_name(), memory=float(free), rate=rate, bandwidth=1.5e12)


def _timed(left: object, gpu: bool) -> float:
    import torch

    clock = time.perf_counter()
    left @ left  # type: ignore[operator]
    if gpu:
        torch.cuda.synchronize()
    return time.perf_counter() - clock
