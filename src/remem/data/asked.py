"""The questions of many people, each person's made when they are needed: what is held does not grow."""

from collections.abc import Callable, Sequence
from typing import overload

from remem.data.questions import Row


class Asked(Sequence[list[Row]]):
    """`ask(n)` for each of so many people, the last two kept. Asking twice must give the same."""

    def __init__(self, ask: Callable[[int], list[Row]], people: int) -> None:
        self.ask, self.people = ask, people
        self.kept: dict[int, list[Row]] = {}

    def __len__(self) -> int:
        return self.people

    @overload
    def __getitem__(self, number: int) -> list[Row]: ...
    @overload
    def __getitem__(self, number: slice) -> "Asked": ...
    def __getitem__(self, number: int | slice) -> "list[Row] | Asked":
        if isinstance(number, slice):
            inside = range(self.people)[number]
            return Asked(lambda n: self[inside[n]], len(inside))
        if not -self.people <= number < self.people:
            raise IndexError(number)
        number %= self.people
        if number not in self.kept:
            while len(self.kept) > 1:
                del self.kept[next(iter(self.kept))]
            self.kept[number] = self.ask(number)
        return self.kept[number]
