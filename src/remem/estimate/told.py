"""A forecast in words: what `--dry-run` prints."""

from __future__ import annotations

from collections.abc import Sequence

from remem.errors import UserError
from remem.estimate.cards import GIB
from remem.estimate.foresee import Forecast
from remem.run.settings import Run


def told(found: Forecast, steps: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Headings, and under each pairs of what and how much."""
    body, read, card = found.sizes, found.reading, found.card
    trains = ", ".join(f"{part} {count:,}" for part, count in body.trains.items() if count)
    return [
        (
            "parameters",
            [(part, f"{count:,}") for part, count in body.parameters.items()]
            + [("train", f"{body.trained:,} of {body.total:,}: {trains}")],
        ),
        (
            "tokens",
            [
                ("a question", f"{read.prompt:.0f} of prompt and picture, {read.answer:.0f} supervised"),
                *(
                    [
                        (
                            "a pass of stage 1",
                            f"{read.questions:,} questions, {_tokens(found):,.0f} tokens, "
                            f"{read.questions * read.answer:,.0f} supervised",
                        )
                    ]
                    if "stage 1" in found.steps
                    else []
                ),
                ("to forget", f"{read.forgotten:,} questions"),
            ],
        ),
        ("optimiser steps", [(name, f"{count:,}") for name, count in found.steps.items()]),
        ("memory, training", _bytes(found.memory)),
        ("memory, asking", _bytes(found.asking)),
        (
            f"time on {card.name}, at {card.share:.0%} of {card.rate / 1e12:,.3g} TFLOP/s",
            [(part, _span(hours)) for part, hours in found.hours.items()]
            + [("together", _span(sum(found.hours.values())))],
        ),
        (
            "steps of the run",
            [(f"{len(steps)}, of which train", ", ".join(_trainings(steps))), *_attacks(steps)],
        ),
    ]


def _attacks(steps: Sequence[str]) -> list[tuple[str, str]]:
    """How many steps attack: what they take depends on what the arms say, and is not foretold."""
    count = sum("/attack-" in step for step in steps)
    return [("attacks", f"{count} steps, whose time is not foretold")] if count else []


def refuse(found: Forecast, run: Run) -> None:
    """UserError where the run does not fit, naming what would make it."""
    if found.fits:
        return
    ways = []
    how = run.learn.micro_batch or run.learn.batch
    if run.model.adapt.language == "full":
        ways.append("model.adapt.language=lora")
        if not run.model.shard:
            ways.append("model.shard=true for several processes")
    if run.model.dtype == "float32":
        ways.append("model.dtype=bfloat16")
    if how > 1:
        ways.append("learn.micro_batch=1 and forget.train.micro_batch=1")
    if not run.model.checkpointing:
        ways.append("model.checkpointing=true")
    if run.model.quantise == "none":
        ways.append("model.quantise=4bit")
    if sum(found.asking.values()) > found.card.memory:
        ways.append("a smaller evaluate.tokens")
    advice = "set " + ", or ".join(ways) if ways else "use a larger card or a smaller model"
    raise UserError(
        f"this run needs about {found.peak / GIB:.0f} GiB, and {found.card.name} has "
        f"{found.card.memory / GIB:.0f} GiB: {advice}."
    )


def _tokens(found: Forecast) -> float:
    return found.reading.questions * (found.reading.prompt + found.reading.answer)


def _bytes(parts: dict[str, float]) -> list[tuple[str, str]]:
    pairs = [(name, f"{size / GIB:.2f} GiB") for name, size in parts.items()]
    return [*pairs, ("together", f"{sum(parts.values()) / GIB:.1f} GiB")]


def _trainings(steps: Sequence[str]) -> list[str]:
    return [step.removesuffix("/model") for step in steps if step.endswith("/model")]


def _span(hours: float) -> str:
    return (
        f"{hours:.1f} h"
        if hours >= 1
        else f"{hours * 60:.0f} min"
        if hours * 60 >= 2
        else f"{hours * 3600:.0f} s"
    )
