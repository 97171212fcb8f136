"""Which questions to keep an unlearning really went over."""

from __future__ import annotations

from collections.abc import Sequence

from remem.methods.base import Edit, Instruction, Masks, Step, Unlearner
from remem.methods.streams import Streams
from remem.models.base import Encoded
from remem.settings import Train
from remem.training.slices import rows_to_keep


def drawn(method: Unlearner, streams: Streams, settings: Train, steps: int, seed: int) -> list[str]:
    """Ids of the questions to keep that were drawn at least once in so many steps, in the stream's order.

    All of them where an edit or a mask may read the whole stream; none of a method that does not keep.
    """
    if "retain" not in method.uses or isinstance(method, Instruction):
        return []
    whole: Sequence[Encoded] = streams.retain
    if isinstance(method, Edit | Masks):
        return [row.question.id for row in whole]
    seen: set[str] = set()
    for number in range(steps):
        here = Step(number, steps, seed)
        seen.update(row.question.id for row in rows_to_keep(method, streams, settings, here))
        if len(seen) == len(whole):
            break
    return [row.question.id for row in whole if row.question.id in seen]
