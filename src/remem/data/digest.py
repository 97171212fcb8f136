"""What files hold, in a digest."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

_BLOCK = 1 << 20  # bytes held at a time


def digest(files: Iterable[tuple[str, Path]], known: Mapping[Path, str] | None = None) -> str:
    """Of names, sizes and content, in the order given: every byte is read, once. A bit that differs makes
    another digest. `known`: files whose content was read before, with a digest of it."""
    found = hashlib.blake2b(digest_size=16)
    for name, path in files:
        found.update(f"{name}\0{path.stat().st_size}\0".encode())
        if known and path in known:
            found.update(known[path].encode())
            continue
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    return found.hexdigest()
