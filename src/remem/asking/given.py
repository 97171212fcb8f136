"""What is known of a model that was made elsewhere: given.json. No torch: reports read it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from remem import jsonfile
from remem.jsonfile import Amount, Count
from remem.models.names import Prints
from remem.steps.folders import write_atomic

FILE = "given.json"
Perplexity = Annotated[float, msgspec.Meta(ge=0)]  # it may have three hundred digits


@dataclass(frozen=True, kw_only=True)
class Soundness:
    """What was looked at; None where there is nothing to look at."""

    finite: bool  # every weight is a number
    pictures: Count  # questions that were asked with a grey picture in place of their own
    grey: Amount | None  # mean change of log p of their answers, absolute, nats per answer
    perplexity: Perplexity | None  # per token, of plain sentences; None where it is beyond numbers


@dataclass(frozen=True, kw_only=True)
class Given(Prints):
    """By what it is known again, and whether it can be judged."""

    sound: Soundness


def write_given(folder: Path, prints: Prints, sound: Soundness) -> None:
    """Writes given.json."""
    record = asdict(prints) | {"sound": asdict(sound)}
    write_atomic(folder / FILE, json.dumps(record, indent=1, allow_nan=False) + "\n")


def read_given(folder: Path) -> Given | None:
    """What given.json says; None for a model that the run made itself. UserError where it is damaged."""
    path = folder / FILE
    return (
        jsonfile.read(path, Given, f"Delete the folder {folder} and run again.") if path.is_file() else None
    )
