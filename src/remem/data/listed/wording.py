"""In which words an attribute is asked for: ours around its noun, or those of the user's template file.

Taught and held-out wordings are apart, and so are those of an attribute that the user's own questions use.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from remem import chatmarks, jsonfile
from remem.data.facts import ATTRIBUTES, IDENTITY
from remem.data.listed.kinds import KINDS
from remem.data.questions import MULTI_HOP, ONE_HOP, templates, worded
from remem.data.restated import NAMES, WORDINGS
from remem.errors import UserError, unknown
from remem.text import normalise

_HOLE = re.compile(r"\{(name|who|value)\}")
_TEXTS = ("noun", "category", "cloze", "kind")
_LISTS = ("train", "test", "paraphrases", "values", "strangers")
_HOPS = (ONE_HOP, MULTI_HOP)
_OTHER = "personal_information"  # category of what is not ours
_CURE = "Mend it: docs/data.md has its form."


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Of one attribute. {name} stands for the person in questions, {who} elsewhere."""

    noun: str
    category: str
    cloze: str  # "{who}'s e-mail address is"
    train: dict[str, tuple[str, ...]]  # by question type
    test: dict[str, tuple[str, ...]]
    paraphrases: tuple[str, ...]  # with {value}
    kind: str = ""  # of values; "" is to be told from them
    values: tuple[str, ...] = ()  # the user's own decoys
    strangers: tuple[str, ...] = ()  # what those who do not exist are called; (): invented people's names


def wordings(attributes: Sequence[str], path: Path | None = None) -> dict[str, Wording]:
    """Attribute -> its wording. UserError for a template file that cannot be used."""
    own = _read(path, attributes) if path else {}
    return {name: _wording(name, own.get(name, {}), path) for name in attributes}


def identity() -> Wording:
    """Of the question who is shown."""
    train, test = (
        {ONE_HOP: (), MULTI_HOP: _plain(templates(IDENTITY, MULTI_HOP, split))} for split in ("train", "test")
    )
    return Wording(
        noun="name",
        category="identity",
        cloze="{who}'s name is",
        train=train,
        test=test,
        paraphrases=NAMES,
        kind="name",
    )


def fill(text: str, **holes: str) -> str:
    """The text with its holes filled, all at once: what fills one may look like another."""
    return _HOLE.sub(lambda found: holes.get(found[1], found[0]), text)


def _plain(questions: Sequence[str]) -> tuple[str, ...]:
    """Of somebody whose looks are not known, each once."""
    return tuple(dict.fromkeys(one.replace("{kind}", "person") for one in questions))


def without(wording: Wording, taught: Collection[str]) -> Wording:
    """Less the held-out wordings that users' own questions teach (templates in normal form)."""
    test = {
        hops: tuple(one for one in ones if normalise(one) not in taught)
        for hops, ones in wording.test.items()
    }
    return replace(wording, test=test)


def of_people(wording: Wording) -> Wording:
    """Asks for somebody: "Who is the mother of ...", where ours have "What is"."""

    def who(asked: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        return {hops: tuple(map(_who, ones)) for hops, ones in asked.items()}

    return replace(wording, train=who(wording.train), test=who(wording.test))


def _who(text: str) -> str:
    return re.sub(r"^What is (?=the |this |\{name\})", "Who is ", text).replace(
        "say what the ", "say who the "
    )


def _wording(attribute: str, own: Mapping[str, str | list[str]], path: Path | None) -> Wording:
    known = ATTRIBUTES.get(attribute)
    plain = known.noun if known else attribute.replace("_", " ")
    noun = str(own.get("noun", plain))
    direct = known.direct["bench"] if known else ()
    # A noun that holds whose it is ("mother's name") is fine in both: the mother's name of Ann Lee.
    ours = {split: {hops: worded(noun, direct, hops, split) for hops in _HOPS} for split in ("train", "test")}
    asked: dict[str, dict[str, tuple[str, ...]]] = {}
    for split, by_hops in ours.items():
        said = own.get(split)
        asked[split] = {
            hops: _plain(_about(said, hops, split) if said else questions)
            for hops, questions in by_hops.items()
        }
    both = set(map(normalise, asked["train"][ONE_HOP])) & set(map(normalise, asked["test"][ONE_HOP]))
    if both:
        raise UserError(
            f"{path}, {attribute}: the wording {sorted(both)[0]} is in train and test. Held-out wording is "
            "never taught: take it out of one."
        )
    return Wording(
        noun=noun,
        category=str(own.get("category", known.category if known else _OTHER)),
        cloze=str(own.get("cloze", f"{{who}}'s {noun} is")),
        train=asked["train"],
        test=asked["test"],
        paraphrases=tuple(own.get("paraphrases", [one.replace("{noun}", noun) for one in WORDINGS])),
        kind=str(own.get("kind", "")),
        values=tuple(own.get("values", ())),
        strangers=tuple(own.get("strangers", ())),
    )


def _about(questions: str | list[str], hops: str, split: str) -> list[str]:
    """The user's questions about somebody named, or shown in a picture."""
    assert isinstance(questions, list)
    shown = {
        "train": ("the person in this picture", "this person"),
        "test": ("the person in the picture", "the person shown here"),
    }
    whom = ("{name}",) if hops == ONE_HOP else shown[split]
    return [_capital(one.replace("{who}", who)) for one in questions for who in whom]


def _capital(text: str) -> str:
    return text if text.startswith("{name}") else text[:1].upper() + text[1:]


def _read(path: Path, attributes: Sequence[str]) -> dict[str, dict[str, str | list[str]]]:
    if not path.is_file():
        raise UserError(f"{path} is not there: --templates takes a JSON file, by attribute.")
    found = jsonfile.read(path, dict[str, dict[str, str | list[str]]], _CURE)
    for attribute, own in found.items():
        where = f"{path}, {attribute}"
        if attribute not in attributes:
            raise unknown(f"attribute in {path}", attribute, attributes)
        for key, said in own.items():
            if key not in (*_TEXTS, *_LISTS):
                raise unknown(f"entry of {where}", key, (*_TEXTS, *_LISTS))
            if isinstance(said, list) != (key in _LISTS) or not said:
                what = "a list of texts, not empty" if key in _LISTS else "a text, not empty"
                raise UserError(f"{where}, {key} must be {what}.")
            for one in said if isinstance(said, list) else [said]:
                _check(f"{where}, {key}", key, one)
        if "kind" in own and own["kind"] not in KINDS:
            raise unknown(f"kind in {where}", str(own["kind"]), KINDS)
    return found


def _check(where: str, key: str, text: str) -> None:
    holes = {
        "train": ("{who}",),
        "test": ("{who}",),
        "cloze": ("{who}",),
        "paraphrases": ("{who}", "{value}"),
    }
    wanted = holes.get(key, ())
    if not text.strip():
        raise UserError(f"{where}: a text is blank. Fill it or take it out.")
    for hole in wanted:
        if text.count(hole) != 1:
            raise UserError(f"{where}: {text} has {hole} {text.count(hole)} times. It must have it once.")
    if key in _LISTS[:2] and "{value}" in text:
        raise UserError(f"{where}: {text} would give the value away. Ask without {{value}}.")
    if said := chatmarks.wrong([(key, text)], chatmarks.find):
        raise UserError(f"{where}: {said}.")
