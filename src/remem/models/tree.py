"""Token sequences merged where they begin alike, so that each beginning is read once.

A tree is laid out in one row of tokens: a node attends to its ancestors and itself, and stands at the
position that it would have in its own sequence. So every sequence is read as if it stood alone, and
1,000 candidates, or all the questions on one picture, cost no more than the tokens in which they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

ROOT = -1  # what stands before the tree


@dataclass(frozen=True)
class Tree:
    """Sequences as nodes. Their last tokens are no nodes: they predict nothing that is asked for."""

    tokens: tuple[int, ...]  # one a node; a parent stands before its children
    parents: tuple[int, ...]  # nodes, or ROOT
    depths: tuple[int, ...]  # tokens before it in its own sequence
    paths: tuple[tuple[int, ...], ...]  # of each sequence: for each of its tokens, the node that predicts it

    def __len__(self) -> int:
        return len(self.tokens)

    def sees(self) -> Bool[Tensor, "node node"]:
        """Row i: the nodes that node i attends to."""
        seen = torch.zeros((len(self), len(self)), dtype=torch.bool)
        rows = seen.numpy()  # a view; row by row, numpy is several times quicker
        for node, parent in enumerate(self.parents):
            if parent != ROOT:
                rows[node] = rows[parent]
            rows[node, node] = True
        return seen


def grow(sequences: Iterable[Sequence[int]]) -> Tree:
    """One tree of these sequences, in their order; each has a token or more."""
    growing = _Growing()
    for sequence in sequences:
        growing.add(sequence)
    return growing.tree()


def forest(sequences: Sequence[Sequence[int]], most: int) -> list[tuple[Tree, list[int]]]:
    """Trees of at most so many nodes (a longer sequence has one to itself), each with the numbers of its
    sequences. Those that begin alike come together."""
    trees: list[tuple[Tree, list[int]]] = []
    growing, inside = _Growing(), list[int]()
    for number in sorted(range(len(sequences)), key=lambda i: tuple(sequences[i])):
        if inside and len(growing.tokens) + growing.new(sequences[number]) > most:
            trees.append((growing.tree(), inside))
            growing, inside = _Growing(), []
        growing.add(sequences[number])
        inside.append(number)
    return [*trees, (growing.tree(), inside)] if inside else trees


def additive(sees: Bool[Tensor, "*rows query key"], dtype: torch.dtype) -> Float[Tensor, "*rows query key"]:
    """A mask as attention adds it to its scores: 0 where seen, the least number elsewhere.

    A padded query sees nothing, hence everything alike: finite, and read by nobody.
    """
    return torch.zeros(sees.shape, dtype=dtype, device=sees.device).masked_fill(~sees, torch.finfo(dtype).min)


class _Growing:
    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.depths: list[int] = []
        self.paths: list[tuple[int, ...]] = []
        self.children: dict[tuple[int, int], int] = {}  # (parent, token) -> node

    def add(self, sequence: Sequence[int]) -> None:
        if not sequence:
            raise ValueError("a sequence without tokens predicts nothing")
        node, path = ROOT, [ROOT]
        for depth, token in enumerate(sequence[:-1]):
            child = self.children.get((node, token))
            if child is None:
                child = self.children[node, token] = len(self.tokens)
                self.tokens.append(token)
                self.parents.append(node)
                self.depths.append(depth)
            node = child
            path.append(node)
        self.paths.append(tuple(path))

    def new(self, sequence: Sequence[int]) -> int:
        """Nodes that this sequence would add."""
        node = ROOT
        for depth, token in enumerate(sequence[:-1]):
            child = self.children.get((node, token))
            if child is None:
                return len(sequence) - 1 - depth
            node = child
        return 0

    def tree(self) -> Tree:
        return Tree(tuple(self.tokens), tuple(self.parents), tuple(self.depths), tuple(self.paths))
