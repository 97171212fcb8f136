"""Some of many, evenly spread over them."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def evenly(things: Sequence[T], most: int) -> list[T]:
    """So many of the things at most, in their order."""
    size = min(most, len(things))
    return [things[number * len(things) // size] for number in range(size)]
