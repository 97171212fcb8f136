"""Named runs: a recipe is a function that returns one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from remem.attacks import ATTACKS, QUICK
from remem.data.pebench.cut import TASKS
from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings
from remem.errors import UserError, unknown
from remem.methods import METHODS
from remem.run import papers, smollm2
from remem.run.settings import FEW, Run
from remem.settings import Attacking, Attacks, Evaluate, Forget, ModelSettings, Train, Unlearn


def drawn() -> Run:
    """ReMem in small: 20 drawn people x 100 questions on the tiny model, five methods, forget1."""
    return Run(
        recipe="drawn",
        build=BuildSettings(candidates=FEW),
        model=ModelSettings(name="tiny"),
        learn=Train(lr=3e-3, epochs=6, batch=32, micro_batch=16, schedule="cosine"),
        # Chosen by a written rule on other people than these: docs/decisions/0006-demo-settings.md.
        forget=Forget(
            methods=(
                Unlearn(method="ga", train={"lr": 3e-4, "epochs": 4.0}),
                Unlearn(method="gd", train={"lr": 2e-4}),
                Unlearn(method="kl", train={"lr": 2e-4}),
                Unlearn(method="npo", train={"lr": 5e-4}),
                Unlearn(method="po", train={"lr": 1e-3}),
            ),
            train=Train(epochs=8, batch=16, schedule="linear"),
        ),
    )


def remem() -> Run:
    """ReMem on 20 rendered people and the embedded model, which knows a world that must survive."""
    run = drawn()
    return replace(
        run,
        recipe="remem",
        build=BuildSettings(source="rendered", size=128),
        model=ModelSettings(name="embedded"),
        # The person is to be learnt and not the picture: docs/results/embedded.md has what each of them does.
        learn=replace(run.learn, epochs=7, vary_views=True, patch_dropout=0.8),
    )


def demo() -> Run:
    """The same in minutes: 12 people x 60 questions, and a part of what the model was taught before."""
    run = _twelve()
    chosen = tuple(_TUNED[name] for name in ("ga", "gd", "kl", "npo", "po"))
    quick = Attacks(each=(Attacking(attack="quick", settings={"lr": _AGAIN}),))
    return replace(run, recipe="demo", forget=replace(run.forget, methods=chosen), attacks=quick)


# As `--settings embedded` has them: tuned on other people by a written rule (docs/results/methods.md).
_TUNED = {
    "ga": Unlearn(method="ga", train={"lr": 2e-4}),
    "gd": Unlearn(method="gd", train={"lr": 5e-4, "epochs": 4.0}),
    "kl": Unlearn(method="kl", train={"lr": 2e-4}),
    "npo": Unlearn(method="npo", settings={"beta": 0.5}, train={"lr": 5e-4}),
    "po": Unlearn(method="po", train={"lr": 2e-3}),
    "dpo": Unlearn(method="dpo", settings={"beta": 0.1}, train={"lr": 1e-3}),
    "simnpo": Unlearn(method="simnpo", settings={"beta": 4.5, "margin": 0.0}, train={"lr": 1e-3}),
    "rmu": Unlearn(method="rmu", settings={"layer": 2, "steering": 5.0}, train={"lr": 3e-3}),
}
_AGAIN = 1e-3  # the rate of relearning: a third of what the model was taught with
# Cut before it was run, so that twenty arms take a night on two cores: what is left of each grid is its
# middle, and values are ranked where the attack does more than say something beside the question.
_CUT: dict[str, dict[str, Any]] = {
    "paraphrase": {"rank": False},
    "views": {"rank": False},
    "prefill": {"begun": 4, "prefixes": 2, "suffixes": 2, "suppressed": 2, "rank": False},
    "few_shot": {"shots": [1, 4], "rank": False},
    "role_play": {"roles": 2, "rank": False},
    "soft_prompt": {"steps": 25},
    "embedding": {"steps": 40},
    "picture": {"steps": 15, "universal_steps": 40},
    "relearn": {"lr": _AGAIN, "shares": [0.05, 0.1, 0.25, 0.5, 1.0], "epochs": 4.0, "at": [0, 10, 25, 50]},
    "unrelated": {"lr": _AGAIN, "rows": 200, "epochs": 2.0, "at": [10]},
}


def attacks() -> Run:
    """Every recovery attack on eight methods, two seeds and two Goal models; three people are forgotten."""
    run = _twelve()
    return replace(
        run,
        recipe="attacks",
        build=replace(_TWELVE, forget=(0.25,)),
        forget=replace(run.forget, methods=tuple(_TUNED.values()), seeds=(0, 1), goals=2),
        attacks=Attacks(
            per_fact=1,
            each=tuple(
                Attacking(attack=name, settings=_CUT.get(name, {})) for name in ATTACKS if name != QUICK
            ),
        ),
    )


_TWELVE = BuildSettings(
    source="rendered",
    size=128,
    people=12,
    qa=60,
    images=18,
    test_qa=14,
    test_images=8,
    candidates=FEW,
)


def _twelve() -> Run:
    run = remem()
    return replace(
        run,
        build=_TWELVE,
        model=replace(run.model, rehearse=0.3),
        learn=replace(run.learn, epochs=8),
    )


def tiny() -> Run:
    """The same story on 4 drawn people, in seconds: to see that everything works."""
    run = drawn()
    return replace(
        run,
        recipe="tiny",
        build=BuildSettings(people=4, qa=40, images=10, test_qa=8, test_images=4, candidates=FEW),
        learn=replace(run.learn, epochs=12),
        evaluate=Evaluate(exposure_people=2),
    )


def methods() -> Run:
    """All methods on the drawn people; three seeds and Goal models. For what `remem tune methods` found."""
    return _every_method(drawn(), "methods")


def methods_embedded() -> Run:
    """The same on the demo's rendered people and the embedded model."""
    return _every_method(_twelve(), "methods-embedded")


def _every_method(run: Run, name: str) -> Run:
    own = {one.method: one for one in run.forget.methods}
    # Where a published default cannot be: a layer of 32 on a model of four, and a penalty on an adapter.
    own["rmu"] = Unlearn(method="rmu", settings={"layer": 2}, train={"lr": 1e-3})
    own["l1"] = Unlearn(method="l1", train={"lr": 2e-3}, adapt={"language": "lora", "projector": "frozen"})
    return replace(
        run,
        recipe=name,
        forget=replace(
            run.forget,
            methods=tuple(own.get(name) or Unlearn(method=name, train={"lr": 3e-4}) for name in METHODS),
            seeds=(0, 1, 2),
            goals=3,  # a yardstick that nobody knows to hold still measures nothing
        ),
    )


def pebench() -> Run:
    """PEBench in small: 20 rendered people in 10 events, embedded model; people, events, both forgotten."""
    run = drawn()
    return replace(
        run,
        recipe="pebench",
        build=PEBenchSettings(people=20, events=10, size=128),
        model=ModelSettings(name="embedded", rehearse=0.3),  # thirty passes over a part are enough
        learn=replace(run.learn, epochs=30),
        forget=Forget(
            tasks=tuple(TASKS),
            methods=(
                Unlearn(method="po", train={"lr": 1e-3}),
                Unlearn(method="ga", train={"lr": 3e-4, "epochs": 4.0}),
                Unlearn(method="gd"),
                Unlearn(method="kl"),
                Unlearn(method="siu"),
                Unlearn(method="dpo"),
                Unlearn(method="bgd", tasks=("both",)),
                Unlearn(method="bgd_kl", tasks=("both",)),
            ),
            train=Train(lr=2e-4, epochs=10, batch=4),
        ),
        # A description of a scene takes up to about 80 tokens; one that is cut off loses its last keywords.
        evaluate=Evaluate(max_new_tokens=96),
    )


def pebench_tiny() -> Run:
    """The same protocol on 8 drawn people in 4 events, tiny model, three methods: to see that it works."""
    run = pebench()
    kept = [one for one in run.forget.methods if one.method in ("po", "gd", "bgd")]
    return replace(
        run,
        recipe="pebench-tiny",
        build=PEBenchSettings(people=8, events=4, source="drawn", size=64, forget_events=0.25),
        model=ModelSettings(name="tiny"),
        learn=replace(run.learn, epochs=20),
        forget=replace(run.forget, methods=tuple(kept)),
    )


RECIPES: dict[str, Callable[[], Run]] = {
    "demo": demo,
    "remem": remem,
    "drawn": drawn,
    "attacks": attacks,
    "methods": methods,
    "methods-embedded": methods_embedded,
    "tiny": tiny,
    "pebench": pebench,
    "pebench-tiny": pebench_tiny,
    "smollm2-quick": smollm2.smollm2_quick,
    "smollm2": smollm2.smollm2,
    "remem-llava15": papers.remem_llava15,
    "remem-llava15-24gb": papers.remem_llava15_24gb,
    "remem-qwen25vl": papers.remem_qwen25vl,
    "remem-smolvlm": papers.remem_smolvlm,
    "pebench-llava15": papers.pebench_llava15,
}


def usual(model: str) -> str:
    """The recipe where none is named. The demo's training is for its own model, which has a class token, and
    its rendered people are for whoever has that model's eyes."""
    if model == smollm2.NAME:
        return "smollm2-quick"
    return "drawn" if model else "demo"


def recipe(name: str) -> Run:
    """A named run, its name with - or _; the error suggests the nearest name."""
    name = name.replace("_", "-")
    if name in ("diagnose", "trace", "tune", "compare", "pretrain"):
        raise UserError(f"{name} is a command of its own: remem {name} --help")
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    return RECIPES[name]()
