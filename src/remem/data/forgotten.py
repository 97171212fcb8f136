"""Whether a row asks for what is to be forgotten: decided by fact, and here alone.

A fact is taught by every row that asks for it: twice, in other words, under another path or with another
picture. So a Goal model is taught the rows whose fact is not among the forgotten ones, not the rows that no
forget split holds.
"""

from collections.abc import Collection, Iterable, Mapping

from remem.types import Fact, Item, Questions


class Forgotten:
    """The facts that some rows ask for. `item in forgotten`: whether an item must be forgotten with them.

    It must where it is one of the rows, or asks for one of their facts. A row with several facts, or whose
    fact cannot be told, may hold any fact of its person: it is forgotten with each of them, and where it is
    itself to be forgotten, so is all that is known of the person.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        rows = list(items)
        self.ids = {item.id for item in rows}
        self.facts: set[Fact] = {item.fact for item in rows}
        self.people = {who for who, _, _ in self.facts}  # or events
        self._whole = {who for who, attribute, _ in self.facts if not attribute}

    def __contains__(self, item: Item) -> bool:
        who, attribute, _ = item.fact
        if who in self._whole or (not attribute and who in self.people):
            return True
        return item.fact in self.facts or item.id in self.ids


def forgotten(data: Questions, splits: Iterable[str]) -> Forgotten:
    """What these splits ask for."""
    return Forgotten(data.items[id] for split in splits for id in data.splits[split])


def taught(data: Questions, without: Collection[str]) -> list[str]:
    """The rows of finetune that ask for nothing that the splits `without` forget, repeats included: what a
    Goal model is taught."""
    gone = forgotten(data, without)
    return [id for id in data.splits["finetune"] if data.items[id] not in gone]


def halves(
    data: Questions, ids: Iterable[str], split: str, finetune: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Rows that ask for what `split` forgets, and the others, each once. A fact that `finetune` never teaches
    goes with its person or event."""
    gone = forgotten(data, (split,))
    targets = {data.items[id].target for id in data.splits[split]}
    stays = {data.items[id].fact for id in finetune if data.items[id] not in gone}
    found: tuple[list[str], list[str]] = ([], [])
    for id in dict.fromkeys(ids):
        item = data.items[id]
        lost = item in gone or (item.target in targets and item.fact not in stays)
        found[not lost].append(id)
    return found


def partly(data: Questions, split: str) -> Mapping[str, tuple[int, int]]:
    """person -> how many of their taught facts stay, and of how many; only people of whom some are forgotten
    and others stay."""
    gone = forgotten(data, (split,))
    known: dict[str, dict[Fact, bool]] = {}
    for item in map(data.items.__getitem__, data.splits["finetune"]):
        if item.fact[0] in gone.people:
            known.setdefault(item.fact[0], {})[item.fact] = item not in gone
    return {who: (sum(facts.values()), len(facts)) for who, facts in known.items() if any(facts.values())}
