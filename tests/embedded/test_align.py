"""The alignment of a foreign language model: what is asked, what is held out, and that it may be stopped."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.grafted import write
from remem.embedded import align as aligning
from remem.embedded import shown
from remem.embedded.align import Alignment, Mix, align_base
from remem.embedded.shown import Shown, held_out, shots
from remem.embedded.sight import Sight, exchanged
from remem.errors import UserError
from remem.models import find, ggufs, made
from remem.models.folders import WEIGHTS
from remem.models.graft import changed
from remem.models.loading import load
from remem.world.corpus import World, exam
from remem.world.corpus import shots as world_shots
from remem.world.pictures import Album, Shot, picture

pytest.importorskip("gguf", reason="the extra smollm2 is not installed")

SMALL = Alignment(
    words=3, steps=6, cooldown=2, warmup=1, texts=1, lr=1e-2, lora_lr=1e-2, rank=2, keep_every_s=0.0,
    things=Mix(scenes=2, faces=0, known=0), people=Mix(scenes=1, faces=0, known=0),
    shown=Shown(faces=0, empty=8, known=0, size=32),
)  # fmt: skip


class Blind:
    """In place of `Sight`, which asks two thousand questions."""

    def __init__(self, model: object) -> None: ...

    def look(self, most: int, control: bool = False) -> dict[str, float]:
        return {"presence": 0.5}


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    def album(wanted: list[Shot], name: str, seed: int, size: int, *more: object) -> Album:
        made = [picture(shot, name, seed, size) for shot in wanted]  # here, and not in processes of their own
        return Album(np.stack([np.asarray(one.image) for one in made]), [one.provenance for one in made])

    monkeypatch.setattr(aligning, "album", album)
    monkeypatch.setattr(aligning, "Sight", Blind)
    monkeypatch.setattr(shown, "general", lambda: ["What is salt?", "Where is Peru?"])


class Killed(Exception):
    pass


def dies_at(step: int) -> Any:
    def progress(done: int, total: int, note: str = "") -> None:
        if note.startswith("loss") and done == step:
            raise Killed

    return progress


def test_a_stopped_alignment_ends_in_the_same_parts(gguf: Path, tmp_path: Path, brief: None) -> None:
    align_base(tmp_path / "whole", tmp_path / "one", gguf, SMALL)
    with pytest.raises(Killed):
        align_base(tmp_path / "again", tmp_path / "two", gguf, SMALL, dies_at(4))
    assert not (tmp_path / "again").exists()
    align_base(tmp_path / "again", tmp_path / "two", gguf, SMALL)
    one, two = (load_file(tmp_path / name / made.PARTS) for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    record = made.aligned(tmp_path / "one")
    assert record.gguf == made.file_digest(gguf)
    assert record.parts == made.file_digest(tmp_path / "one" / made.PARTS)
    assert record.figures["steps"] == 6
    # What is merged is what was trained, and no more.
    before = load_file(tmp_path / "one" / "base" / "model.safetensors")
    after = load_file(tmp_path / "whole" / "model.safetensors")
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    parts = changed(one)
    assert {_last(name) for name in moved} == {_last(name) for name in parts if parts[name].any()}
    assert not any("vision" in name or "embed" in name or "norm" in name for name in moved)
    card = (tmp_path / "whole" / "README.md").read_text("utf-8")
    assert "presence: is there a dog? | 0.500 |" in card
    with pytest.raises(UserError, match="exists already"):
        align_base(tmp_path / "whole", tmp_path / "one", gguf, SMALL)


def _last(name: str) -> str:
    """A weight's path, less what differs between a network and its file."""
    return ".".join(name.split(".")[-4:]).removeprefix("model.")


def test_the_merged_base_says_what_the_trained_one_said(gguf: Path, tmp_path: Path, brief: None) -> None:
    seen: dict[str, float] = {}

    class Spy(Blind):
        def __init__(self, model: Any) -> None:
            self.model = model

        def look(self, most: int, control: bool = False) -> dict[str, float]:
            asked = Sight(self.model, 2)
            seen["last"] = asked.look(2)["loss"]
            return {"presence": 0.5}

    aligning.Sight = Spy  # type: ignore[misc,assignment]  # `brief` puts it back
    align_base(tmp_path / "base", tmp_path / "kept", gguf, SMALL)
    model = load(tmp_path / "base")
    assert Sight(model, 2).look(2)["loss"] == pytest.approx(seen["last"], abs=0.02)
    untrained = Sight(load(tmp_path / "kept" / "base"), 2).look(2)["loss"]
    assert seen["last"] < untrained - 0.2


def test_enough_ends_it_with_the_rate_going_down(gguf: Path, tmp_path: Path, brief: None) -> None:
    with pytest.raises(Killed):
        align_base(tmp_path / "base", tmp_path / "kept", gguf, replace(SMALL, steps=500), dies_at(3))
    align_base(tmp_path / "base", tmp_path / "kept", gguf, replace(SMALL, steps=500), enough=True)
    figures = made.aligned(tmp_path / "kept").figures
    assert figures["steps"] == 2 + SMALL.cooldown  # the third step was not kept
    rates = [replace(SMALL, steps=4).rate(step) for step in range(4)]
    assert rates == [0.5, 1.0, 1.0, 0.5]


def test_it_goes_on_from_the_parts_that_ship(
    gguf: Path, tmp_path: Path, brief: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    align_base(tmp_path / "base", tmp_path / "ships", gguf, SMALL)
    monkeypatch.setattr(made, "SHIPPED", tmp_path / "ships")
    with pytest.raises(UserError, match=r"6 steps already: ask for more with --steps, or .* --anew"):
        align_base(tmp_path / "more", tmp_path / "none", gguf, SMALL)
    unmoved = replace(SMALL, words=0, steps=7, lr=1e-9, lora_lr=1e-9)
    align_base(tmp_path / "more", tmp_path / "kept", gguf, unmoved)
    assert made.aligned(tmp_path / "kept").figures["steps"] == 7
    one, two = (load_file(tmp_path / name / made.PARTS) for name in ("ships", "kept"))
    assert all(torch.allclose(one[name], two[name], atol=1e-3) for name in one)
    with pytest.raises(UserError, match="another rank"):
        align_base(tmp_path / "third", tmp_path / "other", gguf, replace(unmoved, rank=3))
    align_base(tmp_path / "anew", tmp_path / "fresh", gguf, replace(SMALL, steps=1), anew=True)
    assert made.aligned(tmp_path / "fresh").figures["steps"] == 1


def test_things_come_first_and_then_people() -> None:
    how = Alignment(
        things=Mix(scenes=4, faces=1, known=0), people=Mix(scenes=1, faces=3, known=16), people_from=10
    )
    assert [how.before(10, kind) for kind in ("scenes", "faces", "known")] == [40, 10, 0]
    assert [how.before(12, kind) for kind in ("scenes", "faces", "known")] == [42, 16, 32]
    assert how.rate(320, 320) == 1 / (how.warmup + 1) < how.rate(400, 320) == 1


def test_what_is_held_out_is_shown_to_nobody() -> None:
    asked = list(held_out())
    assert {said.kind for _, said in asked} >= {"presence", "place", "count", "side", "looks"}
    theirs = [one.shot for one in exam(World()) if one.shot is not None]
    mine = shots(Shown(faces=30, empty=50))
    looks = {json.dumps([s.person.appearance, s.person.id]) for s in theirs if s.person and not s.person.name}
    assert not any(s.scene and s.scene in [one.scene for one in theirs] for s in mine)
    assert not any(json.dumps([s.person.appearance, s.person.id]) in looks for s in mine if s.person)
    views = {(s.person.name, s.number) for s in [*theirs, *world_shots(World(faces=0, empty=0))] if s.person}
    assert not any((s.person.name, s.number) in views for s in mine if s.person and s.person.name)
    assert all(said.answer for said in shown.told(Shown(faces=1, empty=1), mine, [{}] * len(mine), 0, 0))


def test_another_picture_shows_another_person(gguf: Path, tmp_path: Path) -> None:
    made.make(tmp_path / "base", gguf, None)
    asked = Sight(load(tmp_path / "base"), 40)
    who = {asked.data.image_key(item): asked.data.items[item].person for item in asked.data.splits["real"]}
    for one, other in zip(asked.known, exchanged(asked.known), strict=True):
        assert one[0].row.question.text == other[0].row.question.text
        assert who[one[0].row.question.image_key] != who[other[0].row.question.image_key]


@pytest.mark.slow
def test_the_shipped_projector_beats_chance_on_what_is_held_out() -> None:
    """On scenes that nobody was trained on: is a thing there, and which place is it, of 20."""
    try:
        ggufs.packaged()
    except UserError as absent:
        pytest.skip(str(absent))
    model = load(find("smollm2"))
    found = Sight(model, 100).look(100, control=True)
    said = made.aligned(made.SHIPPED).figures["held_out"]
    for kind in ("presence", "place"):
        chance = max(found[f"{kind}, commonest word"], found[f"{kind}, other picture"])
        assert found[kind] > chance + 3 * math.sqrt(chance * (1 - chance) / 100), kind
        assert abs(found[kind] - said[kind]) < 0.15, kind


def test_the_shipped_parts_are_for_the_tower_that_ships() -> None:
    record = made.aligned(made.SHIPPED)
    assert record.tower == made.file_digest(WEIGHTS / "embedded" / "model.safetensors")
    assert record.parts == made.file_digest(made.SHIPPED / made.PARTS)
    assert sum(path.stat().st_size for path in made.SHIPPED.iterdir()) < 12e6
    page = (Path(__file__).parents[2] / "docs" / "smollm2.md").read_text("utf-8")
    assert made.table(record) in page
