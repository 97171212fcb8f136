"""One person's request as a document, from a run over the model before and the model after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from remem import __version__
from remem.data import strangers
from remem.data.dataset import Dataset, value
from remem.data.listed.kinds import kind_of
from remem.given import words
from remem.given.document import (
    Attack,
    Cost,
    Document,
    Guard,
    Judged,
    Measure,
    Shown,
    Stated,
    Subject,
    Verdict,
)
from remem.given.person import Person, measured
from remem.models.names import Prints
from remem.report.read import Arm, RunRecord
from remem.report.taken import equal, guards
from remem.scoring.facts import fact
from remem.scoring.honoured import THRESHOLDS, Found, Part, honoured
from remem.steps.provenance import read_provenance
from remem.steps.sealed import read_record
from remem.text import normalise
from remem.training import outcome as outcome_of

ROLES = {"taught": "before", "given": "after", "goal": "never"}
BROKEN = ("finite", "speaks", "ends", "sees")  # checks without which a model after proves nothing
SHORTEST = 4  # letters of what is looked for in an answer that is shown
WITHHELD = "(The answer is about somebody else, too, and is not shown.)"
WORK = {"model": "opened", "responses": "asked", "strangers": "asked", "world": "asked"}


def document(
    root: Path,
    run: RunRecord,
    data: Dataset,
    person: str,
    stated: Stated,
    subject: str,
    command: str,
    show: bool = False,
) -> Document:
    """What the run at `root` shows of a person. `subject`: their salted hash."""
    about = Person(run, data, person)
    parts, member, attacks = measured(about), about.membership(), about.attacks()
    checks = [_guard(arm, one) for arm in run.arms.values() if arm.role in ROLES for one in guards(run, arm)]
    same = any({about.before.name, about.after.name} <= set(names) for names in equal(run))
    sound = not any(_breaks(one, checks) for one in checks)
    found = outcome(about, parts, member, attacks, same=same, sound=sound)
    return Document(
        version=__version__,
        libraries=_libraries(run),
        made=date.today().isoformat(),
        seed=int(run.config.get("seed", 0)),
        floor="never" if run.goals else "strangers",
        stated=stated,
        subject=_subject(about, subject),
        models=[_judged(arm) for arm in run.arms.values() if arm.role in ROLES],
        same=same,
        guards=checks,
        known=parts["known"],
        says=parts["says"],
        knows=parts["knows"],
        membership=[member],
        attacks=attacks,
        others=about.others(),
        verdict=Verdict(
            outcome=found.outcome,
            because=[words.because(part.side, part.name, part.word) for part in found.because],
            untested=_untested(found, about),
            rule=dict(THRESHOLDS),
        ),
        cost=_cost(run),
        evidence=_evidence(root, run),
        command=command,
        shown=_shown(about) if show else [],
    )


def outcome(
    about: Person,
    parts: Mapping[str, Sequence[Measure]],
    member: Measure,
    attacks: Sequence[Attack],
    *,
    same: bool = False,
    sound: bool = True,
) -> Found:
    """The answer by the written rule."""
    return honoured(
        [Part("known before", one.name, one.word) for one in parts["known"]],
        [
            *(Part("says", one.name, one.word) for one in parts["says"]),
            *(Part("knows", one.name, one.word) for one in parts["knows"]),
            *(Part("comes back", f"{one.access}, {one.measure.name}", one.measure.word) for one in attacks),
            Part("membership", member.name, _decides(member, bool(about.run.goals))),
        ],
        same=same,
        sound=sound,
    )


def _decides(member: Measure, controlled: bool) -> str:
    """Too likely, beside a model that was never taught: that is left."""
    above = member.after is not None and member.floor is not None and member.after > member.floor
    return "left" if controlled and above and member.word == "told" else member.word


def _guard(arm: Arm, one: outcome_of.Guard) -> Guard:
    what = one.what.replace("the taught model", "the model before")
    return Guard(name=one.guard, role=ROLES[arm.role], passed=one.passed, what=what)  # type: ignore[arg-type]


def _breaks(one: Guard, checks: Sequence[Guard]) -> bool:
    """A failed check that spoils the answer. What fails before as well is no fault of what was done since."""
    before = any(other.name == one.name and other.role == "before" and not other.passed for other in checks)
    return not one.passed and one.name in BROKEN and one.role == "after" and not before


def _untested(found: Found, about: Person) -> list[str]:
    access = [f"attacks with access to {one}" for one in about.attacked.untried]
    pictures = [] if any(about.data.items[id].image_path for id in about.rows) else ["questions on pictures"]
    again = [] if about.again else ["words and views that were never taught"]
    sides = [words.SIDES[side][2] for side in found.untested]
    return [*sides, *access, *pictures, *again]


def _subject(about: Person, subject: str) -> Subject:
    items = [about.data.items[id] for id in about.rows]
    kinds: dict[str, int] = {}
    for _, attribute, held in sorted({(*one.fact[:2], value(one)) for one in _one_a_fact(about)}):
        kind = kind_of(attribute, [held])
        kinds[kind] = kinds.get(kind, 0) + 1
    unknown = strangers.read(about.data.root)
    taught = {about.data.items[id].person for id in about.data.splits["finetune"]}
    forgotten = {about.data.items[id].person for id in about.data.splits[about.run.forget or ""]}
    return Subject(
        hash=subject,
        facts=len({fact(one) for one in items}),
        questions=len(items),
        pictures=len({about.data.image_key(one.id) for one in items if one.image_path}),
        kinds=kinds,
        others=len(taught - forgotten),
        strangers=len(unknown.people) if unknown else 0,
    )


def _one_a_fact(about: Person) -> list[Any]:
    found: dict[object, Any] = {}
    for id in about.rows:
        found.setdefault(fact(about.data.items[id]), about.data.items[id])
    return list(found.values())


def _judged(arm: Arm) -> Judged:
    told = {name: getattr(arm.given, name) for name in Prints.__dataclass_fields__}
    return Judged(role=ROLES[arm.role], **told)  # type: ignore[arg-type]


def _libraries(run: RunRecord) -> dict[str, str]:
    found: dict[str, str] = {}
    for arm in run.arms.values():
        for record in arm.provenance.values():
            found |= record.versions
    return dict(sorted(found.items()))


def _cost(run: RunRecord) -> Cost:
    seconds: dict[str, float] = {}
    machine = ""
    for arm in run.arms.values():
        for path in sorted(arm.folder.glob("*/provenance.json")):
            record, step = read_provenance(path.parent), path.parent.name
            work = "attacked" if step.startswith(("attack-", "control-")) else WORK.get(step, "scored")
            seconds[work] = round(seconds.get(work, 0.0) + (record.seconds or 0.0), 1)
            machine = f"{record.machine}, {record.platform}"
    return Cost(seconds=dict(sorted(seconds.items())), machine=machine)


def _evidence(root: Path, run: RunRecord) -> dict[str, str]:
    """Every finished step of the run's arms, and the digest of all that it holds."""
    found = {}
    for folder in sorted(root.glob("*/*")):
        if folder.parent.name in run.arms and (sealed := read_record(folder)) is not None:
            found[sealed.step] = sealed.content
    return found


def _shown(about: Person) -> list[Shown]:
    before, after = about.before.answers, about.after.answers
    others = _of_others(about)
    return [
        Shown(
            question=one.question,
            value=value(one),
            before=_own(before.get(id, ""), others),
            after=_own(after.get(id, ""), others),
        )
        for id in about.rows
        for one in (about.data.items[id],)
    ]


def _of_others(about: Person) -> set[str]:
    """Names and values of everybody else: who is told of one person is told nothing of another."""
    said = {person: set(map(normalise, values_of(about.data, person))) for person in about.data.people}
    own = said.pop(about.person, set())
    return {one for held in said.values() for one in held - own if len(one) >= SHORTEST}


def _own(answer: str, others: set[str]) -> str:
    plain = normalise(answer)
    return WITHHELD if any(one in plain for one in others) else answer


def values_of(about: Dataset, person: str) -> list[str]:
    """Every value, answer and name of a person in a data set: what must not stand in a document."""
    found: dict[str, None] = {}
    for item in about.items.values():
        if item.person == person:
            found |= dict.fromkeys((*item.keywords, value(item)))
    name = about.names.get(person, "")
    pieces = [piece for piece in normalise(name).split() if len(piece) > 2]
    return [one for one in (*found, name, *pieces) if one.strip()]
