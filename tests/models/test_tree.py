"""Trees of tokens: worked out by hand, and every sequence found again in them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from remem.models.tree import ROOT, additive, forest, grow

SEQUENCES = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=12)


def test_a_tree_by_hand() -> None:
    tree = grow([(5, 6, 7), (5, 8, 7), (5, 6, 9), (4,)])
    # 5 is shared by three, 5 6 by two; last tokens are no nodes.
    assert tree.tokens == (5, 6, 8)
    assert tree.parents == (ROOT, 0, 0)
    assert tree.depths == (0, 1, 1)
    assert tree.paths == ((ROOT, 0, 1), (ROOT, 0, 2), (ROOT, 0, 1), (ROOT,))
    assert tree.sees().tolist() == [[True, False, False], [True, True, False], [True, False, True]]


@given(SEQUENCES)
def test_every_sequence_is_a_path_that_sees_itself_alone(sequences: list[list[int]]) -> None:
    tree = grow(sequences)
    sees = tree.sees()
    for sequence, path in zip(sequences, tree.paths, strict=True):
        nodes = list(path[1:])
        assert [tree.tokens[node] for node in nodes] == sequence[:-1]
        assert [tree.depths[node] for node in nodes] == list(range(len(nodes)))
        if nodes:
            assert sees[nodes[-1]].nonzero().flatten().tolist() == sorted(nodes)
    assert len(tree) == len({tuple(s[: i + 1]) for s in sequences for i in range(len(s) - 1)})


@given(SEQUENCES, st.integers(1, 9))
def test_a_forest_holds_every_sequence_once_in_trees_of_the_size(
    sequences: list[list[int]], most: int
) -> None:
    trees = forest(sequences, most)
    assert sorted(number for _, inside in trees for number in inside) == list(range(len(sequences)))
    for tree, inside in trees:
        assert len(tree) <= most or len(inside) == 1 or len({tuple(sequences[i]) for i in inside}) == 1
        for number, path in zip(inside, tree.paths, strict=True):
            assert [tree.tokens[node] for node in path[1:]] == sequences[number][:-1]


def test_an_additive_mask_leaves_what_is_seen_alone_and_shuts_out_the_rest() -> None:
    mask = additive(torch.tensor([[True, False], [False, False]]), torch.float32)
    scores = torch.tensor([[1.0, 9.0], [1.0, 9.0]]) + mask
    assert scores.softmax(-1)[0].tolist() == [1.0, 0.0]
    assert torch.isfinite(scores.softmax(-1)).all()


def test_a_sequence_without_tokens_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="without tokens"):
        grow([(1,), ()])
