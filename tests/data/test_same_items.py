"""A set loads to the same items in whatever form it lies on disk, and in whatever order its rows stand."""

import shutil
import tempfile
from pathlib import Path
from random import Random

import datasets
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms import FORMS, splits, write
from remem.data import load


def told(data):
    """All that a set says of its rows, apart from their order and number."""
    return {
        split: {
            (
                i.person,
                i.question,
                i.answer,
                i.keywords,
                i.cloze,
                i.question_type,
                i.attribute,
                data.image_key(id),
            )
            for id, i in ((id, data.items[id]) for id in ids)
        }
        for split, ids in data.splits.items()
    }


@pytest.fixture(scope="module", autouse=True)
def quietly():
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(FORMS), seed=st.integers(0, 2**32), repeats=st.integers(0, 5))
def test_forms_shuffled_and_repeated_load_to_the_same_items(small, form, seed, repeats):
    rng, found = Random(seed), splits(small)
    for rows in found.values():
        rows += [dict(rng.choice(rows)) for _ in range(repeats)]
        rng.shuffle(rows)
    root = Path(tempfile.mkdtemp())
    try:
        shutil.copy(small / "people.json", root)
        here = load(write(form, root, found))
        assert told(here) == told(load(small))
        assert {split: len(ids) for split, ids in here.splits.items()} == {
            s: len(r) for s, r in found.items()
        }
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize("form", FORMS)
def test_forms_have_the_same_ids(small, tmp_path, form):
    assert load(write(form, tmp_path / "set", splits(small))).splits == load(small).splits
