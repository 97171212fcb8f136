"""Freed memory is kept for the next step of a training, and handed back when the training is over, as far as
the C library lets us ask for it."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt(3)
_LARGEST = 32 << 20  # bytes; larger blocks still go back to the system, as glibc wants it
_KEPT = 1 << 30  # bytes, at most, that this process keeps although it freed them


def keep_freed_memory() -> bool:
    """Tells glibc not to hand activations back to the system after every step, to be cleared and fetched anew
    at the next. Where there is another C library nothing happens. Whether it was told."""
    mallopt = _libc("mallopt")
    return bool(mallopt and mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _KEPT))


@contextlib.contextmanager
def handed_back() -> Iterator[None]:
    """Gives the system what the work inside no longer needs: models that hold each other in a circle, and
    freed blocks that lie between used ones, which glibc never gives back by itself.

    What was there before the work is not looked at, in it or after it: a search through all that libraries
    have loaded takes 0.2 s.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if "torch" in sys.modules and (cuda := sys.modules["torch"].cuda).is_available():
            cuda.empty_cache()
        trim()


def trim() -> bool:
    """Asks the C library for all that is free. Whether it was asked."""
    asked = _libc("malloc_trim")
    if asked:
        asked(0)
    return asked is not None


def _libc(name: str) -> Any:
    """A function of the C library; None where it has none of that name."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError):
        return None
