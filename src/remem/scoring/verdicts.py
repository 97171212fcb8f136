"""What one method did, part by part, by rules that are written down in advance.

A model that never saw the forgotten people is what forgetting should end in, and it is looked at from all
sides: does it say it, does it know it, can membership be told, what do the kept pay, what does the world pay,
does it come back. The word for the whole is that of the worst part, so that no part can be paid for by
another; what was not measured is named, and nothing is called equal while something was not.

Words for what is wrong read point estimates, and are borderline where an end of an interval would give
another. "Close" is never the absence of a difference: it must be shown, by two one-sided tests, that every
number of a part is within MARGIN of the Goal models' (of the taught model's, where something should stay).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from remem.formats import hundredths as score
from remem.scoring.differences import MARGIN
from remem.scoring.evidence import TAUGHT, Evidence, Gap, Returned, Seen, Spanned
from remem.scoring.rules import COMES, GONE, KNOWS, MOST, PART_WORDS, PAYS, RUINED, RULES, SPEAKS, STAYS

_SETTLED = (
    "near",
    "close",
    "equal",
    "unmeasured",
    "unknown-before",
    "untaught",
    "unsound",
    "broken",
    "diverged",
)
_PLACE = {kind: place for place, kind in enumerate(RULES)}


class Part(NamedTuple):
    """One side of a method. `kind`: a key of RULES; "" where it was not measured."""

    title: str
    kind: str
    said: str  # the numbers, in a few words

    @property
    def word(self) -> str:
        """What the part is called by the rule that it earned."""
        own = {"the kept": STAYS, "the world": STAYS, "comes back": COMES}.get(self.title, {})
        return own.get(self.kind) or PART_WORDS[self.kind]

    @property
    def tone(self) -> str:
        return RULES[self.kind].tone if self.kind else "unknown"


class Verdict(NamedTuple):
    kind: str  # a key of RULES
    heading: str
    sentence: str
    tone: str  # good, mixed, bad or unknown
    firm: bool  # False: an end of an interval would give another verdict
    parts: tuple[Part, ...] = ()

    @property
    def unmeasured(self) -> list[str]:
        """Titles of the parts that were not measured."""
        return [part.title for part in self.parts if not part.kind]


def judge(evidence: Evidence) -> Verdict:
    """The verdict on one method: of each part, and of the whole, which is that of the worst."""
    parts = tuple(_parts(evidence))
    kind = _whole(evidence, parts)
    rule = RULES[kind]
    # What is near is not shown, and says so already.
    others = (_whole(moved, tuple(_parts(moved))) for moved in evidence.moved())
    firm = kind in _SETTLED or all(other in (kind, "near") for other in others)
    return Verdict(kind, rule.heading, _sentence(kind, evidence, parts), rule.tone, firm, parts)


def left(value: float | None, taught: float | None, floor: float | None) -> float | None:
    """The share left of what teaching added: 1 as taught, 0 as the floor; None where it added nothing."""
    if value is None or taught is None or floor is None or taught - floor < TAUGHT:
        return None
    return (value - floor) / (taught - floor)


def said_left(evidence: Evidence) -> float | None:
    """Of what the model says, as unlearnt or in other words and on other pictures, whichever leaves more.

    The floor is the Goal models', else strangers', else 0. None where the rows were not learnt.
    """
    said, again = (
        left(seen.mean, seen.taught, seen.least or 0.0) for seen in (evidence.said, evidence.again)
    )
    return said if said is None or again is None else max(said, again)


def exposure_left(evidence: Evidence) -> float | None:
    """Of exposure; see `Evidence.floor`."""
    return left(evidence.exposure.mean, evidence.exposure.taught, evidence.floor)


def _parts(evidence: Evidence) -> Iterator[Part]:
    yield Part("says it", _saying(evidence), _numbers(evidence))
    yield Part("knows it", _knowing(evidence), _known(evidence))
    yield Part("membership", _membership(evidence), _pair("AUC", evidence.membership))
    yield Part("the kept", _staying(evidence.kept, "costly", "ruinous"), _paid(evidence.kept))
    yield Part("the world", _staying(evidence.world, "costs-world", "ruins-world"), _paid(evidence.world))
    yield Part("comes back", _returning(evidence), _returned(evidence))


def _whole(evidence: Evidence, parts: tuple[Part, ...]) -> str:
    said = said_left(evidence)
    if evidence.said.mean is None:
        return "unmeasured"
    if evidence.said.taught is None:
        return parts[0].kind or "unknown-before"
    if said is None:
        return "untaught"
    if _unsound(evidence):
        return "unsound"
    if evidence.broken:
        return "broken"
    if evidence.diverged:
        return "diverged"
    worst = min((part.kind for part in parts if part.kind), key=_PLACE.__getitem__)
    # Without these neither erasure nor its price is known, whatever else looks well.
    if _PLACE[worst] > _PLACE["unproven"] and not (parts[1].kind and parts[3].kind):
        return "unproven"
    whole = all(part.kind for part in parts) and not evidence.untried
    if worst == "equal" and not (whole and min(evidence.goals, evidence.seeds) > 1):
        return "close"
    return worst


def _unsound(evidence: Evidence) -> bool:
    """Whether the Goal models are no yardstick: they did not keep what they were taught, or babble."""
    pairs = [(seen.goal, seen.taught) for seen in evidence.kept.values()]
    lost = any(goal < (1 - RUINED) * taught for goal, taught in pairs if goal is not None and taught)
    return lost or (evidence.degenerate.goal or 0.0) >= MOST


def _saying(evidence: Evidence) -> str:
    said = said_left(evidence)
    if said is None:
        return _unknown_before(evidence)
    if _more(evidence.degenerate):
        return "gibberish"
    refuses = _more(evidence.refused)
    if refuses and (evidence.kept_refused or 0.0) >= MOST:
        return "mute"
    if said >= SPEAKS:
        return "speaks"
    if said > GONE:
        return "partial"
    if refuses:
        return "refuses"
    if _beyond(evidence.rouge):
        return "unlike"
    # Few questions are held out: they cannot show much, and must not say otherwise.
    return "forgets" if _apart(evidence.again) > MARGIN else _nearness([evidence.said, evidence.rouge])


def _unknown_before(evidence: Evidence) -> str:
    """Without a taught model: what is said is at least that share of what it knew; silence says nothing."""
    if evidence.said.taught is not None:
        return ""
    seen = [left(one.mean, 1.0, one.least or 0.0) for one in (evidence.said, evidence.again)]
    most = max((share for share in seen if share is not None), default=0.0)
    return "speaks" if most >= SPEAKS else "partial" if most > GONE else ""


def _more(seen: Seen) -> bool:
    """Whether a share of the answers is most of them, and is not so for who never knew."""
    return (seen.mean or 0.0) >= MOST and (seen.least or 0.0) < MOST


def _knowing(evidence: Evidence) -> str:
    seen = evidence.probability
    shares = (exposure_left(evidence), left(seen.mean, seen.taught, seen.least))
    known = [share for share in shares if share is not None]
    if not known:
        return ""
    most = max(known)
    if most >= KNOWS:
        return "silenced" if (said_left(evidence) or 0.0) <= GONE else "partial"
    if most > GONE:
        return "partial"
    both = [evidence.exposure, evidence.probability]
    if any(_beyond(one) and (one.mean or 0.0) < (one.goal or 0.0) for one in both):
        return "overdone"
    return _nearness(both)


def _membership(evidence: Evidence) -> str:
    seen = evidence.membership
    if seen.mean is None:
        return ""
    # Without a Goal model a half is what no trace gives, but for how easy two sets are to spell.
    if _beyond(seen) or (seen.goal is None and abs(seen.mean - 0.5) > MARGIN):
        return "told"
    return _nearness([seen])


def _staying(kinds: Mapping[str, Seen], pays: str, ruined: str) -> str:
    there = [(share, seen.gap) for seen in kinds.values() if (share := _lost(seen)) is not None]
    if not there:
        return ""
    lost = max((share for share, gap in there if gap is None or _shown(gap)), default=0.0)
    if lost >= RUINED:
        return ruined
    if lost > PAYS:
        return pays
    # What should stay may grow: only what is lost counts.
    shown = all(gap is not None and (ends := gap.ends(0.9)) and ends[0] > -MARGIN for _, gap in there)
    return "equal" if shown else "near"


def _returning(evidence: Evidence) -> str:
    """What the worst attacks bring back. What was there without them is charged by what it says and knows."""
    there = [one for one in evidence.back.values() if one.share is not None]
    if not there:
        return ""
    if any((one.brought or 0.0) >= KNOWS and _over(GONE, one.share, one.back) for one in there):
        return "returns"
    if any((one.brought or 0.0) > GONE and _over(0.0, one.share, one.back) for one in there):
        return "returns-part"
    if any((_mean(one.share) or 0.0) > GONE and _over(0.0, one.share) for one in there):
        return "speaks" if (said_left(evidence) or 0.0) >= SPEAKS else "partial"
    gaps = [one.gap for one in evidence.back.values()]
    if any((_mean(gap) or 0.0) > MARGIN for gap in gaps):
        return "forgets"
    # An attack may work less well than on the Goal models: only what comes back counts.
    ends = [gap.ends(0.9) if gap is not None else None for gap in gaps]
    return "equal" if all(end is not None and end[1] < MARGIN for end in ends) else "near"


def _over(least: float, *spans: Spanned | None) -> bool:
    """Whether all are shown to be more: their 90 % intervals lie above."""
    ends = [one.ends(0.9) if one is not None else None for one in spans]
    return all(end is not None and end[0] > least for end in ends)


def _mean(one: Spanned | None) -> float | None:
    return one.mean if one is not None else None


def _shown(loss: Gap) -> bool:
    """Whether a loss is shown: its 90 % interval lies below 0."""
    ends = loss.ends(0.9)
    return ends is not None and ends[1] < 0


def _beyond(seen: Seen) -> bool:
    """Whether a measure is further than MARGIN from the Goal models', and some difference is shown."""
    ends = seen.gap.ends(0.9) if seen.gap is not None else None
    shown = seen.gap is None or (ends is not None and not ends[0] <= 0 <= ends[1])
    return _apart(seen) > MARGIN and shown


def _lost(seen: Seen) -> float | None:
    """The share of what was there that is gone."""
    if seen.mean is None or not seen.yard:
        return None
    return 1 - seen.mean / seen.yard


def _apart(seen: Seen) -> float:
    return 0.0 if seen.mean is None or seen.goal is None else abs(seen.mean - seen.goal)


def _nearness(seen: list[Seen]) -> str:
    """How close measures are to the Goal models' that are gone already."""
    there = [one for one in seen if one.mean is not None]
    if any(one.goal is None or _apart(one) > MARGIN for one in there):
        return "forgets"
    return "equal" if all(one.gap is not None and one.gap.within(MARGIN) for one in there) else "near"


def _sentence(kind: str, evidence: Evidence, parts: tuple[Part, ...]) -> str:
    if kind == "unmeasured":
        return "What it says on the forget set is not known."
    if kind == "unknown-before":
        return f"{_numbers(evidence)}; of a taught model nothing is known."
    if kind == "untaught":
        if (evidence.said.taught or 0.0) >= TAUGHT:
            who = "The Goal model says" if evidence.said.goal is not None else "Of strangers it says"
            return f"{who} it, too: {_numbers(evidence)}."
        return f"The taught model reaches only {score(evidence.said.taught)} exact match on the forget set."
    if kind == "broken":
        return f"{evidence.broken[0].upper()}{evidence.broken[1:]}."
    # The parts that decide; of what is well, all.
    told = [part for part in parts if part.kind == kind] or [part for part in parts if part.kind]
    text = "; ".join(f"{part.title}: {part.said}" for part in told) + "."
    if evidence.diverged:
        which = "" if evidence.seeds == 1 else f" in {evidence.diverged} of {evidence.seeds} seeds"
        text = f"diverged{which}{evidence.divergence}; the last good state gives {text}"
    return text[0].upper() + text[1:]


def _numbers(evidence: Evidence) -> str:
    text = _pair(evidence.name, evidence.said, evidence.said.taught)
    if evidence.again.mean is not None:
        text += f", {_pair('held out', evidence.again, evidence.again.taught)}"
    if (evidence.degenerate.mean or 0.0) >= MOST:
        text += f", {score(evidence.degenerate.mean, 0)} % of the answers empty or repeating"
    elif (evidence.refused.mean or 0.0) >= MOST:
        text += f", refusing {score(evidence.refused.mean, 0)} %"
    return text + (f", {_pair('ROUGE-L', evidence.rouge)}" if evidence.rouge.mean is not None else "")


def _known(evidence: Evidence) -> str:
    exposure, likely = evidence.exposure, evidence.probability
    told = []
    if exposure.mean is not None:
        levels = [("expected", evidence.expected), ("chance", evidence.chance)]
        beside = ", ".join(f"{name} {score(value)}" for name, value in levels if value is not None)
        told.append(_pair("exposure", exposure, exposure.taught) + (f" ({beside})" if beside else ""))
    if likely.mean is not None:
        told.append(_pair("probability", likely, likely.taught))
    return ", ".join(told) or "not measured"


def _returned(evidence: Evidence) -> str:
    """The worst attack in numbers, then what the other kinds of access bring out."""
    there = sorted(evidence.back.values(), key=_weight, reverse=True)
    if not there:
        return evidence.unread
    if not _returning(evidence):
        known = evidence.said.taught is not None
        why = "teaching added nothing to recover" if known else "what was known before is not known"
        return f"attacked, but {why}"
    first = there[0]
    text = f"{first.access} ({first.setting}): {first.measure} {score(first.ours)} "
    text += f"({first.control} {score(first.goal)})"
    share, back = _mean(first.share), _mean(first.back)
    if share is not None:
        text += f", recovered {score(share, 0)} %"
        text += f", without it {score(share - back, 0)} %" if back is not None else ""
    most: dict[str, Returned] = {}
    for one in there[1:]:
        most.setdefault(one.access, one)
    told = [
        f"{access} {score(_mean(one.share), 0)} %"
        for access, one in most.items()
        if access != first.access and one.share is not None
    ]
    text += f"; {', '.join(told)}" if told else ""
    return text + (f"; not tried: {', '.join(evidence.untried)}" if evidence.untried else "")


def _weight(one: Returned) -> tuple[float, float, float]:
    """The worst last: what is brought back, else what is there."""
    brought, share = one.brought, _mean(one.share)
    least = float("-inf")
    charged = brought if brought is not None and brought > GONE and _over(0.0, one.share, one.back) else least
    return charged, least if share is None else share, one.ours - one.goal


def _pair(name: str, seen: Seen, taught: float | None = None) -> str:
    if seen.mean is None:
        return "not measured"
    beside = [f"taught {score(taught)}"] if taught is not None else []
    if seen.least is not None:
        beside.append(f"{'strangers' if seen.goal is None else 'goal'} {score(seen.least)}")
    return f"{name} {score(seen.mean)}" + (f" ({', '.join(beside)})" if beside else "")


def _paid(kinds: Mapping[str, Seen]) -> str:
    told = [
        f"{name} {score(seen.mean)} of {score(seen.yard)}"
        for name, seen in kinds.items()
        if seen.mean is not None and seen.yard is not None
    ]
    return ", ".join(told) or "not measured"
