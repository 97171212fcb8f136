"""What a step frees, the next one has again."""

import subprocess
import sys

import pytest

from remem.steps.allocation import keep_freed_memory

FAULTS = """
import resource
import sys
import numpy as np
from remem.steps.allocation import keep_freed_memory

assert not int(sys.argv[1]) or keep_freed_memory()


def step():
    blocks = [np.ones(3_000_000) for _ in range(6)]  # 144 MB in blocks that glibc takes from its heap


step(), step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(kept: bool) -> int:
    said = subprocess.run([sys.executable, "-c", FAULTS, str(int(kept))], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return int(said.stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="another C library than glibc")
def test_pages_are_not_fetched_again_for_every_step() -> None:
    assert _faults(kept=True) * 10 < _faults(kept=False)


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remem.steps.allocation.sys.platform", "darwin")
    assert not keep_freed_memory()
    monkeypatch.setattr("remem.steps.allocation.sys.platform", "linux")
    monkeypatch.setattr("remem.steps.allocation.ctypes.CDLL", lambda name: object())
    assert not keep_freed_memory()
