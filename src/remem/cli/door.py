"""What comes in on the command line and what goes out by the standard streams, before and after all else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from remem.errors import UserError
from remem.outgoing import quoted


def check(arguments: Sequence[str]) -> None:
    """UserError for an argument that can be none: empty, as of a shell's variable that is not set, not in
    UTF-8, or with a NUL."""
    for before, one in zip(("remem", *arguments), arguments, strict=False):
        if not one:
            raise UserError(f"the argument after {quoted(before)} is empty: leave it out, or give one.")
        if "\0" in one or not _encodes(one):
            raise UserError(f"the argument {quoted(one)} is not in UTF-8: write it, or what it names, anew.")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def open_streams() -> None:
    """Streams that were closed lead nowhere; letters that an output's encoding lacks are written out."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def lost() -> bool:
    """Whether standard output takes nothing."""
    number = _number()
    try:
        if number is not None:
            os.write(number, b"\n")
    except OSError:
        let_go()
        return True
    return False


def flushed() -> OSError | None:
    """What kept standard output from being written to its end; the rest of it is let go."""
    try:
        sys.stdout.flush()
    except OSError as problem:
        let_go()
        return problem
    return None


def let_go() -> None:
    """Standard output leads nowhere from now on: it would be tried again when the process ends."""
    number = _number()
    if number is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def _number() -> int | None:
    """The system's number of standard output; None where it is none of the system's."""
    try:
        return sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return None
