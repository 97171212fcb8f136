"""Where a training takes its questions from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from remem.methods.needs import StandIn
from remem.models.base import Encoded, Policy

Views = dict[tuple[str, int], list[Encoded]]  # person, tokens of a picture -> a question on each picture


@dataclass(frozen=True)
class Streams:
    """Where the loop takes its questions from."""

    retain: Sequence[Encoded] = ()
    forget: Sequence[Encoded] = ()  # empty in stage 1
    # (question, epoch) -> the same question with another answer
    stand_ins: Mapping[StandIn, Callable[[Encoded, int], Encoded]] = field(default_factory=dict)
    # question id -> what the model before unlearning gave its true answer, token by token (nats)
    recorded: Mapping[str, Sequence[float]] = field(default_factory=dict)
    # "base", "second": further models that a loss asks
    others: Mapping[str, Policy] = field(default_factory=dict)
    # The order of the epoch that the loop is in, kept from step to step.
    orders: dict[tuple[object, ...], list[int]] = field(default_factory=dict, compare=False, repr=False)
    # Not taken along by `replace`: other rows have other views.
    _views: Views = field(default_factory=dict, init=False, compare=False, repr=False)

    def views(self, placeholder: int | None) -> Views:
        """Of each person, a question on each of their pictures, by how many tokens a picture takes."""
        if not self._views:
            seen: dict[tuple[str, int], dict[str, Encoded]] = {}
            for row in (*self.retain, *self.forget):
                if row.question.image is not None and row.question.person:
                    key = row.question.person, picture_tokens(row, placeholder)
                    seen.setdefault(key, {}).setdefault(row.question.image_key, row)
            self._views.update({key: list(rows.values()) for key, rows in seen.items()})
        return self._views


def picture_tokens(row: Encoded, placeholder: int | None) -> int:
    """How many tokens of a row are its picture's; all of them where nothing marks a picture."""
    return row.prompt.count(placeholder) if placeholder is not None else len(row.prompt)
