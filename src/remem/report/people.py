"""One section for each person: pictures, what the gate said, and every arm's answers side by side."""

import base64
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from markupsafe import Markup
from PIL import Image

from remem.report import svg, words
from remem.report.attacked import Attacked, Key
from remem.report.findings import forgotten_people
from remem.report.read import Data, RunRecord
from remem.scoring.metrics import STATES
from remem.spread import evenly
from remem.text import contains
from remem.types import Item

VIEWS, QUESTIONS = 8, 12  # for each person; questions of forgotten people are all shown
ALL_VIEWS, ALL_QUESTIONS = 320, 1200  # for all people together: bounds the page for large data sets
THUMBNAIL_PX = 144
TINY_PX = 96  # smaller pictures are kept pixel by pixel and enlarged without smoothing
LONGEST = 240  # characters of an answer


@dataclass(frozen=True)
class Segment:
    text: str
    keyword: bool


@dataclass(frozen=True)
class Answer:
    arm: str
    state: str  # "" where the arm was not scored
    segments: list[Segment]


@dataclass(frozen=True)
class Under:
    """What a method says under the attack that is worst for it, beside a Goal model under the same."""

    method: str
    attack: str
    before: Answer
    after: Answer
    goal: Answer | None


@dataclass(frozen=True)
class Question:
    item: Item
    held_out: bool
    truth: list[Segment]
    answers: list[Answer]
    attacked: tuple[Under, ...] = ()


@dataclass(frozen=True)
class Picture:
    uri: str
    tiny: bool
    held_out: bool


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    forgotten: bool
    gate: dict[str, float]
    pictures: list[Picture]
    questions: list[Question]
    asked: int  # of which `questions` are shown
    fingerprint: Markup | None


def people(
    run: RunRecord, data: Data, labels: dict[str, str], attacked: Attacked | None = None
) -> list[Person]:
    """Everyone in the data, the forgotten first; with `attacked`, what attacks bring out about them."""
    chosen_attacks = _worst(run, attacked) if attacked else {}
    forgotten = forgotten_people(run, data)
    test = set(data.splits.get("test", ()))
    asked = {id for arm in run.arms.values() for id in arm.answers}
    items: dict[str, list[Item]] = {person: [] for person in data.people}
    for item in data.items.values():
        items.setdefault(item.person, []).append(item)
    views = max(1, min(VIEWS, ALL_VIEWS // max(len(items), 1)))
    few = max(3, min(QUESTIONS, ALL_QUESTIONS // max(len(items), 1)))
    order = sorted(items, key=lambda person: person not in forgotten)
    found = []
    for person in order:
        own = sorted((i for i in items[person] if i.id in asked), key=lambda i: (i.id in test, i.hops))
        chosen = own if person in forgotten else _spread(own, few, test)
        questions = [_question(run, item, item.id in test, labels) for item in chosen]
        if attacked and person in forgotten:
            questions = [
                replace(one, attacked=tuple(_under(run, attacked, chosen_attacks, one.item)))
                for one in questions
            ]
        found.append(
            Person(
                id=person,
                name=data.names.get(person, person),
                forgotten=person in forgotten,
                gate=run.gate.people.get(person, {}) if run.gate else {},
                pictures=_pictures(data, items[person], test, views),
                questions=questions,
                asked=len(own),
                fingerprint=_fingerprint(data.names.get(person, person), questions),
            )
        )
    return found


def _spread(items: list[Item], limit: int, test: set[str]) -> list[Item]:
    """At most `limit` items, taken in turn from every kind (taught or held out, question type)."""
    kinds: dict[tuple[bool, str], list[Item]] = {}
    for item in items:
        kinds.setdefault((item.id in test, item.question_type), []).append(item)
    turns = [
        (turn, place, item)
        for place, kind in enumerate(kinds.values())
        for turn, item in enumerate(evenly(kind, limit))
    ]
    chosen = {item.id for _, _, item in sorted(turns, key=lambda t: t[:2])[:limit]}
    return [item for item in items if item.id in chosen]


def _question(run: RunRecord, item: Item, held_out: bool, labels: dict[str, str]) -> Question:
    answers = [
        Answer(
            labels[name], arm.states.get(item.id, ""), highlight(_cut(arm.answers[item.id]), item.keywords)
        )
        for name, arm in run.arms.items()
        if item.id in arm.answers
    ]
    return Question(item, held_out, highlight(item.answer, item.keywords), answers)


def _worst(run: RunRecord, attacked: Attacked) -> dict[str, list[Key]]:
    """By method: the settings of its worst attack, those first that were chosen for most facts."""
    found = {}
    for method, arms in run.methods.items():
        said = [one for one in attacked.worst(arms) if one.measure == "exact match"]
        said.sort(key=lambda one: -(one.found.excess.mean or 0.0))
        found[method] = [one.keys[name] for one in said for name in one.worst.chosen]
    return found


def _under(run: RunRecord, attacked: Attacked, worst: Mapping[str, list[Key]], item: Item) -> Iterator[Under]:
    """Of each method the first seed's words under its worst attack that asks this question."""
    goals = attacked.attacked(run.goals)
    for method, keys in worst.items():
        arm = attacked.attacked(run.methods[method])[0] if keys else None
        key = (
            next((key for key in keys if item.id in attacked.outcomes[arm.name][key].texts), None)
            if arm
            else None
        )
        if arm is None or key is None:
            continue
        goal = _answered(attacked, goals[0].name, key, item, "Goal") if goals else None
        text = highlight(_cut(arm.answers.get(item.id, "")), item.keywords)
        before = Answer(words.method(method), arm.states.get(item.id, ""), text)
        after = _answered(attacked, arm.name, key, item, words.method(method))
        if after is not None:
            yield Under(words.method(method), attacked.settings[key].label, before, after, goal)


def _answered(attacked: Attacked, arm: str, key: Key, item: Item, label: str) -> Answer | None:
    """Of several texts the first that holds the value, else the first."""
    one = attacked.outcomes[arm].get(key)
    texts = one.texts.get(item.id, ()) if one else ()
    if one is None or not texts:
        return None
    hit = one.hits.get(item.id, 0.0) >= 1
    text = next((text for text in texts if all(contains(text, word) for word in item.keywords)), texts[0])
    more = f" ({len(texts)} answers were drawn)" if len(texts) > 1 else ""
    return Answer(
        label,
        "correct" if hit else "wrong",
        [*highlight(_cut(text), item.keywords), *([Segment(more, False)] if more else [])],
    )


def _cut(answer: str) -> str:
    return answer if len(answer) <= LONGEST else answer[:LONGEST] + " …"


def highlight(text: str, keywords: Iterable[str]) -> list[Segment]:
    """The text in pieces, keywords apart; letter case does not matter, as in exact match."""
    words = sorted((word for word in keywords if word), key=len, reverse=True)
    if not words:
        return [Segment(text, False)] if text else []
    pieces = re.split("(" + "|".join(map(re.escape, words)) + ")", text, flags=re.IGNORECASE)
    return [Segment(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]


def _pictures(data: Data, items: list[Item], test: set[str], limit: int) -> list[Picture]:
    """Distinct views, about a quarter of them held out."""
    taught = {i.image_path: i for i in items if i.image_path and i.id not in test}
    held_out = {
        i.image_path: i for i in items if i.image_path and i.id in test and i.image_path not in taught
    }
    unseen = evenly(list(held_out.values()), limit // 4)
    chosen = evenly(list(taught.values()), limit - len(unseen)) + unseen
    pictures = ((data.image(item.id), item.id in test) for item in chosen)
    return [thumbnail(image, held) for image, held in pictures if image is not None]


def thumbnail(image: Image.Image, held_out: bool = False) -> Picture:
    """A picture small enough to stand in the page."""
    tiny = max(image.size) < TINY_PX
    small = image.convert("RGB")
    out = io.BytesIO()
    if tiny:
        small.save(out, "PNG", optimize=True)
    else:
        small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
        small.save(out, "JPEG", quality=80)
    kind = "png" if tiny else "jpeg"
    return Picture(f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}", tiny, held_out)


def _fingerprint(name: str, questions: list[Question]) -> Markup | None:
    """All answers at a glance: a row for each arm, a column for each question, coloured by state."""
    arms = list(dict.fromkeys(answer.arm for question in questions for answer in question.answers))
    if not arms or len(questions) < 2:
        return None
    left, wide, tall = 16 + max(map(len, arms)) * svg.FONT * svg.CHARACTER, 900, 17
    step = min((wide - left) / len(questions), 22)
    gap = 1 if step > 5 else 0.4
    paths: dict[str, str] = {}
    counts: dict[str, dict[str, int]] = {arm: {} for arm in arms}
    for column, question in enumerate(questions):
        for answer in question.answers:
            state = answer.state or "unscored"
            x, y = left + column * step, arms.index(answer.arm) * tall
            paths[state] = (
                paths.get(state, "") + f"M{x:.1f},{y}h{step - gap:.1f}v{tall - 3}h-{step - gap:.1f}z"
            )
            counts[answer.arm][state] = counts[answer.arm].get(state, 0) + 1
    parts = [
        svg.text(left - 10, row * tall + 11.5, arm, class_="label", text_anchor="end")
        for row, arm in enumerate(arms)
    ]
    parts += [
        svg.element("path", d=paths[state], class_=f"state-{state}")
        for state in (*STATES, "unscored")
        if state in paths
    ]
    spoken = "; ".join(f"{arm}: " + ", ".join(f"{n} {s}" for s, n in counts[arm].items()) for arm in arms)
    width = round(left + step * len(questions)) + 4
    return svg.drawing(width, tall * len(arms), f"Answers about {name}", spoken, *parts)
