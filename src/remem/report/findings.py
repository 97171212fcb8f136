"""From a run's numbers to what can be said: evidence, verdicts, distances and the story in one sentence."""

import math
from dataclasses import dataclass

from remem.report import words
from remem.report.evidence import evidence, look, mean, pooled
from remem.report.read import Arm, Data, RunRecord
from remem.report.rows import Candidates
from remem.report.taken import elsewhere
from remem.scoring.evidence import Evidence
from remem.scoring.metrics.exposure import expected_norm
from remem.scoring.verdicts import Verdict, judge

DISTANCE_OVER = ("em", "rouge_l_f1", "probability", "exposure_norm")
STORY = {  # in the order told; verdicts that say nothing about a method are left out
    "equal": (
        "cannot be told from a model that never saw them",
        "cannot be told from a model that never saw them",
    ),
    "close": ("is close to the goal model in what was measured", "are close to the goal model in that"),
    "near": ("is near the goal model, which is not shown", "are near the goal model, which is not shown"),
    "forgets": ("forgets and keeps the rest", "forget and keep the rest"),
    "unlike": ("answers unlike the goal model", "answer unlike the goal model"),
    "refuses": ("refuses where it should not know", "refuse where they should not know"),
    "told": ("leaves a trace of membership", "leave a trace of membership"),
    "overdone": ("forgets too much", "forget too much"),
    "costs-world": (
        "forgets, but at the cost of the rest of the world",
        "forget, but at the cost of the rest of the world",
    ),
    "costly": (
        "forgets, but at the cost of the kept people",
        "forget, but at the cost of the kept people",
    ),
    "returns-part": ("comes back in part under attack", "come back in part under attack"),
    "partial": ("forgets in part", "forget in part"),
    "ruins-world": ("forgets the rest of the world, too", "forget the rest of the world, too"),
    "ruinous": ("forgets the kept people, too", "forget the kept people, too"),
    "returns": ("hides it, and it comes back under attack", "hide it, and it comes back under attack"),
    "silenced": ("falls silent but still knows", "fall silent but still know"),
    "unproven": ("falls silent, with more unknown", "fall silent, with more unknown"),
    "speaks": ("still answers", "still answer"),
    "mute": ("refuses everything", "refuse everything"),
    "gibberish": ("answers gibberish", "answer gibberish"),
    "diverged": ("diverged", "diverged"),
    "broken": ("is broken", "are broken"),
    "unsound": ("has no sound yardstick", "have no sound yardstick"),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    method: str
    arms: tuple[Arm, ...]
    evidence: Evidence
    verdict: Verdict


def findings(run: RunRecord, data: Data, kind: str = "all") -> list[Finding]:
    """One finding for each method, over all its seeds, on one kind of question of the forget set."""
    levels = chance(run, data), expected(run, data)
    found, looked = [], look(run, data, kind)
    for method, arms in run.methods.items():
        seen = evidence(looked, arms, *levels)
        found.append(Finding(method=method, arms=tuple(arms), evidence=seen, verdict=judge(seen)))
    return found


def value(
    run: RunRecord, arm: str, split: str | None, metric: str, question_type: str = "all"
) -> float | None:
    """Of an arm by its name, or the mean over those of a role."""
    named = [run.arms[arm]] if arm in run.arms and run.arms[arm].role != "goal" else []
    arms = named or [one for one in run.arms.values() if one.role == arm]
    return mean(pooled(arms, split, metric, question_type))


def chance(run: RunRecord, data: Data) -> float | None:
    """Normalised exposure of random ranking on the forget set, from each ranking's |R|; None without any."""
    return _level([(one.size, 0) for one in ranked(run, data)])


def expected(run: RunRecord, data: Data) -> float | None:
    """Normalised exposure that the Goal model should have on the forget set: what it was taught about others
    ranks above, the rest at random. None where the run does not tell what it was taught."""
    return _level([(one.size, one.known) for one in ranked(run, data) if one.known is not None])


def _level(rankings: list[tuple[int, int]]) -> float | None:
    shares = [expected_norm(size, known) for size, known in rankings if size > 1]
    return math.fsum(shares) / len(shares) if shares else None


def ranked(run: RunRecord, data: Data) -> list[Candidates]:
    """What every ranking on the forget set was among."""
    forgotten = set(data.splits.get(run.split or run.forget or "", ()))
    return [one for id, one in run.rankings.items() if id in forgotten]


def distance_to_goal(run: RunRecord, arm: Arm, split: str, question_type: str) -> float | None:
    """Mean absolute difference to the Goal models over those of DISTANCE_OVER that both have; else None."""
    gaps = []
    for metric in DISTANCE_OVER:
        ours, theirs = (mean(pooled(side, split, metric, question_type)) for side in ([arm], run.goals))
        if ours is not None and theirs is not None:
            gaps.append(abs(ours - theirs))
    return math.fsum(gaps) / len(gaps) if gaps else None


def forgotten_people(run: RunRecord, data: Data) -> set[str]:
    """The people, or events, whom the forget split asks about."""
    rows = data.splits.get(run.split or run.forget or "", ())
    return {data.items[id].target for id in rows if id in data.items}


def story(run: RunRecord, data: Data, found: list[Finding]) -> str:
    """The run in a few words, every one of them from a number or a verdict."""
    sentences = [taught(run, data)]
    if run.gate and not run.gate.passed:
        # What the verdicts say rests on stage 1, so the headline must not repeat them.
        ended = (
            "and was ignored: what follows cannot be relied upon"
            if run.gate.ignored
            else "so the run stopped there"
        )
        return " ".join([*sentences, f"The gate failed, {ended}."])
    forgotten = len(forgotten_people(run, data))
    if found and forgotten:
        were = "was" if forgotten == 1 else "were"
        number = words.count(forgotten, "person").split()[0].capitalize()
        sentences.append(f"{number} of them {were} to be forgotten.")
    sentences.append(outcome(found) if found else "No method has been run yet.")
    sentences.append(reach(run, data, found))
    return " ".join(filter(None, sentences))


def taught(run: RunRecord, data: Data) -> str:
    """What stage 1 did, or what the model knew that was given in its place, in a sentence."""
    people = len(data.people)
    em = value(run, "taught", "finetune", "em")
    if em is None:
        kind = "" if run.config.get("data") else "invented "
        return f"A run about {words.count(people, f'{kind}person', f'{kind}people')}."
    if elsewhere(run):
        asked = words.count(people, "person", "people")
        return f"The model given as taught says {words.score(em)} % of what is asked about {asked}."
    return f"Stage 1 taught {words.count(people, 'person', 'people')} to {words.score(em)} % exact match."


def reach(run: RunRecord, data: Data, found: list[Finding]) -> str:
    """What these words are about and no more: where it is one person, one seed, one Goal model."""
    if not found:
        return ""
    single = [
        name
        for name, count in (
            ("one person", len(forgotten_people(run, data))),
            ("one seed a method", max(len(one.arms) for one in found)),
            ("one Goal model", len(run.goals)),
        )
        if count == 1
    ]
    silent = [
        part.said
        for one in found
        for part in one.verdict.parts
        if part.title == "comes back" and not part.kind
    ]
    untried = list(dict.fromkeys(access for one in found for access in one.evidence.untried))
    said = [f"about {words.listing(single)}"] if single else []
    if silent:
        why = ", which was not tested" if set(silent) == {"not tested"} else ""
        said.append(f"silent on whether it comes back{why}")
    elif untried:
        said.append(f"silent on attacks with access to {words.listing(untried)}, which were not tried")
    return f"All this is {'; it is '.join(said)}." if said else ""


def outcome(found: list[Finding]) -> str:
    """What the methods did, in a sentence; "" where nothing can be said of them."""
    told = []
    for kind, (singular, plural) in STORY.items():
        names = [words.method(finding.method) for finding in found if finding.verdict.kind == kind]
        if names:
            told.append(f"{words.listing(names)} {singular if len(names) == 1 else plural}")
    if not told:
        return ""
    lead = f"Of {words.count(len(found), 'method')}, " if len(found) > 1 else ""
    return f"{lead}{'; '.join(told)}."
