"""Batches of so many tokens, and what happens when memory runs out."""

from collections.abc import Callable

import pytest
import torch

from remem.errors import UserError
from remem.models.fitting import Budget, weight


def done(budget: Budget, sizes: list[int], room: int = 1 << 30, most: int = 1 << 30) -> list[list[int]]:
    """The batches that were worked on, on a machine with so much room."""
    tried: list[list[int]] = []

    def work(picked: list[int]) -> list[int]:
        if len(picked) * max(sizes[i] for i in picked) > room:
            raise torch.OutOfMemoryError("out of memory")
        tried.append(picked)
        return [sizes[i] for i in picked]

    found = list(budget.each(sizes, work, most))
    assert [picked for picked, _ in found] == tried
    assert [size for _, result in found for size in result] == sizes
    return tried


def test_batches_hold_so_many_tokens_padding_included() -> None:
    assert done(Budget(12), [3, 3, 3, 3, 4, 5, 20]) == [[0, 1, 2, 3], [4, 5], [6]]
    assert done(Budget(1000), [3, 3, 3, 3, 4], most=2) == [[0, 1], [2, 3], [4]]


def test_logits_of_a_large_vocabulary_count_and_those_of_a_small_one_do_not() -> None:
    assert weight(95, 30, 4096) == 95  # a row's logits are no more than its tokens
    assert weight(95, 27, 49_152) == 27 * 12
    assert weight(700, 27, 49_152) == 700
    sizes = [weight(40, 27, 49_152)] * 100
    assert max(map(len, done(Budget(16_384), sizes))) * 27 * 49_152 * 4 <= 16_384 * 4096 * 4  # bytes


def test_a_batch_that_does_not_fit_is_halved_and_later_ones_stay_small() -> None:
    budget = Budget(64)
    assert done(budget, [4] * 16, room=20) == [[i, i + 1, i + 2, i + 3] for i in (0, 4, 8, 12)]
    assert budget.tokens == 16
    assert done(budget, [4] * 4, room=20) == [[0, 1, 2, 3]]


def test_one_item_that_does_not_fit_is_the_users_to_know_of() -> None:
    with pytest.raises(UserError, match="one question of 30 tokens"):
        done(Budget(64), [4, 4, 30], room=20)


@pytest.mark.parametrize(
    "problem", [RuntimeError("shapes do not match"), ValueError("another mistake")], ids=["runtime", "value"]
)
def test_other_errors_are_not_taken_for_a_lack_of_memory(problem: Exception) -> None:
    def work(picked: list[int]) -> list[int]:
        raise problem

    with pytest.raises(type(problem), match=str(problem)):
        list(Budget(8).each([1, 1], work))


def test_what_a_cpu_says_when_memory_runs_out_is_known() -> None:
    calls: list[int] = []

    def work(picked: list[int]) -> list[int]:
        calls.append(len(picked))
        if len(picked) > 1:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")
        return picked

    run: Callable[[], object] = lambda: list(Budget(8).each([1, 1], work))  # noqa: E731
    run()
    assert calls == [2, 1, 1]
