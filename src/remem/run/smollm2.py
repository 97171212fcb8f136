"""Recipes for SmolLM2-135M behind the embedded model's tower: docs/smollm2.md has what was tried."""

from __future__ import annotations

from dataclasses import replace

from remem.data.settings import BuildSettings
from remem.run.settings import Run
from remem.settings import Adapt, Attacking, Attacks, Evaluate, Forget, ModelSettings, Train, Unlearn

NAME = "smollm2"
# Without dropout questions on a picture share a row.
ADAPT = Adapt(vision="frozen", projector="full", language="lora", rank=16, alpha=32, dropout=0.0)
LEARN = Train(
    lr=1e-3, epochs=12, batch=8, by_picture=True, vary_views=True, patch_dropout=0.8, schedule="cosine"
)
FORGET = Train(lr=5e-4, epochs=5, batch=8)

_SIX = BuildSettings(
    source="rendered",
    size=128,
    people=6,
    qa=20,
    images=16,
    test_qa=10,
    test_images=8,
    candidates=32,
    forget=(0.17, 0.34),  # one person, and two
)


def smollm2_quick() -> Run:
    """ReMem in small on a language model of 135 million weights: 6 people x 20 questions, five methods."""
    return Run(
        recipe="smollm2-quick",
        build=_SIX,
        model=ModelSettings(name=NAME, adapt=ADAPT),
        learn=LEARN,
        forget=Forget(
            methods=tuple(Unlearn(method=name) for name in ("ga", "gd", "npo", "po", "simnpo")),
            train=FORGET,
        ),
        evaluate=Evaluate(exposure_people=2),
        attacks=Attacks(each=(Attacking(attack="quick", settings={"lr": FORGET.lr}),)),
    )


def smollm2() -> Run:
    """The same in a night: 20 people x 20 questions, three seeds of each method, two Goal models."""
    run = smollm2_quick()
    return replace(
        run,
        recipe=NAME,
        build=replace(_SIX, people=20, forget=(0.05, 0.10)),
        forget=replace(run.forget, seeds=(0, 1, 2), goals=2),
        evaluate=Evaluate(),
    )
