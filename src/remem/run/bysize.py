"""Settings for a model without a recipe of its own, by its size. They are ours: from no paper, not tuned."""

from __future__ import annotations

from dataclasses import replace

from remem.run.settings import Run
from remem.settings import Adapt, Train

LARGE = 50_000_000  # weights from which training all of them at a small model's rate ruins a model
# Weights up to which a rate of stage 1 is taken; the larger the model, the smaller the rate.
RATES = ((500e6, 1e-3), (3e9, 5e-4), (10e9, 2e-4), (float("inf"), 1e-4))
ADAPT = Adapt(vision="frozen", projector="frozen", language="lora", rank=16, alpha=32, dropout=0.05)


def of_its_size(run: Run, weights: int) -> tuple[Run, str]:
    """The run with LoRA and a rate that fits so many weights, and a sentence that says so, or "".

    The rates that were tuned for the methods on a small model go, too: a method then takes stage 2's.
    """
    if weights < LARGE:
        return run, ""
    rate = next(rate for most, rate in RATES if weights <= most)
    methods = tuple(replace(one, train={}, adapt={}) for one in run.forget.methods)
    learn = Train(lr=rate, epochs=5, batch=8, micro_batch=1, schedule="cosine")
    forget = replace(run.forget, methods=methods, train=Train(lr=rate / 2, epochs=5, batch=8, micro_batch=1))
    said = (
        f"{run.model.name} has {weights / 1e6:,.0f} million weights and no recipe of its own: LoRA of rank "
        f"{ADAPT.rank}, learning rate {rate:g} in stage 1 and {rate / 2:g} in stage 2. These settings are "
        "ours, from no paper and not tuned for it; a recipe that is named, or --set, comes before them"
    )
    return replace(run, model=replace(run.model, adapt=ADAPT), learn=learn, forget=forget), said
