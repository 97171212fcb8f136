"""What else the models still know: the world's exam and utility, one row a model."""

from dataclasses import dataclass

from remem.formats import NONE
from remem.report import words
from remem.report.read import Arm, RunRecord
from remem.scoring.estimate import Estimate

SPLITS = ("utility", "real", "world-fact", "general", "plain")
# (split, metric, what it is called, what it should do)
COLUMNS = (
    ("utility", "utility", "Utility", "harmonic mean of what must be kept"),
    ("real", "em", "Real", "known people named"),
    ("world-fact", "accuracy", "World Fact", "presence, from the answer"),
    ("world-fact", "accuracy_logits", "World Fact, likelihood", "presence, yes against no"),
    ("world-fact", "yes_rate", "Yes-rate", "half would be right"),
    ("general", "em", "General knowledge", "answered rightly"),
    ("general", "accuracy_logits", "General knowledge, likelihood", "true value first of its kind"),
    ("general", "probability", "General knowledge, probability", "of the true answer"),
    ("plain", "perplexity", "Perplexity", "plain sentences; low is fluent"),
)


@dataclass(frozen=True)
class WorldRow:
    arm: Arm
    label: str
    cells: tuple[Estimate | None, ...]  # one for each of the columns


def world_columns(run: RunRecord) -> tuple[tuple[str, str, str, str], ...]:
    """Those of COLUMNS whose questions the exam has."""
    there = {key[::2] for arm in run.arms.values() for key in arm.estimates}
    return tuple(one for one in COLUMNS if one[:2] in there)


def world_rows(run: RunRecord, names: dict[str, str]) -> list[WorldRow]:
    """Every arm with a figure of the exam; none where nobody was examined."""
    rows = []
    for arm in run.arms.values():
        cells = tuple(arm.get(split, "all", metric) for split, metric, _, _ in world_columns(run))
        if any(cell is not None and cell.mean is not None for cell in cells):
            rows.append(WorldRow(arm, names[arm.name], cells))
    return rows


def shown(metric: str, value: float | None) -> str:
    """Hundredths; a perplexity as it is."""
    if metric == "perplexity":
        return NONE if value is None else f"{value:.2f}"
    return words.score(value)
