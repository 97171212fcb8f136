"""How the process of a command ends at once, from its first moment on: nothing is imported here that takes
time, and of `signal` only what it is made of."""

import os
from _signal import SIG_IGN, SIGINT, SIGTERM, getsignal, signal  # type: ignore[import-not-found]

STOPS = (SIGINT, SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"  # bars hide it


def leave(number: int, frame: object = None) -> None:
    """Ends this process. What is being written may be cut off anywhere: the next run heals it."""
    try:
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + b"\nremem: stopped.\n")
    finally:
        os._exit(128 + number)


def answer() -> None:
    """Ctrl-C and SIGTERM end this process, in one line, unless they are ignored (nohup, a shell's &)."""
    for one in STOPS:
        if getsignal(one) != SIG_IGN:
            signal(one, leave)


def stand() -> None:
    """Standard streams that were closed lead nowhere: files opened later would take their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
