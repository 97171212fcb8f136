"""How numbers and names are written on the page."""

from typing import Any, Protocol

from remem.formats import NONE, hundredths, plain
from remem.methods import METHODS as ALL_METHODS
from remem.scoring.metrics import Metric, all_metrics

SPLITS = {
    "finetune": "Everything taught",
    "retain": "Retain set",
    "kept": "Kept: never rehearsed",
    "rehearsed": "Rehearsed: drawn at least once",
    "kept-same": "Kept: other questions about rehearsed facts",
    "kept-facts": "Kept: other facts of the same people",
    "kept-people": "Kept: people never rehearsed",
    "neighbours": "Kept: nearest to the forgotten",
    "test-forget": "Held-out questions, forgotten people",
    "test-retain": "Held-out questions, other people",
}
TYPES = {"all": "All questions", "1-hop": "1-hop", "multi-hop": "Multi-hop"}
ARMS = {"base": "Base", "taught": "Taught", "goal": "Goal"}
METHODS = {
    "ga": "gradient ascent",
    "gd": "gradient difference",
    "kl": "KL minimisation",
    "npo": "negative preference optimisation",
    "po": "preference optimisation",
    "siu": "single image unlearning",
    "dpo": "direct preference optimisation",
    "bgd": "gradient difference, balanced",
    "bgd_kl": "KL minimisation, balanced",
}
PUBLISHED = {  # longer names, as their papers write them
    "simnpo": "SimNPO",
    "satimp": "SatImp",
    "undial": "UNDIAL",
    "mmunlearner": "MMUnlearner",
}
TASKS = {"person": "people", "event": "events", "both": "both"}  # what each forgets
NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


score = hundredths


def measure(key: str, value: float | None) -> str:
    """A value as its metric is shown: hundredths when its scale is 0 to 1, else in its own unit."""
    known = known_metric(key)
    if value is None or known is None or (known.low == 0 and known.high == 1):
        return score(value)
    return plain(value, 2)


def metric(key: str) -> str:
    known = known_metric(key)
    return known.title.split(" (")[0] if known else key.replace("_", " ")


def is_share(key: str) -> bool:
    """Whether a metric's scale is 0 to 1."""
    known = known_metric(key)
    return known is not None and known.low == 0 and known.high == 1


def known_metric(key: str) -> Metric[Any] | None:
    """The metric of a key; None where it is of a plugin that nobody named now."""
    return next((one for one in all_metrics() if one.key == key), None)


def split(name: str) -> str:
    return SPLITS.get(name, f"Forget set ({name})" if name.startswith("forget") else name)


def method(name: str) -> str:
    """ "npo" -> "NPO", "simnpo" -> "SimNPO"; other long names stay words, and names of the user's own as they
    are."""
    if name in PUBLISHED:
        return PUBLISHED[name]
    if name.upper() != name and not _known(name):
        return name
    return name.upper() if len(name) <= 5 else name.replace("-", " ").replace("_", " ")


def _known(name: str) -> bool:
    """Whether a name is that of a method, or of several settings of one ("npo-weak")."""
    return any(name == one or name.startswith((f"{one}-", f"{one}_")) for one in ALL_METHODS)


def arm(name: str, method_name: str | None = None, seed: int = 0, seeds: int = 1) -> str:
    if method_name is None:
        return ARMS.get(name, name)
    return method(method_name) if seeds == 1 else f"{method(method_name)} · seed {seed}"


def task(name: str) -> str:
    """What stands before the names of a task's arms: "people: "; nothing where there are no tasks."""
    return f"{TASKS.get(name, name)}: " if name else ""


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """ "one person", "five people", "20 people"."""
    word = NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"
    return f"{word} {noun if number == 1 else nouns or noun + 's'}"


def listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def seconds(value: float | None) -> str:
    if value is None:
        return NONE
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def memory(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value / 2**30:.1f} GiB" if value >= 2**30 else f"{value / 2**20:.0f} MiB"


class Spanned(Protocol):
    """A mean with its interval."""

    @property
    def mean(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def interval(cell: Spanned | None) -> str:
    """ "97.5 (95.0–100.0)"; a dash where there is nothing."""
    if cell is None or cell.mean is None:
        return NONE
    return score(cell.mean) + ("" if cell.low is None or cell.high is None else f" ({ends(cell)})")


def ends(cell: Spanned) -> str:
    """ "95.0–100.0"."""
    return f"{score(cell.low)}–{score(cell.high)}"
