"""One thread a process, before torch is imported: tests run side by side, and must not depend on luck."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take minutes come first: begun last, one worker would wait for the other."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)
