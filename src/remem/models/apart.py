"""Foreign code run in a process of its own, which ends when it takes too long or too much memory.

A chat template is a program. In this process it cannot be stopped: it loops in Python, where no signal
reaches a thread, and in C (a text times 10**10, lists of themselves), where nothing does. So a copy of this
process does the work, and is killed if need be. It is made where the processor is loaded and the weights are
not: that costs 15 ms, and each call 0.1 ms.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from remem.errors import UserError

SECONDS = 10.0
MEMORY = 2 << 30  # bytes, beyond what the process has when it is copied
MOST_SAID = 16 << 20  # bytes of an answer
CURE = "Mend it, or use another model."
CAN = sys.platform == "linux"  # elsewhere a copy of a process with threads is not safe: the work stays here
_LARGE = f"asks for more than {MEMORY >> 30} GiB of memory, or for {MOST_SAID >> 20} MB of text. {CURE}"


class Failed(Exception):
    """What the work raised, in words."""


class TooMuch(UserError):
    """It took too long, or too much memory."""


class Apart:
    """A function of JSON values that gives one, in a copy of this process, made at the first call."""

    def __init__(self, work: Callable[..., Any], what: str) -> None:
        self.work, self.what = work, what
        self._lock = threading.Lock()
        self._owner = 0  # whose child it is: a copy of this process gets one of its own
        self._end: Connection | None = None
        self._close: Any = None

    def __call__(self, *asked: Any) -> Any:
        """UserError where it takes too long or too much; Failed with what it raised."""
        if not CAN:
            try:
                return self.work(*asked)
            except UserError:
                raise
            except Exception as problem:
                raise Failed(_told(problem)) from problem
        with self._lock:
            if self._owner != os.getpid():
                self._begin()
            try:
                found = self._ask(asked)
            except BaseException:
                self.end()
                raise
        if "wrong" in found:
            raise Failed(found["wrong"])
        return found["made"]

    def end(self) -> None:
        """Ends the process; the next call begins another."""
        if self._close is not None:
            self._close()
        self._owner, self._end, self._close = 0, None, None

    def _ask(self, asked: Any) -> dict[str, Any]:
        assert self._end is not None
        try:
            self._end.send_bytes(json.dumps(asked).encode())
            if not self._end.poll(SECONDS):
                raise TooMuch(f"{self.what} does not end: stopped after {SECONDS:g} s. {CURE}")
            found: dict[str, Any] = json.loads(self._end.recv_bytes())
        except (EOFError, OSError) as problem:
            raise TooMuch(f"{self.what} ends the process that it runs in. {CURE}") from problem
        if "large" in found:
            raise TooMuch(f"{self.what} {_LARGE}")
        return found

    def _begin(self) -> None:
        ours, theirs = Pipe()
        parent = os.getpid()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        with warnings.catch_warnings():
            # Python 3.12 warns of threads, which are not in the copy, and which it does not wait for.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                ours.close()
                _serve(self.work, theirs, parent)
            finally:
                os._exit(0)
        theirs.close()
        self._owner, self._end = parent, ours
        self._close = weakref.finalize(self, _ended, parent, child, ours)


def _ended(parent: int, child: int, end: Connection) -> None:
    end.close()
    if os.getpid() == parent:
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _serve(work: Callable[..., Any], end: Connection, parent: int) -> None:
    """What the copy does until its parent is gone."""
    import resource

    gc.freeze()  # what was there is the parent's to clear away
    for ending in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(ending, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
    while True:
        while not end.poll(5):
            if os.getppid() != parent:
                return
        try:
            asked = json.loads(end.recv_bytes())
        except (EOFError, OSError):
            return
        try:
            said = json.dumps({"made": work(*asked)}).encode()
        except MemoryError:
            said = b'{"large": true}'
        except BaseException as problem:
            said = json.dumps({"wrong": _told(problem)}).encode()
        end.send_bytes(said if len(said) <= MOST_SAID else b'{"large": true}')


def _told(problem: BaseException) -> str:
    text = str(problem).strip()[:2000]
    return text.split("\n")[0] or type(problem).__name__
