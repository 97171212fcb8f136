"""What a step frees, the next one has again."""

import subprocess
import sys

import pytest

from remem.steps.allocation import keep_freed_memory, trim

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

LEFT = """
import resource
from pathlib import Path
import numpy as np
from remem.steps.allocation import handed_back, keep_freed_memory


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Holder:
    pass


keep_freed_memory()
bare = resident()
with handed_back():
    one, other = Holder(), Holder()
    one.other, other.other = other, one
    one.blocks = [np.ones(100_000) for _ in range(400)]  # 320 MB, every second block to outlive the step
    kept = one.blocks[::2]
    del one, other
    before = resident()
print((before - bare) >> 20, (resident() - bare) >> 20)
"""


def _faults(kept: bool) -> int:
    said = subprocess.run([sys.executable, "-c", FAULTS, str(int(kept))], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return int(said.stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="another C library than glibc")
def test_pages_are_not_fetched_again_for_every_step() -> None:
    assert _faults(kept=True) * 10 < _faults(kept=False)


@pytest.mark.skipif(not keep_freed_memory(), reason="another C library than glibc")
def test_what_a_step_is_done_with_goes_back_to_the_system() -> None:
    said = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    before, after = map(int, said.stdout.split())  # MB
    assert before > 280
    assert after < 180


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remem.steps.allocation.sys.platform", "darwin")
    assert not keep_freed_memory()
    assert not trim()
    monkeypatch.setattr("remem.steps.allocation.sys.platform", "linux")
    monkeypatch.setattr("remem.steps.allocation.ctypes.CDLL", lambda name: object())
    assert not keep_freed_memory()
    assert not trim()
