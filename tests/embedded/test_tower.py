"""The vision tower's training: what it is asked, and that it never sees who it must not know."""

import math

import pytest
import torch

from remem.data import traits
from remem.embedded import tower
from remem.embedded.tower import Towering, same_face
from remem.world.corpus import shots
from remem.world.scenes import where
from remem.world.things import PLACES
from world.test_corpus import SMALL

WANTED = shots(SMALL)
PLAIN = [{"hat": "none"}] * len(WANTED)


def test_same_face_is_log_n_when_nothing_is_told_apart_and_small_when_all_is() -> None:
    alike = torch.ones(6, 4)
    assert same_face(alike).item() == pytest.approx(math.log(5))
    apart = torch.eye(3).repeat_interleave(2, 0)
    # exp(10) for the partner against four others at exp(0)
    assert same_face(apart, 0.1).item() == pytest.approx(math.log(1 + 4 * math.exp(-10)), rel=1e-3)
    mixed = apart[[0, 2, 1, 4, 3, 5]]  # partners are strangers now
    assert same_face(mixed, 0.1) > math.log(5)


def test_the_truth_about_each_picture() -> None:
    said = [{"hat": "cap"} if number == 1 else one for number, one in enumerate(PLAIN)]
    truth = tower._truth(WANTED, said, 4)
    hair = list(traits.TRAITS).index("hair")
    assert truth.traits[1, hair] == -100  # under the cap
    assert truth.traits[0, hair] == traits.TRAITS["hair"].index(WANTED[0].person.appearance["hair"])  # type: ignore[union-attr]
    for number, shot in enumerate(WANTED):
        assert (truth.who[number] >= 0) == (shot.person is not None)
        assert truth.named[number] == (shot.person is not None and bool(shot.person.name))
        if shot.scene is not None:
            assert truth.things[number].tolist() == where(shot.scene, 4).tolist()
            assert truth.places[number] == list(PLACES).index(shot.scene.place)
        else:
            assert not truth.things[number].any()
    assert len(set(truth.who.tolist()) - {-1}) == SMALL.faces + SMALL.known + SMALL.strangers


def test_a_step_holds_pairs_of_faces_of_nobody_and_of_the_known_and_nobody_twice() -> None:
    truth = tower._truth(WANTED, PLAIN, 4)
    seen: set[int] = set()
    for faces, scenes in tower._batches(truth, Towering(epochs=3, faces=4, known=1, scenes=5), seed=0):
        assert len(faces) == 8
        assert len(scenes) == 5
        assert (truth.who[faces[::2]] == truth.who[faces[1::2]]).all()  # pairs of one face
        assert len(set(truth.who[faces].tolist())) == 4
        assert truth.named[faces].sum() == 2
        assert not truth.things[faces].any()  # plain views
        assert all(truth.things[n].any() for n in scenes)
        seen |= set(faces.tolist()) | set(scenes.tolist())
    assert len(seen) > 40


def test_a_varied_picture_keeps_its_size_and_its_range() -> None:
    dice = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (5, 32, 32, 3), dtype=torch.uint8)
    out = tower._lit(tower._varied(pictures, 24, 0.5, dice), dice)
    assert out.shape == (5, 3, 24, 24)
    assert out.min() >= 0
    assert out.max() <= 1
    flat = tower._resized(torch.full((1, 32, 32, 3), 128, dtype=torch.uint8), 16)
    assert torch.allclose(flat, torch.full((1, 3, 16, 16), 128 / 255))
