"""The embedded bases are what their cards say."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from remem.embedded.basecard import examine, read_marks
from remem.embedded.pretrain import pretrain
from remem.embedded.recipes import RECIPES, Talking, recipe
from remem.models import EMBEDDED, find
from remem.world.corpus import exam
from remem.world.exam import SPLITS, open_exam

EXAMINED = [name for name in EMBEDDED if (Path(find(name)) / "world").is_dir()]
MOST = 60  # questions of each split, out of 200 to 500


def close(found: float, said: float, metric: str, items: int) -> bool:
    """Within four standard errors of a share, or a tenth of a perplexity, and never more than that apart."""
    if metric == "perplexity":
        return abs(found / said - 1) < 0.1
    return abs(found - said) <= 4 * math.sqrt(max(said * (1 - said), 0.01) / items)


@pytest.mark.parametrize("name", EXAMINED)
def test_the_exam_that_ships_asks_what_the_recipe_would_ask(name: str) -> None:
    data = open_exam(Path(find(name)) / "world")
    wanted = list(exam(recipe(name).world))
    for split in SPLITS:
        stored = [data.items[item].question for item in data.splits[split]]
        assert stored == [one.said.question for one in wanted if one.split == split]


@pytest.mark.parametrize("name", [name for name in RECIPES if name.startswith("quick")])
def test_quicker_bases_learn_the_same_world_and_sit_the_same_exam(name: str) -> None:
    quick, whole = recipe(name), recipe("embedded")
    assert quick.name == name
    assert (quick.world, quick.seed, quick.rehearsal) == (whole.world, whole.seed, whole.rehearsal)
    assert set(quick.talking.times) == set(whole.talking.times)  # no kind of lesson is left out
    assert all(quick.talking.times[kind] <= often for kind, often in whole.talking.times.items())


@pytest.mark.parametrize("name", EXAMINED)
def test_a_sample_of_the_exam_gives_the_scores_of_the_card(name: str, tmp_path: Path) -> None:
    folder = Path(find(name))
    said = {(mark.split, mark.metric): mark.mean for mark in read_marks(folder)}
    found = examine(folder, MOST, tmp_path)
    assert {mark.split for mark in found} == {"real", "world-fact", "plain"}
    for mark in found:
        expected = said[(mark.split, mark.metric)]
        assert mark.mean is not None
        assert expected is not None
        assert close(mark.mean, expected, mark.metric, mark.items), mark
    card = (folder / "README.md").read_text("utf-8")
    assert f"{said[('real', 'em')]:.3f}" in card


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_base_is_small_enough_to_ship(name: str) -> None:
    assert sum(path.stat().st_size for path in Path(find(name)).rglob("*") if path.is_file()) < 20e6


@pytest.mark.slow
def test_a_killed_pretraining_goes_on_where_it_was(tmp_path: Path) -> None:
    from remem.embedded.tower import Towering
    from world.test_corpus import SMALL

    made = recipe("tiny")
    world = replace(SMALL, size=64, faces=8, face_views=2, exam_scenes=3)
    talking = Talking(times={"caption": 2, "who": 1, "lore": 1}, train=made.talking.train)
    settings = replace(
        made,
        world=world,
        vocabulary=600,
        seeing=Towering(epochs=1, faces=4, scenes=4),
        talking=talking,
    )

    class Killed(Exception):
        pass

    def dies(done: int, total: int, note: str = "") -> None:
        if note.startswith("loss"):
            raise Killed

    pretrain(tmp_path / "whole", tmp_path / "kept-whole", settings, workers=1)
    with pytest.raises(Killed):
        pretrain(tmp_path / "again", tmp_path / "kept", settings, dies, workers=1)
    assert not (tmp_path / "again" / "model.safetensors").exists()
    seen: list[str] = []
    pretrain(
        tmp_path / "again",
        tmp_path / "kept",
        settings,
        lambda done, total, note="": seen.append(note),
        workers=1,
    )
    assert not any(note.startswith("seeing") for note in seen)  # the tower was kept
    one, two = (tmp_path / name / "model.safetensors" for name in ("whole", "again"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMINED)
def test_a_base_made_again_scores_as_the_card_says(name: str, tmp_path: Path) -> None:
    """Three quarters of an hour on two cores. Another machine gives other bits, so scores are compared."""
    pretrain(tmp_path / "again", tmp_path / "kept", recipe(name))
    said = {(mark.split, mark.metric): mark.mean for mark in read_marks(Path(find(name)))}
    for mark in read_marks(tmp_path / "again"):
        expected = said[(mark.split, mark.metric)]
        assert mark.mean is not None
        assert expected is not None
        assert abs(mark.mean - expected) < (0.3 if mark.metric == "perplexity" else 0.08), mark
