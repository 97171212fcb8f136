"""Rows whose texts hold what a model reads as a picture or the end of a turn."""

from collections.abc import Iterator

from remem import chatmarks
from remem.chatmarks import Find
from remem.data.dataset import Dataset
from remem.errors import UserError
from remem.types import Item


def marked(dataset: Dataset, *finds: Find) -> Iterator[tuple[Item, str]]:
    """Each such row with what is wrong with it; `finds` beside the marks of all known families."""
    for item in dataset.items.values():
        parts = [("question", item.question), ("answer", item.answer), ("cloze prompt", item.cloze)]
        parts += [("keyword", word) for word in item.keywords]
        if said := chatmarks.wrong(parts, chatmarks.find, *finds):
            yield item, said


def check_marks(dataset: Dataset, *finds: Find) -> None:
    """UserError that names the first such row, and how many there are."""
    found = list(marked(dataset, *finds))
    if found:
        item, said = found[0]
        more = f" ({len(found):,} rows have such marks)" if len(found) > 1 else ""
        raise UserError(f"{dataset.place(item.id)}: {said}{more}")
