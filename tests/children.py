"""Work in a forked child: what it sets of this process's limits ends with it."""

from __future__ import annotations

import os
from collections.abc import Callable


def in_a_child(work: Callable[[], str]) -> str:
    """What the work returns there, or the error that it ended in."""
    come, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(come)
        said = "nothing"
        try:
            said = work()
        except BaseException as problem:
            said = f"{type(problem).__name__}: {problem}"
        finally:
            os.write(go, said.encode()[:4000])
            os._exit(0)
    os.close(go)
    with os.fdopen(come) as heard:
        told = heard.read()
    os.waitpid(child, 0)
    return told
