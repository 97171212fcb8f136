"""Work of steps for test_store.py, in a module of its own: worker processes must be able to import it."""

import errno
import os
import signal
import time
from pathlib import Path
from typing import Any

from remem.endpoint import Failing
from remem.errors import UserError


def write(folder: Path, context: Any, progress: Any, text: str = "") -> None:
    count = folder / "count"
    count.write_text(str(int(count.read_text()) + 1 if count.exists() else 1))
    (folder / "text").write_text(text)


def random_bytes(folder: Path, context: Any, progress: Any, text: str = "") -> None:
    """As a training on another machine: other bytes each time."""
    (folder / "text").write_bytes(os.urandom(16))


def fail(folder: Path, context: Any, progress: Any, **more: Any) -> None:
    (folder / "half").write_text("half a result")
    raise RuntimeError("killed")


def full(folder: Path, context: Any, progress: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def slow(folder: Path, context: Any, progress: Any) -> None:
    time.sleep(0.3)
    write(folder, context, progress)


def long(folder: Path, context: Any, progress: Any) -> None:
    time.sleep(60)


def refuse(folder: Path, context: Any, progress: Any) -> None:
    raise UserError("mend this")


def once_killed(folder: Path, context: Any, progress: Any) -> None:
    """Dies with its whole process in its first attempt, as a machine that is lost."""
    mark = folder / "tried"
    tried = mark.exists()
    mark.write_text(mark.read_text() + "again" if tried else "once")
    if not tried:
        os.kill(os.getpid(), signal.SIGKILL)
    write(folder, context, progress)


def always_killed(folder: Path, context: Any, progress: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def much(folder: Path, context: Any, progress: Any) -> None:
    """Asks for more memory than a machine has."""
    bytearray(1 << 46)


class Odd(Exception):
    """It cannot be made again from what it says."""

    def __init__(self, what: str, more: str) -> None:
        super().__init__(f"{what} {more}")


class OddMistake(UserError):
    def __init__(self, what: str, more: str) -> None:
        super().__init__(f"{what} {more}")


def odd() -> None:
    raise Odd("no", "luck")


def odd_mistake() -> None:
    raise OddMistake("mend", "it")


def failing() -> None:
    raise Failing("it failed", "HTTP 500")
