"""One number of a summary, with its interval."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number of a summary. `mean`, `low` and `high` are None where they cannot be computed."""

    mean: float | None
    low: float | None = None
    high: float | None = None
    over: str = ""  # the units of the interval: "people", "events", "facts" of one person, "groups"
    people: int = 0
    items: int = 0
    missing: int = 0  # items without a value; never counted as 0
