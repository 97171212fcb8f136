"""How the process of a command ends at once, from before anything large is imported."""

import contextlib
import os
import signal
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"  # bars hide it


def leave(number: int, frame: FrameType | None = None) -> None:
    """Ends this process. What is being written may be cut off anywhere: the next run heals it."""
    with contextlib.suppress(OSError):
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + b"\nremem: stopped.\n")
    os._exit(128 + number)


def answer() -> None:
    """Ctrl-C and SIGTERM end this process, in one line, unless they are ignored (nohup, a shell's &)."""
    for one in STOPS:
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, leave)


def stand() -> None:
    """Standard streams that were closed lead nowhere: files that are opened later would take their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
