"""Ctrl-C and SIGTERM: the first stops what is at work and says so, the second ends the process at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from remem.leaving import STOPS, leave
from remem.steps import parallel


class Stopped:
    """Which signal came, if any did. What it interrupts may raise anything, as libraries at import do."""

    number = 0

    @property
    def status(self) -> int:
        """The exit status: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + self.number

    def __str__(self) -> str:
        by = "" if self.number == signal.SIGINT else f" from outside ({signal.Signals(self.number).name})"
        return f"\nstopped{by}. Run the same command again to go on where this left off."


@contextlib.contextmanager
def heard() -> Iterator[Stopped]:
    """While the block lasts the first signal raises KeyboardInterrupt, and a second one ends the process."""
    found = Stopped()
    # Of several processes on one run each may wait in a library for the others: SIGTERM just ends it.
    stops = STOPS if parallel.world() == 1 else STOPS[:1]
    if threading.current_thread() is not threading.main_thread():
        yield found
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if found.number:
            leave(number, frame)
        found.number = number
        raise KeyboardInterrupt

    before = {one: signal.getsignal(one) for one in stops}
    mine = [one for one, handler in before.items() if handler is not signal.SIG_IGN]
    try:
        for one in mine:
            signal.signal(one, stop)
        yield found
    finally:
        for one in mine:
            signal.signal(one, before[one])
