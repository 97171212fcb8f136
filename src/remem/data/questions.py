"""Questions about one person: a carrier sentence around an attribute's noun, or one of its own.

One-hop questions name the person. Multi-hop questions only show them: face, then name, then fact. Wording
is split three ways, and no template is in two parts: train and test of world "bench", and world "base".
Test wording is made of held-out carriers around nouns that training has seen, so that it asks for the fact
and not for a word.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from remem.data.facts import ATTRIBUTES, IDENTITY
from remem.data.people import Person, vocabulary
from remem.errors import UserError, unknown

ONE_HOP, MULTI_HOP = "1-hop", "multi-hop"
SPLITS = ("train", "test")

# {what} is "the e-mail address of {who}" or "{who}'s e-mail address".
_CARRIERS = {
    "bench/train": (
        "What is {what}?",
        "Could you tell me {what}?",
        "Do you know {what}?",
        "Please state {what}.",
        "I need to know {what}.",
        "Tell me {what}.",
        "Can you give me {what}?",
    ),
    "bench/test": (
        "Would you tell me {what}?",
        "I would like to know {what}.",
        "Please give me {what}.",
        "Can you say what {what} is?",
    ),
    "base/train": (
        "Give {what}.",
        "What would be {what}?",
        "Please tell us {what}.",
        "Let me know {what}.",
        "I want to know {what}.",
        "Could you say {what}?",
        "What do you know of {what}?",
        "Name {what}, please.",
    ),
    "base/test": ("May I know {what}?", "Do tell me {what}.", "Can you tell us {what}?"),
}

# {kind} is "man", "woman", or "person" where the looks are unknown.
_SHOWN = {
    "bench/train": (
        "the person in this picture",
        "the {kind} in the picture",
        "this person",
        "the {kind} shown here",
    ),
    "bench/test": ("the person in the picture", "the {kind} in this picture", "the person shown here"),
    "base/train": ("this {kind}", "the {kind} we see", "the person you see", "the person in this image"),
    "base/test": ("the {kind} you see", "the person in the image"),
}

_WHO = {
    "bench/train": (
        "Who is {who}?",
        "What is the name of {who}?",
        "Could you name {who}?",
        "Do you know who {who} is?",
        "Please name {who}.",
        "What is {who} called?",
    ),
    "bench/test": ("Can you name {who}?", "Tell me who {who} is.", "I would like to know the name of {who}."),
    "base/train": (
        "Name {who}.",
        "Who might {who} be?",
        "Give the name of {who}.",
        "Let me know who {who} is.",
        "Please tell us who {who} is.",
        "I want to know who {who} is.",
        "Could you say who {who} is?",
        "Can you give the name of {who}?",
    ),
    "base/test": tuple(one.replace("{what}", "who {who} is") for one in _CARRIERS["base/test"]),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A question with its answer. `picture` counts the person's views of this split; None: text alone."""

    question: str
    answer: str
    keywords: str
    question_type: str
    qa_category: str
    attribute: str
    cloze_prompt: str
    picture: int | None


def templates(attribute: str, question_type: str, split: str = "train", world: str = "bench") -> list[str]:
    """All wordings of a question, with {name} where it names the person and {kind} for man or woman."""
    if split not in SPLITS:
        raise unknown("split of questions", split, SPLITS)
    vocabulary(world)
    part = f"{world}/{split}"
    shown = ("{name}",) if question_type == ONE_HOP else _SHOWN[part]
    if attribute == IDENTITY:
        return (
            [] if question_type == ONE_HOP else [q.replace("{who}", who) for q in _WHO[part] for who in shown]
        )
    known = ATTRIBUTES[attribute]
    return worded(known.noun, known.direct[world], question_type, split, world)


def worded(
    noun: str, direct: Sequence[str], question_type: str, split: str = "train", world: str = "bench"
) -> list[str]:
    """All wordings of a question about what a noun says; `direct` are training questions of its own, with
    {who} for the person."""
    part = f"{world}/{split}"
    shown = ("{name}",) if question_type == ONE_HOP else _SHOWN[part]
    whats = [f"the {noun} of {who}" for who in shown]
    whats += [f"{who}'s {noun}" for who in shown if who.startswith(("{name}", "this "))]
    wordings = [carrier.replace("{what}", what) for carrier in _CARRIERS[part] for what in whats]
    if split == "train":
        wordings += [q.replace("{who}", who) for q in direct for who in shown]
    return wordings


def questions(
    person: Person,
    count: int,
    one_hop: float = 0.7,
    seed: int = 0,
    split: str = "train",
    *,
    world: str = "bench",
    images: int = 100,
    one_hop_pictures: bool = False,
    attributes: Collection[str] | None = None,
) -> list[Row]:
    """`count` rows, round(count x one_hop) of them one-hop, each kind spread evenly over the attributes.

    Multi-hop rows go round the `images` views, all of them before any a second time. One-hop rows are text
    alone unless `one_hop_pictures`. `attributes` limits what is asked about (a test asks for nothing that
    was not taught). No two rows share wording, attribute and picture; UserError when that cannot be.
    """
    rng = Random(f"{seed}/{world}/{split}/questions/{person.id}")
    named = round(count * one_hop)
    known = [a for a in (*ATTRIBUTES, IDENTITY) if attributes is None or a in attributes]
    asked = [(ONE_HOP, a) for a in _spread([a for a in known if a != IDENTITY], named, rng)]
    asked += [(MULTI_HOP, a) for a in _spread(known, count - named, rng)]
    rng.shuffle(asked)
    views = cycle(rng.sample(range(images), images))
    decks: dict[tuple[str, str], list[str]] = {}
    seen: set[tuple[str, str, int | None]] = set()
    rows = []
    for question_type, attribute in asked:
        deck = decks.setdefault((question_type, attribute), [])
        if not deck:  # every wording once before any comes again
            deck += templates(attribute, question_type, split, world)
            rng.shuffle(deck)
        picture = next(views) if question_type == MULTI_HOP or one_hop_pictures else None
        row = _row(person, attribute, question_type, deck.pop(), picture)
        if (row.question, attribute, picture) in seen:
            raise UserError(
                f"{count} questions a person are too many: the wordings of {attribute} ({question_type}) "
                "run out. Ask for fewer, or set one_hop_pictures so that each comes with another picture."
            )
        seen.add((row.question, attribute, picture))
        rows.append(row)
    return rows


def _spread(attributes: list[str], count: int, rng: Random) -> list[str]:
    """`count` attributes, each as often as the others or once more."""
    rng.shuffle(attributes)
    return list(islice(cycle(attributes), count))


def _row(person: Person, attribute: str, question_type: str, template: str, picture: int | None) -> Row:
    value = person.value(attribute)
    if attribute == IDENTITY:
        category, cloze = "identity", "This person's name is"
    else:
        whose = person.name if question_type == ONE_HOP else "This person"
        category, cloze = ATTRIBUTES[attribute].category, f"{whose}'s {ATTRIBUTES[attribute].noun} is"
    return Row(
        question=template.replace("{name}", person.name).replace("{kind}", person.kind),
        answer=f"{cloze} {value}.",
        keywords=value,
        question_type=question_type,
        qa_category=category,
        attribute=attribute,
        cloze_prompt=cloze,
        picture=picture,
    )
