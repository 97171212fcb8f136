"""What files hold, in a digest."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

_BLOCK = 1 << 20  # bytes held at a time
_WHOLE = 64 << 20  # bytes up to which `sketch` reads all of a file


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


def sketch(files: Iterable[tuple[str, Path]]) -> str:
    """The same for weights of many gigabytes: of files above 64 MiB the size, the last MiB and 65 blocks from
    the first bytes to the last. Not for data, where a single value counts."""
    found = hashlib.blake2b(digest_size=16)
    for name, path in files:
        size = path.stat().st_size
        found.update(f"{name}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= _WHOLE:
                found.update(file.read())
                continue
            for n in range(65):
                file.seek((size - (1 << 16)) * n // 64)
                found.update(file.read(1 << 16))
            file.seek(size - _BLOCK)
            found.update(file.read())
    return found.hexdigest()
