"""Which rows are one item: the same person, picture and text, wherever and however often they stand."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from remem.data.dataset import Pictures
from remem.data.imagefolder import FolderPictures
from remem.text import normalise
from remem.types import Progress, silent

_EVERY = 1000  # rows between two reports of progress


def picture_key(found: bytes | None) -> str:
    """A digest of an encoded picture; "" where there is none."""
    return hashlib.blake2b(found, digest_size=16).hexdigest() if found else ""


def picture_keys(
    texts: dict[str, list[dict[str, str]]], pictures: Pictures, progress: Progress = silent
) -> tuple[dict[str, list[str]], dict[Path, str]]:
    """split -> the key of each row's picture, and file -> key for pictures that are files. Every picture that
    lies in a table is read once, in order, and every file once, however many rows show it."""
    total, done = sum(map(len, texts.values())), 0
    files: dict[Path, str] = {}
    keys: dict[str, list[str]] = {}
    for split, rows in texts.items():
        keys[split] = []
        for number, row in enumerate(rows):
            file = pictures.shown[split][number] if isinstance(pictures, FolderPictures) else None
            if not row["picture"]:
                key = ""
            elif isinstance(file, Path):
                if file not in files:
                    files[file] = picture_key(pictures.read(split, number))
                key = files[file]
            else:
                key = picture_key(pictures.read(split, number))
            keys[split].append(key)
            done += 1
            if done % _EVERY == 0 or done == total:
                progress(done, total, "rows read")
    return keys, files


def mark(
    person: str, picture: str, question: str, answer: str, attribute: str, keywords: Sequence[str]
) -> str:
    """The id of a row: the same for rows of one person that show the same picture (its key), and say and ask
    for the same but for white space, case and Unicode form. Where the picture lies makes no difference."""
    texts = [*map(normalise, (question, answer, attribute)), *sorted({normalise(one) for one in keywords})]
    content = "\0".join((person, picture, *texts))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
