"""A small set of people in events: built once, never written to."""

from pathlib import Path

import pytest

from remem.data import load
from remem.data.dataset import Dataset
from remem.data.pebench.build import build
from remem.data.pebench.settings import PEBenchSettings

SMALL = PEBenchSettings(
    people=6, events=5, size=32, source="drawn", forget_people=0.34, forget_events=0.2, test_events=1
)


@pytest.fixture(scope="session")
def scenes(tmp_path_factory) -> Path:
    """Six people in five events; two people and one event are to be forgotten."""
    folder = tmp_path_factory.mktemp("scenes")
    build(folder, SMALL)
    return folder


@pytest.fixture(scope="session")
def loaded(scenes) -> Dataset:
    return load(scenes)
