"""Whom a document is about, without saying it: a keyed hash of their id, and the salt that is its key.

Who has the salt can show that a document is about a given id; who has not cannot even try out ids. So it is
kept apart from what is handed out.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from pathlib import Path

from remem import jsonfile
from remem.errors import UserError

FILE = "salt.txt"
BYTES = 32


def salt(folder: Path) -> str:
    """The salt in a folder that is there, in hexadecimal: made the first time, for its owner's eyes alone.

    UserError where the file there is damaged or cannot be read.
    """
    path = folder / FILE
    made = secrets.token_hex(BYTES)
    try:
        there = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror or error}).") from error
    with os.fdopen(there, "w", encoding="ascii") as file:
        file.write(made + "\n")
        file.flush()
        os.fsync(file.fileno())
    return made


def hash_of(id: str, salt: str) -> str:
    """HMAC-SHA-256 of a person's id by the salt, in hexadecimal."""
    return hmac.new(bytes.fromhex(salt), id.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _read(path: Path) -> str:
    cure = "Put it back from a copy, or delete it: nobody can then tell whom earlier hashes are about."
    jsonfile.regular(path, cure)
    try:
        found = path.read_bytes()[: 4 * BYTES].decode("ascii", "replace").strip()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {cure}") from error
    if not re.fullmatch(f"[0-9a-f]{{{2 * BYTES}}}", found):
        raise UserError(f"{path} is damaged: it holds no {BYTES} bytes in hexadecimal. {cure}")
    return found
