"""What must hold of a loaded set in the shape of PEBench, and what merely differs from the published one."""

from collections.abc import Iterable, Iterator

from remem.data.dataset import Dataset
from remem.data.pebench.cut import CONCEPTS, TASKS, TEST, Task, task
from remem.errors import UserError
from remem.text import contains
from remem.types import Item

_PUBLISHED = {"people": 200, "events": 40}


def tasks_of(dataset: Dataset) -> list[Task]:
    """The tasks that the set can be used for; none when it has another shape."""
    return [task(name, dataset.splits) for name in TASKS if f"{name}_retain" in dataset.splits]


def sound(dataset: Dataset) -> None:
    """UserError for the first of `faults`."""
    for item, message in faults(dataset):
        raise UserError(f"{dataset.place(item.id)} {message}. Build the set again, or mend its files.")


def notes(dataset: Dataset) -> list[str]:
    """One sentence for each thing that is not as in the published set; none of them stops a run."""
    items = [dataset.items[id] for id in dataset.splits["finetune"]]
    scenes = {(item.person, item.event) for item in items}
    counts = {"people": len({p for p, _ in scenes}), "events": len({e for _, e in scenes})}
    said = [
        f"There are {counts[name]} {name}; the published set has {count}."
        for name, count in _PUBLISHED.items()
        if counts[name] != count
    ]
    missing = counts["people"] * counts["events"] - len(scenes)
    if missing:
        said.append(f"Not everybody is in every event: {missing:,} of the scenes are missing.")
    if TEST not in dataset.splits:
        said.append("There is no split test: held-out wording is not asked for.")
    return said


def faults(dataset: Dataset) -> Iterator[tuple[Item, str]]:
    """What would make numbers wrong, and a row where it shows. Pictures are compared by what they show."""
    tasks = tasks_of(dataset)
    if not tasks:
        return
    for one in tasks:
        yield from _halves(dataset, one)
        yield from _retained(dataset, one)
    yield from _named(dataset)
    yield from _described(dataset)
    taught = set(dataset.splits["finetune"])
    for item in _items(dataset, dataset.splits.get(TEST, ())):
        if item.id in taught:
            yield item, "is in test, but was taught word for word"


def _halves(dataset: Dataset, one: Task) -> Iterator[tuple[Item, str]]:
    """The halves show other pictures, of the same targets."""
    train, test = list(_items(dataset, one.forget_train)), list(_items(dataset, one.forget_test))
    shown = {dataset.image_key(item.id) for item in train}
    for item in test:
        if dataset.image_key(item.id) in shown:
            yield item, f"is in {one.name}_forget_test, but forget_train shows its picture"
    for items, others, half in ((train, test, "forget_test"), (test, train, "forget_train")):
        known = {_target(item) for item in others}
        for item in items:
            if _target(item) not in known:
                yield item, f"asks for {_target(item)[1]}, whom {one.name}_{half} does not ask for"
                break


def _retained(dataset: Dataset, one: Task) -> Iterator[tuple[Item, str]]:
    """What is forgotten is nowhere in retain."""
    forgotten = {_target(item) for item in _items(dataset, (*one.forget_train, *one.forget_test))}
    for item in _items(dataset, one.retain):
        if _target(item) in forgotten:
            yield item, f"is in {one.name}_retain, but {_target(item)[1]} is to be forgotten"
    shown = {dataset.image_key(item.id) for item in _items(dataset, one.forget_train)}
    for item in _items(dataset, one.scope):
        if dataset.image_key(item.id) not in shown:
            yield item, f"is in {one.name}_scope, but forget_train does not show its picture"


def _named(dataset: Dataset) -> Iterator[tuple[Item, str]]:
    """A scene is described without its people: else retain would teach a forgotten name."""
    asked = {
        (item.person, item.keywords): None for item in dataset.items.values() if item.category == "person"
    }
    known: dict[str, list[tuple[str, ...]]] = {}  # what a question who somebody is may ask for: a first name
    for person, keywords in asked:
        known.setdefault(person, []).append(keywords)
    for item in dataset.items.values():
        if item.category not in CONCEPTS:
            yield item, f'has the qa_category "{item.category}"; it must be one of {", ".join(CONCEPTS)}'
        elif item.category == "event":
            for words in ((dataset.names.get(item.person, ""),), *known.get(item.person, ())):
                if words and all(contains(item.answer, word) for word in words):
                    name = " ".join(words)
                    yield (
                        item,
                        f"describes a scene and names {name}: then forgetting the name cannot be measured",
                    )
                    break


def _described(dataset: Dataset) -> Iterator[tuple[Item, str]]:
    """Who somebody is, is said without the scene: else retain would teach a forgotten event."""
    keywords = {item.event: item.keywords for item in dataset.items.values() if item.category == "event"}
    for item in dataset.items.values():
        words = keywords.get(item.event, ()) if item.category == "person" else ()
        if len(words) > 1 and all(contains(item.answer, word) for word in words):
            yield item, f"asks who is shown and describes {item.event}: then forgetting it cannot be measured"


def _items(dataset: Dataset, ids: Iterable[str]) -> Iterator[Item]:
    return (dataset.items[id] for id in ids)


def _target(item: Item) -> tuple[str, str]:
    """What a row asks for: a person or an event."""
    return item.category, item.person if item.category == "person" else item.event
