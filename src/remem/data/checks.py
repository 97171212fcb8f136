"""What must hold before any training, and what merely differs from the published shape."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from remem.data import table
from remem.data.dataset import Dataset
from remem.data.everypicture import broken
from remem.data.pebench import checks as pebench
from remem.errors import UserError, unknown
from remem.types import Progress, silent

_PUBLISHED = dict(zip(table.SPLITS, (2000, 100, 200, 300, 400, 560, 560), strict=True))
_TYPES = ("1-hop", "multi-hop")


def forgets(dataset: Dataset) -> list[str]:
    """The forget splits, smallest number first: forget1, forget2 ..."""
    return [name for name in table.FORGETS if name in dataset.splits]


def expectations(dataset: Dataset) -> list[str]:
    """One sentence for each thing that is not as in the published set; none of them stops a run.

    Raises UserError where a forget split and retain share a row or a person: what is forgotten cannot be
    kept.
    """
    if pebench.tasks_of(dataset):
        return pebench.expectations(dataset)
    ids = {split: set(rows) for split, rows in dataset.splits.items()}
    who = {split: {dataset.items[id].person for id in rows} for split, rows in ids.items()}
    _disjoint(dataset, ids, who)
    said = []
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
        outside = len(ids[split] - ids["finetune"])
        if outside:
            said.append(f"{outside} rows of {split} are not in finetune: they ask for what was never taught.")
    for split in names:
        partly = [
            p for p in who[split] if any(dataset.items[i].person == p for i in ids["finetune"] - ids[split])
        ]
        if partly:
            said.append(f"{split} leaves some finetune rows of {len(partly)} of its people untouched.")
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


def _disjoint(dataset: Dataset, ids: dict[str, set[str]], who: dict[str, set[str]]) -> None:
    for split in forgets(dataset):
        shared = ids[split] & ids["retain"]
        if shared:
            example = dataset.items[next(i for i in dataset.splits[split] if i in shared)]
            row = dataset.splits[split].index(example.id)
            raise UserError(
                f"{split} and retain share {len(shared)} rows (such as {split} row {row}: "
                f"{example.question}). Take them out of one: a row cannot be both forgotten and kept."
            )
        people = who[split] & who["retain"]
        if people:
            raise UserError(
                f"{split} and retain share {len(people)} people (such as {sorted(people)[0]}). "
                "Keep only people in retain who are never forgotten."
            )


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
