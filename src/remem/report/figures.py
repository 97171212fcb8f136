"""Which figures a run has, from its numbers."""

from dataclasses import dataclass

from markupsafe import Markup

from remem.report import words
from remem.report.bars import Bar, state_bars
from remem.report.comparison import labels
from remem.report.curves import curve, small_multiples
from remem.report.findings import Finding, chance, expected, value
from remem.report.read import Arm, Data, RunRecord
from remem.report.scatter import Level, Point, Zone, scatter
from remem.report.svg import Figure
from remem.scoring.metrics import STATES
from remem.scoring.rules import GONE, KNOWS

COLOURS = 8  # --m0 … --m7 of the palette


@dataclass(frozen=True)
class Figures:
    """What could be drawn; None or empty where the numbers are absent."""

    leak: Figure | None
    tradeoff: Figure | None
    states: Figure | None
    curves: Figure | None
    curve_list: list[Markup]
    undrawn: list[str]  # arms without a point in the first two figures

    def files(self) -> dict[str, Figure]:
        named = {"leak": self.leak, "tradeoff": self.tradeoff, "states": self.states, "curves": self.curves}
        return {name: figure for name, figure in named.items() if figure}


def figures(run: RunRecord, data: Data, found: list[Finding]) -> Figures:
    names = labels(run)
    leak = _points(run, names, (run.forget, "em"), (run.forget, "exposure_norm"))
    there = any(arm.get("kept", "all", "em") for arm in run.arms.values())
    cost = _points(run, names, ("kept" if there else "retain", "em"), (run.forget, "em"))
    drawn = {point.label for point in leak}
    curves = [c for arm in run.arms.values() if (c := curve(arm, names[arm.name]))]
    whole, singles = small_multiples(curves) if curves else (None, [])
    return Figures(
        leak=_leak(run, data, leak, found) if leak else None,
        tradeoff=_tradeoff(cost) if cost else None,
        states=_states(run, names),
        curves=whole,
        curve_list=singles,
        undrawn=[label for label in names.values() if label not in drawn],
    )


def _points(
    run: RunRecord, names: dict[str, str], x: tuple[str | None, str], y: tuple[str | None, str]
) -> list[Point]:
    colours = {method: place % COLOURS for place, method in enumerate(run.methods)}
    points = []
    for name, arm in run.arms.items():
        across, up = arm.get(x[0], "all", x[1]), arm.get(y[0], "all", y[1])
        if across and up and across.mean is not None and up.mean is not None:
            role = "method" if arm.method else name
            note = ", diverged" if arm.diverged else ""
            points.append(Point(names[name], role, colours.get(arm.method or "", 0), across, up, note))
    return points


def _leak(run: RunRecord, data: Data, points: list[Point], found: list[Finding]) -> Figure:
    references = (
        Level("taught", v, "of-taught")
        if (v := value(run, "taught", run.forget, "exposure_norm")) is not None
        else None,
        Level("goal", v, "of-goal")
        if (v := value(run, "goal", run.forget, "exposure_norm")) is not None
        else None,
        Level("chance", v, "of-chance") if (v := chance(run, data)) is not None else None,
        Level("goal, expected", v, "of-chance") if (v := expected(run, data)) is not None else None,
    )
    return scatter(
        title="What still leaks: exposure against exact match on the forget set",
        x_title="exact match, forget set",
        y_title="exposure, forget set",
        points=points,
        levels=[level for level in references if level],
        zone=_zone(run, found),
        path=False,
    )


def _zone(run: RunRecord, found: list[Finding]) -> Zone | None:
    """The corner of the rule "silences, does not erase", in the units of the figure."""
    if not found:
        return None
    e = found[0].evidence  # the references are the same for every method
    floor, taught, known = e.floor, e.said.taught, e.exposure.taught
    if taught is None or known is None or floor is None or known <= floor:
        return None
    gone = e.said.goal or 0.0
    silent = gone + GONE * (taught - gone)
    return Zone("silent, but still knows", silent, floor + KNOWS * (known - floor))


def _tradeoff(points: list[Point]) -> Figure:
    return scatter(
        title="What it cost: exact match on the forget set against exact match on what was never rehearsed",
        x_title="exact match, kept and never rehearsed",
        y_title="exact match, forget set",
        points=points,
        levels=[],
        zone=None,
        path=True,
        sizes=((440, 470), (380, 400)),
    )


def _states(run: RunRecord, names: dict[str, str]) -> Figure | None:
    bars = [Bar(names[name], _shares(run, arm)) for name, arm in run.arms.items()]
    if all(share is None for bar in bars for share in bar.shares):
        return None
    return state_bars(f"Four states of an answer, {words.split(run.forget or '')}", bars)


def _shares(run: RunRecord, arm: Arm) -> tuple[float | None, ...]:
    return tuple(value(run, arm.name, run.forget, f"state_{state}") for state in STATES)
