"""What must hold before any training, and what merely differs from the published shape."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from remem.data import table
from remem.data.dataset import Dataset
from remem.data.everypicture import broken
from remem.data.forgotten import forgotten, partly
from remem.data.leaks import forgets, leaks
from remem.data.pebench import checks as pebench
from remem.errors import UserError, unknown
from remem.types import Progress, silent

_PUBLISHED = dict(zip(table.SPLITS, (2000, 100, 200, 300, 400, 560, 560), strict=True))
_TYPES = ("1-hop", "multi-hop")
_NAMED = 8  # people whom a sentence names


def expectations(dataset: Dataset, splits: Sequence[str] = ()) -> list[str]:
    """The `notes`. UserError where what a forget split (or one of `splits`) asks for is kept (leaks.py), or
    where a set of people in events has one of its faults."""
    pebench.sound(dataset)
    if not pebench.tasks_of(dataset):
        for leak in leaks(dataset, splits):
            raise UserError(leak.message)
    return notes(dataset)


def notes(dataset: Dataset) -> list[str]:
    """One sentence for each thing that is not as in the published set; none of them stops a run."""
    if pebench.tasks_of(dataset):
        return [*pebench.notes(dataset), *_people(dataset)]
    ids = {split: set(rows) for split, rows in dataset.splits.items()}
    who = {split: {dataset.items[id].person for id in rows} for split, rows in ids.items()}
    said = _people(dataset)
    for split, count in _PUBLISHED.items():
        rows = len(dataset.splits.get(split, ()))
        if split not in dataset.splits:
            said.append(f"There is no split {split}.")
        elif rows != count:
            said.append(f"{split} has {rows:,} rows; the published set has {count:,}.")
    names = forgets(dataset)
    for smaller, larger in pairwise(names):
        if not ids[smaller] <= ids[larger]:
            outside = len(ids[smaller] - ids[larger])
            said.append(
                f"{smaller} is not nested in {larger}: {outside} of its {len(ids[smaller])} rows are missing."
            )
    for split in [*names, "retain"]:
        said += _untaught(dataset, split)
    for split in names:
        said += _partly(dataset, split)
    for split, inside in dataset.splits.items():
        repeated = len(inside) - len(ids[split])
        if repeated:
            said.append(
                f"{split} repeats {repeated} rows: they are taught as often, and count once in scores."
            )
    strangers = who["test"] - who["finetune"]
    if strangers:
        said.append(f"test asks about {len(strangers)} people who are not in finetune.")
    if ids["test"] & ids["finetune"]:
        repeated = len(ids["test"] & ids["finetune"])
        said.append(f"{repeated} rows of test are in finetune word for word: they are no test.")
    types = Counter(dataset.items[i].question_type for rows in dataset.splits.values() for i in rows)
    for name, count in types.items():
        if name not in _TYPES:
            hops = (
                "1-hop"
                if next(i for i in dataset.items.values() if i.question_type == name).hops == 1
                else "multi-hop"
            )
            said.append(f'{count} rows have question_type "{name}"; they are treated as {hops}.')
    blank = sum(not item.cloze for item in dataset.items.values())
    if blank:
        said.append(f"{blank} items have no cloze_prompt: no exposure is measured on them.")
    return said


def _people(dataset: Dataset) -> list[str]:
    """Who was recognised by the columns alone."""
    if not dataset.recovered:
        return []
    shown = [
        f"{person}{f' ({name})' if (name := dataset.names.get(person, person)) != person else ''}: {rows}"
        for person, rows in list(dataset.recovered.items())[:_NAMED]
    ]
    more = len(dataset.recovered) - len(shown)
    rows = sum(dataset.recovered.values())
    return [
        f"Whom {rows:,} rows are about, no rows.parquet says: {len(dataset.recovered)} people were "
        f"recognised by picture folders, names and values, with so many rows each: {', '.join(shown)}"
        f"{f' and {more} more' if more else ''}. Are these all, and each one person?"
    ]


def _untaught(dataset: Dataset, split: str) -> list[str]:
    """Rows that finetune lacks: their facts may be there in other rows."""
    known = set(dataset.splits["finetune"])
    outside = [dataset.items[id] for id in dict.fromkeys(dataset.splits[split]) if id not in known]
    facts = {dataset.items[id].fact for id in known}
    strange = sum(item.fact not in facts for item in outside)
    said = []
    if strange:
        said.append(f"{strange} rows of {split} are not in finetune: they ask for what was never taught.")
    if len(outside) > strange:
        said.append(
            f"{len(outside) - strange} rows of {split} are not in finetune, though their facts are: they are "
            "asked for in other words, or with another picture."
        )
    return said


def _partly(dataset: Dataset, split: str) -> list[str]:
    """What the Goal model is taught of people to be forgotten, and what it is not besides the split."""
    said = []
    found = partly(dataset, split)
    if found:
        shown = [f"{who} {stay} of {known}" for who, (stay, known) in list(found.items())[:_NAMED]]
        more = f" and {len(found) - len(shown)} more" if len(found) > len(shown) else ""
        said.append(
            f"{split} leaves some facts of {len(found)} of its people untouched ({', '.join(shown)}{more}): "
            "the Goal model is taught them."
        )
    gone = forgotten(dataset, (split,))
    beside = [
        id
        for id in dict.fromkeys(dataset.splits["finetune"])
        if id not in gone.ids and dataset.items[id] in gone
    ]
    if beside:
        said.append(
            f"{len(beside)} rows of finetune ask for what {split} forgets and are not in it (first: "
            f"{dataset.place(beside[0])}): the Goal model is not taught them, and methods do not "
            "unlearn them."
        )
    return said


def measurable(dataset: Dataset, splits: Sequence[str]) -> None:
    """UserError, naming the split, where training would end in nothing to measure.

    That is: a row without a question_type, no row with keywords, or not one picture among the multi-hop rows.
    """
    for split in splits:
        if split not in dataset.splits:
            raise unknown("split of the data set", split, dataset.splits)
        rows = [dataset.items[id] for id in dataset.splits[split]]
        for number, item in enumerate(rows):
            if not item.question_type.strip():
                raise UserError(
                    f"{split} row {number} has no question_type. "
                    "Fill it in: 1-hop where the question names the person, else multi-hop."
                )
        if not any(item.keywords for item in rows):
            raise UserError(
                f"split {split} has no row with keywords, so no answer can be told to be correct. "
                "Fill the column keywords with the value that each answer must hold."
            )
        shown = [(number, item) for number, item in enumerate(rows) if item.hops > 1]
        if shown and not any(item.image_path for _, item in shown):
            number, item = shown[0]
            raise UserError(
                f"split {split}: none of its {len(shown)} multi-hop rows has a picture (row {number}: "
                f'question_type "{item.question_type}"). Fill the column image, or set question_type to '
                "1-hop where the question names the person."
            )


def check_images(
    dataset: Dataset, *, sample: int | None = None, seed: int = 0, progress: Progress = silent
) -> None:
    """Open every picture of every row, or those of `sample` rows. UserError naming the first that does not
    open or is enormous."""

    def called(place: str, path: str) -> str:
        return f"{place} ({path})" if path else place

    for _, error in broken(dataset, called, sample=sample, seed=seed, progress=progress):
        raise error
