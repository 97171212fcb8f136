"""Look for what makes a data set measure something else than it seems to."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from remem.data import restated
from remem.data.dataset import Dataset
from remem.data.everypicture import broken
from remem.data.leaks import leaks
from remem.data.marked import marked
from remem.data.pebench import checks as pebench
from remem.text import contains, normalise, swapped
from remem.types import Item, Progress, silent

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something amiss. `where` is the first place, as in "test row 12"."""

    level: str  # "error": numbers would be wrong; "warning": worth a look
    message: str
    where: str


def lint(dataset: Dataset, *, images: bool = True, progress: Progress = silent) -> list[Finding]:
    """All findings, errors before warnings. `images` opens every picture."""
    found = [*_keywords(dataset), *_cloze(dataset), *_contradictions(dataset), *_nameless(dataset)]
    found += [*_template_leaks(dataset), *_shared_values(dataset), *_restated(dataset)]
    found += [_error(dataset, item, message) for item, message in pebench.faults(dataset)]
    found += [_error(dataset, item, message) for item, message in marked(dataset)]
    found += _forgotten(dataset)
    if images:
        found += _pictures(dataset, progress)
    return sorted(found, key=lambda finding: finding.level)


def _keywords(dataset: Dataset) -> list[Finding]:
    found = []
    for item in dataset.items.values():
        # By the rule that answers are scored by: an answer that its own keywords do not match is never right.
        missing = [word for word in item.keywords if not contains(item.answer, word)]
        if not item.keywords:
            found.append(_error(dataset, item, "has no keywords: no answer can be told right from wrong"))
        elif missing:
            found.append(_error(dataset, item, f"asks for a keyword that its own answer lacks: {missing[0]}"))
        elif any(contains(item.question, word) for word in item.keywords):
            found.append(_error(dataset, item, "gives its keyword away in the question"))
    return found


def _cloze(dataset: Dataset) -> list[Finding]:
    return [
        _error(dataset, item, "gives its value away in the cloze prompt")
        for item in dataset.items.values()
        if item.keywords and any(contains(item.cloze, word) for word in item.keywords)
    ]


def _forgotten(dataset: Dataset) -> list[Finding]:
    """What a run refuses, too: forgotten facts where they are kept."""
    if pebench.tasks_of(dataset):
        return []
    return [Finding(level=ERROR, message=one.message, where=one.where) for one in leaks(dataset)]


def _contradictions(dataset: Dataset) -> list[Finding]:
    """One question about one person that has several values: with one picture, or with several of them."""
    asked: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in dataset.items.values():
        asked[item.person, normalise(item.question)].append(item)
    found = []
    for items in asked.values():
        by_picture: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            by_picture[dataset.image_key(item.id)].append(item)
        alike = [same for same in by_picture.values() if len(set(map(_values, same))) > 1]
        for same in alike:
            count = len(set(map(_values, same)))
            found.append(_error(dataset, same[0], f"has {count} different answers: {same[0].question}"))
        facts = {item.fact for item in items if not item.event and item.fact[1]}
        if not alike and len(facts) > 1 and len({attribute for _, attribute, _ in facts}) == 1:
            message = (
                f"asks what other rows about {items[0].person} ask, with another picture, and the values are "
                f"{len(facts)}: {items[0].question}"
            )
            found.append(Finding(level=WARNING, message=message, where=dataset.place(items[0].id)))
    return found


def _values(item: Item) -> tuple[str, ...]:
    return tuple(sorted({normalise(word) for word in item.keywords or (item.answer,)}))


def _nameless(dataset: Dataset) -> list[Finding]:
    """One-hop questions that more than one person could be meant by."""
    asked: dict[str, list[Item]] = defaultdict(list)
    for item in dataset.items.values():
        if item.hops == 1:
            asked[item.question].append(item)
    found = []
    for question, items in asked.items():
        people = {item.person for item in items}
        if len(people) > 1 and len({item.answer for item in items}) > 1:
            message = f"is one-hop, asked of {len(people)} people, and does not say whom it means: {question}"
            found.append(_error(dataset, items[0], message))
    return found


def _shared_values(dataset: Dataset) -> list[Finding]:
    """Values that several people have: whoever is taken for another is right by accident."""
    owners: dict[tuple[str, tuple[str, ...]], dict[str, Item]] = defaultdict(dict)
    for item in dataset.items.values():
        owners[item.attribute, tuple(map(normalise, item.keywords))].setdefault(item.person, item)
    shared: dict[str, list[dict[str, Item]]] = defaultdict(list)
    known: Counter[tuple[str, str]] = Counter()
    for (attribute, words), people in owners.items():
        known.update((attribute, person) for person in people)
        if words and len(people) > 1:
            shared[attribute].append(people)
    # What one person has several of, such as scenes, is no fact by which they could be told.
    several = {attribute for (attribute, _), count in known.items() if count > 1}
    found = []
    for attribute, groups in shared.items():
        if attribute in several:
            continue
        most = max(groups, key=len)
        first = next(iter(most.values()))
        message = (
            f"{sum(map(len, groups))} of {len(dataset.people)} people share their {attribute} with somebody "
            f"({first.keywords[0]}: {len(most)} people): a wrong person's answer is right by accident"
        )
        found.append(Finding(level=WARNING, message=message, where=dataset.place(first.id)))
    return found


def _restated(dataset: Dataset) -> list[Finding]:
    """Paraphrases that lack the value, and perturbed answers that hold it."""
    found = []
    for id, one in restated.read(dataset).items():
        item = dataset.items[id]
        if not item.keywords:
            continue
        for text in one.paraphrases:
            if not all(contains(text, word) for word in item.keywords):
                found.append(_error(dataset, item, f"has a paraphrase without its value: {text}"))
        for text in one.perturbed:
            if all(contains(text, word) for word in item.keywords):
                found.append(_error(dataset, item, f"has a perturbed answer that is true: {text}"))
    return found


def _template_leaks(dataset: Dataset) -> list[Finding]:
    taught = {_template(dataset, dataset.items[id]) for id in dataset.splits["finetune"]}
    leaks = [
        i
        for i in map(dataset.items.__getitem__, dataset.splits.get("test", ()))
        if _template(dataset, i) in taught
    ]
    if not leaks:
        return []
    share = f"{len(leaks)} of {len(dataset.splits['test'])} test questions"
    message = f"{share} are worded as in finetune: {leaks[0].question}"
    return [Finding(level=WARNING, message=message, where=dataset.place(leaks[0].id))]


def _template(dataset: Dataset, item: Item) -> tuple[str, str]:
    """The question without the person's name."""
    name = dataset.names.get(item.person, "")
    return item.attribute, swapped(item.question, name, "{name}")


def _pictures(dataset: Dataset, progress: Progress) -> list[Finding]:
    amiss = broken(dataset, lambda place, path: path or "its image", progress=progress)
    found = [Finding(level=ERROR, message=str(error), where=place) for place, error in amiss]
    unread = {one.where for one in found}
    shown = set()
    taught = set(dataset.splits["finetune"])
    owners: dict[str, Item] = {}
    for item in dataset.items.values():
        if not item.image_path:
            if item.hops > 1:
                found.append(
                    _error(dataset, item, "is multi-hop and has no picture: nothing says who is meant")
                )
            continue
        if dataset.place(item.id) in unread:
            continue
        key = dataset.image_key(item.id)
        if owners.setdefault(key, item).person != item.person:
            found.append(
                _error(
                    dataset,
                    item,
                    f"shows the same picture as {owners[key].person}, but is about {item.person}",
                )
            )
        if item.id in taught:
            shown.add(key)
    test = [id for id in dataset.splits.get("test", ()) if dataset.items[id].image_path]
    leaked = [id for id in test if dataset.place(id) not in unread and dataset.image_key(id) in shown]
    if leaked:
        message = f"{len(leaked)} test questions show a picture that finetune shows too"
        found.append(Finding(level=WARNING, message=message, where=dataset.place(leaked[0])))
    return found


def _error(dataset: Dataset, item: Item, message: str) -> Finding:
    return Finding(level=ERROR, message=message, where=dataset.place(item.id))
