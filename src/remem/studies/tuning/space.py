"""What is tried: for each method as many points of its own grid as for every other.

A method's file says which settings are searched and over which values (`search`). Where the grid is larger
than the budget, points are drawn by seed, evenly over the values of the first setting, which is the learning
rate wherever there is one: to miss the right rate costs more than to miss anything else. The order of the
points does not depend on the budget, so that a larger one adds to what was tried before.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from remem import jsonfile
from remem.errors import UserError, unknown
from remem.methods import searched
from remem.methods.needs import Space
from remem.run.overrides import override
from remem.run.settings import Run
from remem.seeds import derive
from remem.settings import Unlearn, possible

Point = Mapping[str, float]


def spaces(run: Run, over: Sequence[str] = ()) -> dict[str, Space]:
    """Method -> what is searched, for every method of the run that has something to search.

    `over`: changes, as `npo.beta=0.05,0.1`, or `lr=1e-5,3e-5` for every method that searches over it.
    """
    found = {one.method: dict(searched(one.method)) for one in run.forget.methods}
    for text in over:
        key, values = _values(text)
        method, _, setting = key.rpartition(".")
        if method and method not in found:
            raise unknown("method of --over", method, found)
        chosen = [method] if method else [name for name, space in found.items() if setting in space]
        if not chosen:
            raise unknown(
                "setting to search over", setting, {key for space in found.values() for key in space}
            )
        for name in chosen:
            found[name][setting] = values
    for name, space in found.items():
        possible(_product(space), f"points of {name}", "--over", 1_000_000)
    return {name: space for name, space in found.items() if space}


def _values(text: str) -> tuple[str, tuple[float, ...]]:
    key, _, listed = text.partition("=")
    where = f"--over {text[:40]!r}"
    values = tuple(jsonfile.literal(one, where, "Give numbers.") for one in listed.split(","))
    if not values or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        raise UserError(f"--over takes a setting and its values, as npo.beta=0.05,0.1, not {text!r}")
    return key.strip(), tuple(dict.fromkeys(values))


def points(space: Space, seed: int, purpose: str) -> list[Point]:
    """All points of a grid, in the order in which they are tried."""
    first, *rest = space
    columns = []
    for value in space[first]:
        column = [
            {first: value, **dict(zip(rest, values, strict=True))}
            for values in itertools.product(*(space[key] for key in rest))
        ]
        random.Random(derive(seed, "trials", purpose, value)).shuffle(column)
        columns.append(column)
    return [point for row in itertools.zip_longest(*columns) for point in row if point is not None]


def trials(run: Run, found: Mapping[str, Space], count: int) -> dict[str, tuple[Unlearn, Point]]:
    """Name -> what is run, and its point; `count` points of each method, or its whole grid.

    What a method does not search over stays as the run has it. UserError for a value that cannot be.
    """
    if count < 1:
        raise UserError(f"--trials {count}: give 1 or more")
    made: dict[str, tuple[Unlearn, Point]] = {}
    own = {one.method: one for one in run.forget.methods}
    for method, space in found.items():
        for number, point in enumerate(points(space, run.seed, method)[:count]):
            alone = replace(run, forget=replace(run.forget, methods=(own[method],)))
            put = override(alone, [f"{method}.{key}={json.dumps(value)}" for key, value in point.items()])
            name = f"{method}-t{number:02d}"
            made[name] = (replace(put.forget.methods[0], name=name), point)
    return made


def sizes(found: Mapping[str, Space], count: int) -> dict[str, int]:
    """How many trials each method gets."""
    return {name: min(count, _product(space)) for name, space in found.items()}


def _product(space: Space) -> int:
    size = 1
    for values in space.values():
        size *= len(values)
    return size
