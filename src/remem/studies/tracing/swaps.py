"""A question, and the same question about somebody else: what a trace compares."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from remem.asking.respond import question_of
from remem.data.dataset import value
from remem.models.anatomy import plain
from remem.models.base import Encoded, Question
from remem.models.huggingface import Model
from remem.seeds import derive
from remem.studies.tracing.groups import groups
from remem.text import contains, swapped
from remem.types import Item

if TYPE_CHECKING:
    from remem.data import Dataset

Over = Literal["value", "answer"]
TRIES = 40  # other people's pictures or names looked at before an item is left out


@dataclass(frozen=True)
class Pair:
    """Two prompts that differ in who is meant, and nowhere else."""

    item: Item
    swap: str  # "image" or "name"
    partner: str  # the person who is meant in the corrupted prompt
    clean: Encoded
    corrupted: Encoded
    groups: tuple[str, ...]  # of each token of the corrupted prompt
    fellows: tuple[int, ...]  # the clean token that stands for each of them; -1: none does


def chosen(data: Dataset, split: str, most: int, seed: int) -> list[Item]:
    """Up to `most` items of each question type, spread over the people of a split."""
    drawn = random.Random(derive(seed, "trace", split))
    by_kind: dict[str, dict[str, list[Item]]] = {}
    for id in data.splits[split]:
        item = data.items[id]
        by_kind.setdefault(item.question_type, {}).setdefault(item.person, []).append(item)
    found: list[Item] = []
    for people in by_kind.values():
        for items in people.values():
            drawn.shuffle(items)
        rounds = [items[n] for n in range(most) for items in people.values() if n < len(items)]
        found += rounds[:most]
    return found


def pairs(
    model: Model, data: Dataset, items: Iterable[Item], over: Over, seed: int
) -> Iterator[tuple[Item, Pair | None]]:
    """Each item with its corrupted twin; None where nobody else's picture or name fits.

    Multi-hop items get another person's picture, with as many tokens; one-hop items another person's name,
    wherever the prompt has theirs: one as long in tokens, else the nearest in length.
    """
    shown: dict[str, Item] = {}  # the first item with a picture of each person
    for item in data.items.values():
        if item.image_path:
            shown.setdefault(item.person, item)
    for item in items:
        yield item, _pair(model, data, item, over, seed, shown)


def _pair(
    model: Model, data: Dataset, item: Item, over: Over, seed: int, shown: dict[str, Item]
) -> Pair | None:
    lead, said = _asked_for(item, over)
    question = question_of(data, item, answer=False)
    swap, name = ("image" if item.hops > 1 else "name"), data.names.get(item.person, "")
    if swap == "name" and (not name or not contains(item.question, name)):
        return None
    tokenizer = model.encoder.tokenizer
    picture = getattr(plain(model.network).config, "image_token_id", None)
    clean = _encode(model, question, lead, said)
    ours = groups(clean.prompt, tokenizer, picture, (question.text, lead), name)
    best: Pair | None = None
    for partner, asked, called in _others(data, item, question, shown, swap, seed):
        begun = swapped(lead, name, called) if called else lead
        changed = _encode(model, asked, begun, said)
        theirs = groups(changed.prompt, tokenizer, picture, (asked.text, begun), called or name)
        fellows = matched(clean.prompt, changed.prompt, ours, theirs)
        if fellows is None or clean.answer != changed.answer:
            continue
        found = Pair(item, swap, partner, clean, changed, theirs, fellows)
        if best is None or _apart(found) < _apart(best):
            best = found
        if not _apart(best):
            break
    return best


def _apart(pair: Pair) -> int:
    """By how many tokens the two prompts differ in length."""
    return abs(len(pair.clean.prompt) - len(pair.corrupted.prompt))


def matched(
    clean: Sequence[int], changed: Sequence[int], ours: Sequence[str], theirs: Sequence[str]
) -> tuple[int, ...] | None:
    """The clean token for each changed one; None when they differ in more than names.

    Names of unlike length are matched from their ends, where a name is known whole.
    """
    fellows = [-1] * len(changed)
    at, to = len(clean) - 1, len(changed) - 1
    while at >= 0 or to >= 0:
        ours_named = at >= 0 and ours[at] == "name"
        theirs_named = to >= 0 and theirs[to] == "name"
        if ours_named != theirs_named and not (at < 0 or to < 0):
            # One name is longer: its further tokens have no fellow.
            at, to = (at - 1, to) if ours_named else (at, to - 1)
            continue
        if at < 0 or to < 0 or (not ours_named and clean[at] != changed[to]):
            return None
        fellows[to] = at
        at, to = at - 1, to - 1
    return tuple(fellows)


def _others(
    data: Dataset, item: Item, question: Question, shown: dict[str, Item], swap: str, seed: int
) -> Iterator[tuple[str, Question, str]]:
    """The same question about others, in random order: (who, question, their name where that is swapped)."""
    drawn = random.Random(derive(seed, "trace partner", item.id))
    people = [one for one in data.people if one != item.person]
    drawn.shuffle(people)
    if swap == "image":
        for other in [one for one in people if one in shown][:TRIES]:
            theirs = question_of(data, shown[other])
            yield other, replace(question, image=theirs.image, image_key=theirs.image_key), ""
        return
    name = data.names[item.person]
    known = [data.names[one] for one in people if data.names.get(one, name) != name]
    for called in [*known, *_blends(known, drawn)][:TRIES]:
        yield called, replace(question, text=swapped(question.text, name, called)), called


def _blends(names: list[str], drawn: random.Random) -> list[str]:
    """First words of some names before last words of others: where people are few, no name may be as long in
    tokens as another."""
    parts = [name.split() for name in names if len(name.split()) > 1]
    mixed = [f"{' '.join(a[:-1])} {b[-1]}" for a in parts for b in parts if a is not b]
    drawn.shuffle(mixed)
    return mixed


def _asked_for(item: Item, over: Over) -> tuple[str, str]:
    """What the answer begins with (given to the model), and what is scored after it."""
    said = value(item)
    if over == "value" and item.cloze and item.answer.startswith(f"{item.cloze.rstrip()} {said}"):
        return item.cloze.rstrip(), said
    return "", item.answer


def _encode(model: Model, question: Question, lead: str, said: str) -> Encoded:
    if not lead:
        return model.encode(replace(question, answer=said))
    begun = model.cloze(question, lead, [said])
    return Encoded(begun.prompt.question, begun.prompt.prompt, begun.tokens[0])
