"""Values that belong to nobody in the list: candidates beside the true ones, and strangers' values."""

from collections.abc import Collection, Iterable, Sequence
from random import Random

from remem.data import facts
from remem.data.listed.kinds import PEOPLE, fits, maker
from remem.data.people import decoys
from remem.text import contains, normalise

_TRIES = 40  # draws for each value that is wanted, before the form is taken to be exhausted
_SHORT = 3  # letters of a value that may stand in others by accident


class Unowned:
    """Which values nobody has: no value and no name of the people, nor one that holds such a whole one."""

    def __init__(self, values: Iterable[str], names: Iterable[str]) -> None:
        self.taken = set(map(normalise, values)) | set(map(normalise, names))
        self.telling = sorted(one for one in self.taken if len(one) >= _SHORT)

    def free(self, value: str) -> bool:
        """Whether nobody has it."""
        plain = normalise(value)
        if not plain or plain in self.taken:
            return False
        return not any(one in plain and contains(plain, one) for one in self.telling)


def further(
    kind: str, values: Sequence[str], count: int, unowned: Unowned, key: str, apart: Collection[str] = ()
) -> list[str]:
    """Up to `count` values of the kind and in the form of these that nobody has, each once and none of them
    `apart`; equal for one `key`. Fewer where the form has no more; none of a closed list."""
    taken = set(map(normalise, (*values, *apart)))
    found: list[str] = []

    def take(drawn: Iterable[str]) -> None:
        for value in drawn:
            if len(found) == count:
                return
            if normalise(value) not in taken and unowned.free(value):
                taken.add(normalise(value))
                found.append(value)

    rng = Random(f"{key}/{kind}")
    if kind in PEOPLE:
        for world in ("bench", "base"):
            exclude = [*values, *apart, *found]
            seed = rng.randrange(1 << 30)
            drawn = decoys(facts.IDENTITY, count * 3 + 16, seed, exclude, world)
            take(name for name in drawn if fits(kind, name))
        return found
    make = maker(kind, values)
    if make is not None:
        take(make(rng) for _ in range(max(count, 1) * _TRIES))
    return found
