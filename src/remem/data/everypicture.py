"""Every picture of every row, opened once: also those of rows that are repeated, and those of strangers."""

import hashlib
from collections.abc import Callable, Iterator
from random import Random

from remem.data import strangers
from remem.data.dataset import Dataset
from remem.data.opening import decode
from remem.errors import UserError
from remem.types import Progress, silent


def broken(
    dataset: Dataset,
    called: Callable[[str, str], str],
    *,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Iterator[tuple[str, UserError]]:
    """Where a picture is amiss ("finetune row 12"), and the error that opening it raises, each error once.

    `called` names a picture in its error, given the row and its image_path. A picture is opened once however
    many rows show it. `sample`: of so many rows only, by lot.
    """
    places = [(data, at) for data in _sets(dataset) for at in data.places()]
    if sample is not None and sample < len(places):
        drawn = Random(f"{seed}/check images").sample(range(len(places)), sample)
        places = [places[n] for n in sorted(drawn)]
    opened: set[bytes] = set()
    said: set[str] = set()
    for number, (data, (split, row)) in enumerate(places):
        place = f"{split} row {row}"
        try:
            found, path = data.picture_at(split, row), data.path_at(split, row)
            if found is None and path:
                raise UserError(
                    f"{called(place, path)}: there is no picture. Empty the row's image_path, too."
                )
            key = b"" if found is None else hashlib.blake2b(found, digest_size=16).digest()
            if found is not None and key not in opened:
                opened.add(key)
                decode(found, called(place, path))
        except UserError as error:
            if str(error) not in said:
                said.add(str(error))
                yield place, error
        progress(number + 1, len(places), "pictures opened")


def _sets(dataset: Dataset) -> Iterator[Dataset]:
    yield dataset
    others = strangers.read(dataset.root)
    if others is not None:
        yield others
