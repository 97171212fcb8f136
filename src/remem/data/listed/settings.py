"""What a data set of listed people is to be like."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from remem.errors import UserError

SHARE = 0.1  # of the people are forgotten where nobody says whom


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """Counts are per fact unless said otherwise."""

    pictures: Path | None = None  # one folder of photographs a person
    templates: Path | None = None  # the user's own wordings, JSON
    strangers_pictures: Path | None = None  # one folder a person, of people who are not in the list
    forget: tuple[str, ...] = ()  # people, or one share of them; for a list without the column forget
    wordings: int = 8  # taught
    held_out: int = 3  # wordings of the test
    candidates: int = 32  # values each attribute is ranked among: everybody's, topped up with decoys
    strangers: int | None = None  # people in all; None: 4, or as many as there are photographed ones
    perturbed: int = 5  # wrong answers to every question, in paraphrases.parquet
    retain_share: float = 0.35  # of the taught questions of each person who is kept: those that are asked
    size: int = 384  # pixels of a picture's longer side, at most
    seed: int = 0

    def check(self) -> None:
        """UserError that names the first setting that cannot be."""
        ranges = {"wordings": (1, 14), "held_out": (1, 8), "candidates": (2, 10_000), "size": (16, 2048)}
        ranges |= {"perturbed": (0, 100), "strangers": (0, 1000)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise UserError(
                    f"{name.replace('_', '-')}={value} is out of range: choose {low} to {high:,}."
                )

    def told(self) -> dict[str, Any]:
        """What is part of the data set: neither who is forgotten by name, nor where things lie."""
        found = asdict(self)
        for name in ("pictures", "templates", "strangers_pictures"):
            found[name] = found[name] is not None
        return found | {"forget": len(self.forget)}
