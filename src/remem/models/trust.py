"""Whether a fast way gives the plain way's numbers on this model: tried once, and said once where not."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import torch

OWN_POSITIONS = "it works positions out by itself"
Numbers = Callable[[], list[float]]
# What a family that cannot do something raises in the middle of it.
CANNOT = (RuntimeError, TypeError, AttributeError, ValueError, IndexError, KeyError, NotImplementedError)


class Trust:
    """One model's answers to that question, by what was tried."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.limit = 1e-3 if dtype == torch.float32 else 0.25  # nats
        self._found: dict[str, bool] = {}

    def __getitem__(self, what: str) -> bool | None:
        """None: not tried yet."""
        return self._found.get(what)

    def refuse(self, what: str, why: str) -> bool:
        """Writes down that it cannot be done, with a warning; False."""
        self._found[what] = False
        warnings.warn(
            f"{what} does not work with this model ({why}): going the plain, slower way", stacklevel=3
        )
        return False

    def try_(self, what: str, plain: Numbers, fast: Numbers) -> bool:
        """Compares both ways, the first time that it is called; from then on it answers the same."""
        known = self._found.get(what)
        if known is not None:
            return known
        expected = plain()
        try:
            found = fast()
        except torch.OutOfMemoryError:
            raise
        except CANNOT as problem:
            return self.refuse(what, f"{type(problem).__name__}: {problem}")
        apart = max((abs(a - b) for a, b in zip(expected, found, strict=True)), default=0.0)
        if math.isnan(apart) or apart > self.limit:
            return self.refuse(what, f"its numbers are {apart:.2g} apart")
        self._found[what] = True
        return True
