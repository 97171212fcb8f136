"""From a run's numbers to what can be said: evidence, verdicts, distances and the story in one sentence."""

import math
from dataclasses import dataclass

from remem.report import words
from remem.report.read import Arm, Candidates, Data, RunRecord
from remem.scoring.estimate import Estimate
from remem.scoring.metrics.exposure import expected_norm
from remem.scoring.verdicts import Evidence, Verdict, judge

DISTANCE_OVER = ("em", "rouge_l_f1", "probability", "exposure_norm")
STORY = {  # in the order told; verdicts that say nothing about a method are left out
    "close": ("comes close to the model that never saw them", "come close to the model that never saw them"),
    "forgets": ("forgets and keeps the rest", "forget and keep the rest"),
    "costly": (
        "forgets, but at the cost of the retained people",
        "forget, but at the cost of the retained people",
    ),
    "overdone": ("forgets too much", "forget too much"),
    "partial": ("forgets in part", "forget in part"),
    "silenced": ("falls silent but still knows", "fall silent but still know"),
    "unproven": ("falls silent, with more unknown", "fall silent, with more unknown"),
    "speaks": ("still answers", "still answer"),
    "diverged": ("diverged", "diverged"),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    method: str
    arms: tuple[Arm, ...]
    evidence: Evidence
    verdict: Verdict


def findings(run: RunRecord, data: Data) -> list[Finding]:
    """One finding for each method; its seeds are pooled: mean of the means, widest ends of the intervals."""
    found = []
    for method, arms in run.methods.items():
        evidence = _evidence(run, arms, data)
        found.append(Finding(method=method, arms=tuple(arms), evidence=evidence, verdict=judge(evidence)))
    return found


def _evidence(run: RunRecord, arms: list[Arm], data: Data) -> Evidence:
    forget, retain = run.forget, "retain"
    diverged = [arm.divergence for arm in arms if arm.diverged]

    def reference(arm: str, split: str | None, metric: str) -> float | None:
        return value(run, arm, split, metric)

    return Evidence(
        em=pooled(arms, forget, "em"),
        exposure=pooled(arms, forget, "exposure_norm"),
        retain=pooled(arms, retain, "em"),
        taught_em=reference("taught", forget, "em"),
        taught_exposure=reference("taught", forget, "exposure_norm"),
        taught_retain=reference("taught", retain, "em"),
        goal_em=reference("goal", forget, "em"),
        goal_exposure=reference("goal", forget, "exposure_norm"),
        goal_retain=reference("goal", retain, "em"),
        chance=chance(run, data),
        refused=_mean(pooled(arms, forget, "state_refused")),
        degenerate=_mean(pooled(arms, forget, "state_degenerate")),
        seeds=len(arms),
        diverged=len(diverged),
        divergence=_divergence(diverged[0]) if diverged else "",
    )


def value(
    run: RunRecord, arm: str, split: str | None, metric: str, question_type: str = "all"
) -> float | None:
    """Of an arm by its name, or of the first of a role."""
    there = run.arms.get(arm) or next((one for one in run.arms.values() if one.role == arm), None)
    return _mean(there.get(split, question_type, metric) if there else None)


def pooled(arms: list[Arm], split: str | None, metric: str, question_type: str = "all") -> Estimate | None:
    """Over the seeds of a method: mean of the means, widest ends of the intervals."""
    all_found = [
        found for arm in arms if (found := arm.get(split, question_type, metric)) and found.mean is not None
    ]
    if not all_found:
        return None
    lows = [found.low for found in all_found if found.low is not None]
    highs = [found.high for found in all_found if found.high is not None]
    return Estimate(
        mean=math.fsum(found.mean for found in all_found if found.mean is not None) / len(all_found),
        low=min(lows, default=None),
        high=max(highs, default=None),
    )


def _mean(estimate: Estimate | None) -> float | None:
    return estimate.mean if estimate else None


def _divergence(record: dict[str, object]) -> str:
    step, why = record.get("step"), record.get("why")
    return (f" at step {step}" if step is not None else "") + (f" ({why})" if why else "")


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
    forgotten = set(data.splits.get(run.forget or "", ()))
    return [one for id, one in run.rankings.items() if id in forgotten]


def distance_to_goal(run: RunRecord, arm: Arm, split: str, question_type: str) -> float | None:
    """Mean absolute difference to the goal model over those of DISTANCE_OVER that both have; None if none."""
    goal = run.goal
    if goal is None:
        return None
    gaps = []
    for metric in DISTANCE_OVER:
        ours, theirs = (
            _mean(arm.get(split, question_type, metric)),
            _mean(goal.get(split, question_type, metric)),
        )
        if ours is not None and theirs is not None:
            gaps.append(abs(ours - theirs))
    return math.fsum(gaps) / len(gaps) if gaps else None


def forgotten_people(run: RunRecord, data: Data) -> set[str]:
    return {data.items[id].person for id in data.splits.get(run.forget or "", ()) if id in data.items}


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
    return " ".join(filter(None, sentences))


def taught(run: RunRecord, data: Data) -> str:
    """What stage 1 did, in a sentence."""
    people = len(data.people)
    em = value(run, "taught", "finetune", "em")
    if em is None:
        kind = "" if run.config.get("data") else "invented "
        return f"A run about {words.count(people, f'{kind}person', f'{kind}people')}."
    return f"Stage 1 taught {words.count(people, 'person', 'people')} to {words.score(em)} % exact match."


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
