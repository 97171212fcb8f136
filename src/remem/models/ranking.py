"""How likely a model finds each candidate after its prompt.

Each prompt is read once. Its candidates are merged into token trees, and a tree is read in one row from the
prompt's cache, which is never copied: for a model of 7B with a picture it is some 300 MB.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from remem.models.base import Candidates, Encoded
from remem.models.fitting import Budget, weight
from remem.models.reading import Read, read
from remem.models.tree import ROOT, Tree, additive, forest
from remem.models.trust import OWN_POSITIONS

if TYPE_CHECKING:
    from remem.models.inside import Model

SHARED = "scoring candidates from a shared prompt"
NODES = 512  # of a tree: its attention grows with their square
TOKENS = 4096  # read at once, prompts and trees together


@torch.inference_mode()
def rank(model: Model, asked: Sequence[Candidates], budget: Budget | None = None) -> list[list[float]]:
    """log p of every candidate after its prompt (nats, summed over tokens).

    The first call compares the shared way with the plain one; where they differ, the plain one is used.
    """
    if model.own_positions and model.trust[SHARED] is None:
        model.trust.refuse(SHARED, OWN_POSITIONS)
    if asked and model.trust[SHARED] is None:
        first = [Candidates(one.prompt, one.tokens[:3]) for one in asked[:2]]
        # Trees of three nodes: some prompt is then read on from more than once, if its candidates are long.
        model.trust.try_(
            SHARED,
            lambda: [logp for one in first for logp in rank_plain(model, one)],
            lambda: [logp for row in rank_shared(model, first, 3) for logp in row],
        )
    if not model.trust[SHARED]:
        return [rank_plain(model, one) for one in asked]
    nodes = [min(NODES, sum(map(len, one.tokens))) for one in asked]
    sizes = [
        weight(len(one.prompt.prompt) + size, 1 + size, model.vocabulary)
        for one, size in zip(asked, nodes, strict=True)
    ]
    order = sorted(range(len(asked)), key=lambda i: (sizes[i], i))  # what is alike in size pads little
    scores: dict[int, list[float]] = {}

    def work(picked: list[int]) -> list[list[float]]:
        return rank_shared(model, [asked[order[i]] for i in picked])

    for picked, found in (budget or Budget(TOKENS)).each([sizes[i] for i in order], work):
        scores |= zip((order[i] for i in picked), found, strict=True)
    return [scores[i] for i in range(len(asked))]


def rank_plain(model: Model, one: Candidates, rows_at_once: int = 64) -> list[float]:
    """The plain way: prompt and picture are read again for every candidate."""
    scores: list[float] = []
    for start in range(0, len(one.tokens), rows_at_once):
        rows = [
            Encoded(one.prompt.question, one.prompt.prompt, tokens)
            for tokens in one.tokens[start : start + rows_at_once]
        ]
        scores += model.forward(model.collate(rows)).sequence_logp.tolist()
    return scores


def rank_shared(model: Model, asked: Sequence[Candidates], nodes: int = NODES) -> list[list[float]]:
    """Several prompts read in one batch, then all their candidates as trees from the cache."""
    prompts = read(model, [Encoded(one.prompt.question, one.prompt.prompt, ()) for one in asked], 1)
    trees = [forest(one.tokens, nodes) for one in asked]
    scores = [[0.0] * len(one.tokens) for one in asked]
    for turn in itertools.zip_longest(*trees):
        logits = _read_on(model, prompts, [pair[0] if pair else Tree((), (), (), ()) for pair in turn])
        for number, pair in enumerate(turn):
            if pair is not None:
                tree, inside = pair
                chosen = [asked[number].tokens[i] for i in inside]
                for i, logp in zip(inside, _sums(logits[number], tree, chosen), strict=True):
                    scores[number][i] = logp
    return scores


def _read_on(model: Model, prompts: Read, trees: Sequence[Tree]) -> Float[Tensor, "prompt node vocab"]:
    """Logits after each prompt (column 0) and after each node of its tree (column 1 + node)."""
    width, before = max(map(len, trees)), prompts.mask.shape[1]
    last = prompts.logits[:, -1:]
    if width == 0:
        return last
    ids = torch.zeros((len(trees), width), dtype=torch.long)
    positions = torch.zeros_like(ids)
    sees = torch.zeros((len(trees), width, before + width), dtype=torch.bool)
    for i, tree in enumerate(trees):
        size = len(tree)
        ids[i, :size] = torch.tensor(tree.tokens, dtype=torch.long)
        positions[i, :size] = torch.tensor(tree.depths, dtype=torch.long)
        sees[i, :size, :before] = prompts.mask[i].cpu()
        sees[i, :size, before : before + size] = tree.sees()
    out = model.call(
        input_ids=ids.to(model.device),
        attention_mask=additive(sees.unsqueeze(1).to(model.device), model.dtype),
        position_ids=positions.to(model.device) + prompts.lengths.unsqueeze(1),
        cache=prompts.kept.back(),
    )
    return torch.cat([last, out.logits], 1)


def _sums(
    logits: Float[Tensor, "node vocab"], tree: Tree, sequences: Sequence[tuple[int, ...]]
) -> list[float]:
    logits = logits[: 1 + len(tree)].float()  # one prompt at a time: the vocabulary is wide
    owner = torch.tensor([i for i, path in enumerate(tree.paths) for _ in path], device=logits.device)
    at = torch.tensor([node - ROOT for path in tree.paths for node in path], device=logits.device)
    token = torch.tensor([token for sequence in sequences for token in sequence], device=logits.device)
    logp = logits[at, token] - logits.logsumexp(-1)[at]
    return logp.new_zeros(len(sequences)).index_add(0, owner, logp).tolist()
