"""Every answer in other words, and in the same other words with a wrong value: what truth ratios compare.

Maini et al., TOFU, 2024 (arXiv:2401.06121), has one paraphrase and five perturbed answers. Here the wrong
answers have the wording of the first paraphrase, so that wording makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from remem import jsonfile
from remem.data.questions import Row
from remem.errors import UserError
from remem.text import normalise

if TYPE_CHECKING:
    from remem.data.dataset import Dataset

FILE = "paraphrases.parquet"
WORDINGS = ("The {noun} of {who} is {value}.", "{value} is {who}'s {noun}.")
NAMES = ("The name of this person is {value}.", "{value} is this person's name.")
_GROUP = 10_000  # rows


@dataclass(frozen=True)
class Restated:
    """One answer in other words."""

    paraphrases: tuple[str, ...]  # as true as the answer
    perturbed: tuple[str, ...]  # worded as the first paraphrase, each with another value


def restate(row: Row, wrong: Sequence[str]) -> Restated:
    """The answer of a built row, which is its cloze prompt and the value, said otherwise."""
    who, _, noun = row.cloze_prompt.removesuffix(" is").rpartition("'s ")
    if row.attribute == "name":
        wordings: tuple[str, ...] = NAMES
    else:
        who = who.replace("This person", "this person")
        wordings = tuple(one.replace("{who}", who).replace("{noun}", noun) for one in WORDINGS)
    return Restated(
        tuple(one.replace("{value}", row.keywords) for one in wordings),
        tuple(wordings[0].replace("{value}", other) for other in wrong),
    )


def write(folder: Path, asked: Mapping[str, Sequence[list[Row]]], perturbed: int, seed: int) -> None:
    """Writes paraphrases.parquet for these splits; wrong values are drawn from candidates.json."""
    others = jsonfile.read(folder / "candidates.json", dict[str, list[str]], "Build the data set again.")

    def told() -> Iterator[tuple[str, int, Restated]]:
        for split, people in asked.items():
            for number, row in enumerate(row for rows in people for row in rows):
                yield split, number, restate(row, _wrong(others[row.attribute], row, perturbed, seed))

    write_rows(folder, told())


def write_rows(folder: Path, told: Iterable[tuple[str, int, Restated]]) -> None:
    """Writes paraphrases.parquet: split, row, and the answer in other words."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = pa.list_(pa.string())
    schema = pa.schema(
        [("split", pa.string()), ("row", pa.int64()), ("paraphrases", texts), ("perturbed", texts)]
    )
    with pq.ParquetWriter(folder / FILE, schema) as writer:
        group: list[dict[str, Any]] = []
        for split, number, found in told:
            place = {"split": split, "row": number}
            group.append(place | {"paraphrases": found.paraphrases, "perturbed": found.perturbed})
            if len(group) == _GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                group = []
        writer.write_table(pa.Table.from_pylist(group, schema=schema))


def _wrong(values: list[str], row: Row, count: int, seed: int) -> list[str]:
    """The same for all questions about one fact."""
    drawn = Random(f"{seed}/perturbed/{row.attribute}/{row.keywords}")
    picked = drawn.sample(values, min(count + 1, len(values)))
    return [value for value in picked if normalise(value) != normalise(row.keywords)][:count]


def read(dataset: Dataset) -> dict[str, Restated]:
    """Item id -> its answer in other words; empty where there is no such file. UserError if damaged."""
    return dict(_read(dataset))


def _read(dataset: Dataset) -> Iterator[tuple[str, Restated]]:
    from remem.data.tablefile import opened, present
    from remem.data.told import column

    path = Path(dataset.root) / FILE
    if not present(path):
        return
    cure = "Mend it, or delete it: only truth ratios need it."
    with opened(path, cure) as file:
        found = file.read()
    kinds = {"split": "text", "row": "number", "paraphrases": "texts", "perturbed": "texts"}
    columns = [column(found, name, kind, path, cure) for name, kind in kinds.items()]
    for number, (split, at, paraphrases, perturbed) in enumerate(zip(*columns, strict=True)):
        ids = dataset.splits.get(split, ())
        if not 0 <= at < len(ids):
            raise UserError(
                f"{path} row {number} speaks of {split} row {at}, which is not there. Mend or delete it."
            )
        yield ids[at], Restated(tuple(paraphrases), tuple(perturbed))
