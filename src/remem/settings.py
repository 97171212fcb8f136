"""The values of a run's parts: every default written here, ranges checked, names of other rooms not.

What a name stands for is checked above: tasks and judges by `run.settings.Run`, methods by
`story.resolve`.
"""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from remem.errors import UserError
from remem.outgoing import quoted

MOST, MEANT = 10_000_000, "REMEM_MOST"  # of anything that is done one after another; and what allows more


def within(name: str, value: float, low: float, high: float = math.inf, *, above: bool = False) -> None:
    """An error, before any work, for a setting that is not a number or out of its range."""
    if not low <= value <= high or value == math.inf or (above and value == low):
        least = f"above {low:g}" if above else f"at least {low:g}"
        most = "" if high == math.inf else f" and at most {high:g}"
        raise UserError(f"{name} must be {least}{most}, not {value}")


_FOLDER = re.compile(r"\w[\w.+=-]{0,60}")


def _of_folders(what: str, name: object) -> None:
    """UserError for a name that could lead out of the run's folder, or be too long for one."""
    if name != "" and not (isinstance(name, str) and _FOLDER.fullmatch(name)):
        shown = quoted(str(name))
        raise UserError(f"{shown} cannot be {what}: take up to 60 letters, digits, dots and dashes")


def possible(count: float, what: str, setting: str, most: int = MOST) -> None:
    """UserError for more of anything than can be meant, naming the setting that asks for it.

    Whoever means it says so in the environment (MEANT).
    """
    told = os.environ.get(MEANT, "")
    if re.fullmatch("[0-9]{1,18}", told):
        most = int(told)
    if not count <= most:
        many = f"{count:,.0f}" if count < 1e18 else f"{count:.3g}"
        raise UserError(
            f"{setting}: that makes {many} {what}; more than {most:,} are hardly meant. Set less. If it is "
            f"meant, say how many may be, with {MEANT}={most * 100} (or more) in the environment"
        )


def forget_sets(split: str) -> tuple[str, ...]:
    """The names in `forget.split`: one, or several with commas."""
    return tuple(name.strip() for name in split.split(","))


How = Literal["frozen", "lora", "full"]


@dataclass(frozen=True, kw_only=True)
class Adapt:
    """What trains, by part of the model."""

    vision: How = "frozen"  # the tower
    projector: How = "full"  # from the tower to the language model
    language: How = "full"  # the language model
    rank: int = 8  # of LoRA
    alpha: int = 16  # of LoRA: what it adds counts alpha / rank times
    dropout: float = 0.05  # of LoRA
    names: tuple[str, ...] = ()  # of the linear layers that LoRA adapts, as q_proj; none: all of them

    def __post_init__(self) -> None:
        within("model.adapt.rank", self.rank, 1, 65_536)
        within("model.adapt.alpha", self.alpha, 1, 1e6)
        within("model.adapt.dropout", self.dropout, 0, 0.95)


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The model that is taught: `embedded`, a folder, or a hub id."""

    name: str = "embedded"  # or "tiny", a folder, a hub id
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"  # of the weights
    device: str = "auto"  # or "cpu", "cuda", as torch names them
    # QLoRA: the language model's layers in four bits (the extra qlora). What trains there is LoRA.
    quantise: Literal["none", "4bit"] = "none"
    # Activations are made again in the backward pass instead of kept: less memory, a third more work.
    checkpointing: bool = False
    shard: bool = False  # of several processes each holds a part of what trains (FSDP)
    # How the same numbers are worked out: attention as transformers chooses it, or by name.
    attention: Literal["auto", "sdpa", "eager", "flash_attention_2"] = "auto"
    # The language model's layers compiled for training: minutes once, worth it for long ones.
    compile: bool = False
    adapt: Adapt = field(default_factory=Adapt)
    # What a frozen vision tower sees in a picture is kept: in memory, or for all steps in the run folder.
    # Worth it where the tower is a large part of the model.
    features: Literal["off", "memory", "disk"] = "off"
    # Where the model comes with lessons that it was taught before, stage 1 goes over this share of them.
    rehearse: float = 1.0

    def __post_init__(self) -> None:
        within("model.rehearse", self.rehearse, 0, 1)
        if self.quantise != "none" and self.adapt.language == "full":
            raise UserError(
                "model.quantise=4bit: weights of four bits cannot train in full. Set "
                "model.adapt.language=lora"
            )
        if self.shard and self.quantise != "none":
            raise UserError("model.shard=true cuts up weights that train in full: set model.quantise=none")


@dataclass(frozen=True, kw_only=True)
class Train:
    """One pass of the training loop."""

    lr: float = 1e-4  # the highest learning rate of the schedule
    epochs: float = 1.0  # passes over the forget set; in stage 1 over everything that is taught
    batch: int = 16  # items per optimiser step, and as many from the retain set where a method uses it
    micro_batch: int = (
        0  # items per forward; 0: the whole batch. Changes memory and, without dropout, no result
    )
    # Steps of whole pictures: the questions on one go to the model together, in one row that holds it once.
    by_picture: bool = False
    # At every pass a question about a person shows another of the pictures that this training has of them.
    vary_views: bool = False
    # Of so large a share of these pictures the class token alone is shown. For models whose language part
    # reads it (vision_feature_select_strategy "full"), as the embedded ones.
    patch_dropout: float = 0.0
    schedule: Literal["constant", "linear", "cosine"] = "linear"  # of the learning rate, down to 0
    warmup: float = 0.05  # share of the steps
    weight_decay: float = 0.0  # share of a weight, times the learning rate, that goes at every step
    clip: float = 1.0  # gradient norm; 0: none
    optimiser: Literal["adamw", "muon"] = "adamw"  # muon: for the matrices; the rest stays with AdamW
    beta2: float = 0.95  # of AdamW

    def __post_init__(self) -> None:
        within("lr", self.lr, 0, 1000, above=True)
        within("epochs", self.epochs, 0, above=True)
        within("batch", self.batch, 1)
        within("micro_batch", self.micro_batch, 0)
        within("warmup", self.warmup, 0, 1)
        within("weight_decay", self.weight_decay, 0)
        within("patch_dropout", self.patch_dropout, 0, 1)
        within("clip", self.clip, 0)
        within("beta2", self.beta2, 0, 0.99999)


@dataclass(frozen=True, kw_only=True)
class Floors:
    """What exact match the taught model must reach, as shares from 0 to 1."""

    one_hop: float = 0.95  # share of the questions that name the person
    multi_hop: float = 0.90  # share of those that only show them
    # On pictures and wording never taught, for every kind of question; 0: measured and told, and no floor.
    held_out: float = 0.0
    # Exposure as a share of its maximum, on the forget sets and on what is ranked of the split; 0: no floor.
    exposure: float = 0.0
    split: str = "finetune"  # what it is measured on

    def __post_init__(self) -> None:
        for name in ("one_hop", "multi_hop", "held_out", "exposure"):
            if not 0 <= getattr(self, name) <= 1:
                value = getattr(self, name)
                raise UserError(f"gate.{name} is a share from 0 to 1, not {value}: write 0.95 for 95 %.")


@dataclass(frozen=True, kw_only=True)
class Unlearn:
    """One competitor: a method, its settings, and where its training differs from the others'."""

    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)  # fields of Train
    adapt: dict[str, Any] = field(default_factory=dict)  # fields of Adapt
    name: str = ""  # of its folders; "": the method. Tells apart several settings of one method
    tasks: tuple[str, ...] = ()  # those of forget.tasks that it runs on; (): all

    def __post_init__(self) -> None:
        _of_folders(f"a name of {self.method}", self.name)


@dataclass(frozen=True, kw_only=True)
class Forget:
    """Stage 2."""

    # What is forgotten; or several with commas, each forgotten by itself: "forget1,forget2".
    split: str = "forget1"
    people: tuple[str, ...] = ()  # of the user's own data set, in place of a split
    tasks: tuple[str, ...] = ()  # of people in events: "person", "event", "both"; (): forget.split
    # Of people in events: whether methods train on what must stay known of the pictures to forget. If not,
    # Scope is a side effect and nothing that was trained.
    rehearse_scope: bool = False
    # People (and events) of whom methods rehearse nothing, at least; as many as the data set allows.
    outside: int = 1
    # Goal models: retrainings from seeds of their own. One says nothing of how far two of them are apart.
    goals: int = 1
    methods: tuple[Unlearn, ...] = ()  # that compete
    seeds: tuple[int, ...] = (0,)  # a repetition of each method for each
    train: Train = field(default_factory=Train)

    def __post_init__(self) -> None:
        within("forget.outside", self.outside, 0)
        within("forget.goals", self.goals, 1, 100)
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise UserError(f"forget.seeds={list(self.seeds)}: give one seed or several different ones")
        names = [one.name or one.method for one in self.methods]
        if len(set(names)) < len(names):
            raise UserError(f"forget.methods has {max(names, key=names.count)} twice: give each a name")
        folders = {f"{name}-s{seed}" for name in names for seed in self.seeds}
        if taken := sorted(folders & {f"goal-s{number}" for number in range(1, self.goals)}):
            raise UserError(f"forget.methods: {taken[0]} is the folder of a Goal model: give another name")
        if len(set(self.tasks)) < len(self.tasks):
            raise UserError(f"forget.tasks={','.join(self.tasks)}: name each task once")
        if not all(self.splits) or len(set(self.splits)) < len(self.splits):
            raise UserError(
                f"forget.split={self.split}: name one split, or several with commas, each once, as in "
                "forget1,forget2"
            )

    @property
    def splits(self) -> tuple[str, ...]:
        """The forget sets of a set about people."""
        return forget_sets(self.split)


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """What every arm is asked."""

    max_new_tokens: int = 48  # of an answer
    batch: int = 128  # questions at once, at most
    tokens: int = 16384  # tokens at once, padding included; 4,096 logits count as one; fewer without memory
    exposure_people: int = 4  # people of the retain set whose Exposure is measured beside the forgotten ones'
    candidates: int = 0  # values that Exposure ranks among, topped up or cut; 0: as many as the data set has
    without_picture: bool = False  # Exposure once more of items with a picture, the picture left out
    items: int = 0  # questions of retain and of test, each, that are asked, evenly spread; 0: all
    # Ask about people who were never taught, too: can members be told from them? null: where the data has
    # such people; true: an error where it has none; false: never.
    membership: bool | None = None
    # What else the model knows: "auto" for the exam that comes with it; "general" for two hundred questions
    # of general knowledge and a hundred sentences, for any model with a language of its own (as "auto" has it
    # of smollm2); a folder in the shape of world/exam.py or world/general.py; or "none".
    world: str = "auto"
    world_items: int = 200  # questions of each of its splits, at most

    def __post_init__(self) -> None:
        within("evaluate.max_new_tokens", self.max_new_tokens, 1)
        within("evaluate.batch", self.batch, 1)
        within("evaluate.tokens", self.tokens, 1)
        within("evaluate.exposure_people", self.exposure_people, 0)
        within("evaluate.candidates", self.candidates, 0)
        within("evaluate.items", self.items, 0)
        if self.candidates == 1:
            raise UserError(
                "evaluate.candidates=1: among one value nothing can be ranked; give 2 or more, or 0"
            )
        within("evaluate.world_items", self.world_items, 2)


@dataclass(frozen=True, kw_only=True)
class Attacking:
    """One recovery attack with its own settings."""

    attack: str
    settings: dict[str, Any] = field(default_factory=dict)
    name: str = ""  # of its folders; "": the attack. Tells apart several settings of one attack

    def __post_init__(self) -> None:
        _of_folders(f"a name of {self.attack}", self.name)


@dataclass(frozen=True, kw_only=True)
class Attacks:
    """What is tried on every arm to bring back what was to be forgotten."""

    each: tuple[Attacking, ...] = ()  # by name; none: nothing is tried
    per_fact: int = 2  # questions asked of each fact to forget; kinds of question take turns

    def __post_init__(self) -> None:
        within("attacks.per_fact", self.per_fact, 1)
        names = [one.name or one.attack for one in self.each]
        if len(set(names)) < len(names):
            raise UserError(f"attacks has {max(names, key=names.count)} twice: give each a name")


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """Who compares descriptions of scenes with the Goal model's (G-Eval); of people in events only."""

    names: tuple[str, ...] = ("offline",)  # of judge/choose.py; "none": nobody
    items: int = 0  # most answers of each part that an arm is judged on, spread evenly; 0: all
    # Of the endpoint. Its address and key are read from the environment: REMEM_JUDGE_URL, REMEM_JUDGE_KEY.
    model: str = ""
    concurrency: int = 8  # requests at once
    retries: int = 4  # of a request that failed
    timeout_s: float = 60.0  # of a request
    price_in: float = 0.0  # per million tokens sent, in any currency; 0: not known
    price_out: float = 0.0  # per million tokens received

    def __post_init__(self) -> None:
        within("judge.items", self.items, 0)
        within("judge.concurrency", self.concurrency, 1, 256)
        within("judge.retries", self.retries, 0, 20)
        within("judge.timeout_s", self.timeout_s, 0.001, 86_400)  # a day; clocks take no number of any size
        within("judge.price_in", self.price_in, 0)
        within("judge.price_out", self.price_out, 0)

    @property
    def asked(self) -> tuple[str, ...]:
        """The judges; none for "none"."""
        return () if self.names == ("none",) else tuple(dict.fromkeys(self.names))


def plain(value: Any) -> Any:
    """A dataclass as JSON values."""
    return json.loads(json.dumps(asdict(value), default=_path))


def _path(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} is no setting")
