"""A run and its parts: values only, every default written here."""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from remem.data.pebench.cut import TASKS
from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings
from remem.errors import UserError, unknown
from remem.gate import Floors
from remem.judge.choose import JUDGES


def within(name: str, value: float, low: float, high: float = math.inf, *, above: bool = False) -> None:
    """An error, before any work, for a setting that is not a number or out of its range."""
    if not math.isfinite(value) or value > high or value < low or (above and value == low):
        least = f"above {low:g}" if above else f"at least {low:g}"
        most = "" if high == math.inf else f" and at most {high:g}"
        raise UserError(f"{name} must be {least}{most}, not {value}")


def forget_sets(split: str) -> tuple[str, ...]:
    """The names in `forget.split`: one, or several with commas."""
    return tuple(name.strip() for name in split.split(","))


T = TypeVar("T")
How = Literal["frozen", "lora", "full"]


@dataclass(frozen=True, kw_only=True)
class Adapt:
    """What trains, by part of the model."""

    vision: How = "frozen"
    projector: How = "full"
    language: How = "full"
    rank: int = 8  # of LoRA
    alpha: int = 16
    dropout: float = 0.05
    names: tuple[str, ...] = ()  # of the linear layers that LoRA adapts, as q_proj; none: all of them

    def __post_init__(self) -> None:
        within("model.adapt.rank", self.rank, 1)
        within("model.adapt.alpha", self.alpha, 1)
        within("model.adapt.dropout", self.dropout, 0, 0.95)


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The model that is taught: `embedded`, a folder, or a hub id."""

    name: str = "embedded"
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    device: str = "auto"
    # QLoRA: the language model's layers in four bits (the extra qlora). What trains there is LoRA.
    quantise: Literal["none", "4bit"] = "none"
    # Activations are made again in the backward pass instead of kept: less memory, a third more work.
    checkpointing: bool = False
    # How the same numbers are worked out: attention as transformers chooses it, or by name; the language
    # model's layers compiled for training (minutes once, worth it for long ones).
    shard: bool = False  # of several processes each holds a part of what trains (FSDP)
    attention: Literal["auto", "sdpa", "eager", "flash_attention_2"] = "auto"
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

    lr: float = 1e-4
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
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    warmup: float = 0.05  # share of the steps
    weight_decay: float = 0.0
    clip: float = 1.0  # gradient norm; 0: none
    optimiser: Literal["adamw", "muon"] = "adamw"  # muon: for the matrices; the rest stays with AdamW
    beta2: float = 0.95

    def __post_init__(self) -> None:
        within("lr", self.lr, 0, above=True)
        within("epochs", self.epochs, 0, above=True)
        within("batch", self.batch, 1)
        within("micro_batch", self.micro_batch, 0)
        within("warmup", self.warmup, 0, 1)
        within("weight_decay", self.weight_decay, 0)
        within("patch_dropout", self.patch_dropout, 0, 1)
        within("clip", self.clip, 0)
        within("beta2", self.beta2, 0, 0.99999)


@dataclass(frozen=True, kw_only=True)
class Unlearn:
    """One competitor: a method, its settings, and where its training differs from the others'."""

    method: str
    settings: dict[str, float] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)  # fields of Train
    adapt: dict[str, Any] = field(default_factory=dict)  # fields of Adapt
    name: str = ""  # of its folders; "": the method. Tells apart several settings of one method
    tasks: tuple[str, ...] = ()  # those of forget.tasks that it runs on; (): all


@dataclass(frozen=True, kw_only=True)
class Forget:
    """Stage 2."""

    split: str = "forget1"  # or several with commas, each forgotten by itself: "forget1,forget2"
    tasks: tuple[str, ...] = ()  # of people in events: "person", "event", "both"; (): forget.split
    # Of people in events: whether methods train on what must stay known of the pictures to forget. If not,
    # Scope is a side effect and nothing that was trained.
    rehearse_scope: bool = False
    methods: tuple[Unlearn, ...] = ()
    seeds: tuple[int, ...] = (0,)
    train: Train = field(default_factory=Train)

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise UserError(f"forget.seeds={list(self.seeds)}: give one seed or several different ones")
        names = [one.name or one.method for one in self.methods]
        if len(set(names)) < len(names):
            raise UserError(f"forget.methods has {max(names, key=names.count)} twice: give each a name")
        for task in self.tasks:
            if task not in TASKS:
                raise unknown("task", task, TASKS)
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

    max_new_tokens: int = 48
    batch: int = 128  # questions at once, at most
    tokens: int = 16384  # tokens at once, padding included; fewer from when memory runs out
    exposure_people: int = 4  # people of the retain set whose Exposure is measured beside the forgotten ones'
    candidates: int = 0  # values that Exposure ranks among, topped up or cut; 0: as many as the data set has
    without_picture: bool = False  # Exposure once more of items with a picture, the picture left out
    items: int = 0  # questions of retain and of test, each, that are asked, evenly spread; 0: all
    membership: bool = False  # ask about people who were never taught, too: can members be told from them?
    # What else the model knows: a folder in the shape of world/exam.py, "auto" for the one that comes with an
    # embedded model, or "none".
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
class JudgeSettings:
    """Who compares descriptions of scenes with the Goal model's (G-Eval); of people in events only."""

    names: tuple[str, ...] = ("offline",)  # of judge/choose.py; "none": nobody
    items: int = 0  # most answers of each part that an arm is judged on, spread evenly; 0: all
    # Of the endpoint. Its address and key are read from the environment: REMEM_JUDGE_URL, REMEM_JUDGE_KEY.
    model: str = ""
    concurrency: int = 8  # requests at once
    retries: int = 4
    timeout_s: float = 60.0
    price_in: float = 0.0  # per million tokens sent, in any currency; 0: not known
    price_out: float = 0.0  # per million tokens received

    def __post_init__(self) -> None:
        within("judge.items", self.items, 0)
        within("judge.concurrency", self.concurrency, 1, 256)
        within("judge.retries", self.retries, 0, 20)
        within("judge.timeout_s", self.timeout_s, 0, above=True)
        within("judge.price_in", self.price_in, 0)
        within("judge.price_out", self.price_out, 0)
        for name in self.names:
            if name not in JUDGES and self.names != ("none",):
                raise unknown("judge", name, [*JUDGES, "none"])

    @property
    def asked(self) -> tuple[str, ...]:
        """The judges; none for "none"."""
        return () if self.names == ("none",) else tuple(dict.fromkeys(self.names))


@dataclass(frozen=True, kw_only=True)
class Run:
    """The whole story: data, model, stage 1, gate, stage 2, evaluation."""

    recipe: str
    seed: int = 0
    data: str = ""  # a folder or hub id; "": build one
    build: BuildSettings | PEBenchSettings = field(default_factory=BuildSettings)  # its type is the shape
    model: ModelSettings = field(default_factory=ModelSettings)
    learn: Train = field(default_factory=Train)
    gate: Floors = field(default_factory=Floors)
    forget: Forget = field(default_factory=Forget)
    evaluate: Evaluate = field(default_factory=Evaluate)
    judge: JudgeSettings = field(default_factory=JudgeSettings)


def plain(value: Any) -> Any:
    """A dataclass as JSON values."""
    return json.loads(json.dumps(asdict(value)))


def restore(record: dict[str, Any]) -> Run:
    """The run that `plain` wrote; UserError when it is of another version."""
    run: Run = _restored(Run, record, "the run")
    return run


def _restored(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        if not isinstance(value, dict) or (strange := sorted(set(value) - set(hints))):
            what = f"{strange[0]} of {where}" if isinstance(value, dict) else where
            raise UserError(f"run.json was written by another version: it has {what}. Make the run again.")
        return kind(**{key: _restored(hints[key], one, key) for key, one in value.items()})
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        inside = [one for one in typing.get_args(kind) if is_dataclass(one)]
        fit = [
            one for one in inside if isinstance(value, dict) and set(value) == {f.name for f in fields(one)}
        ]
        return _restored((fit or inside or typing.get_args(kind))[0], value, where)
    if typing.get_origin(kind) is tuple:
        return tuple(_restored(typing.get_args(kind)[0], one, where) for one in value)
    return value


def override(run: Run, settings: Sequence[str]) -> Run:
    """The run with `key=value` settings applied; keys are dotted paths into `Run`.

    `methods=ga,npo` chooses the competitors. `npo.beta=0.2` sets a method's own setting, `npo.lr=1e-4` a
    field of `Train` and `npo.language=lora` one of `Adapt` for that method alone, and `bgd.tasks=both` the
    tasks that it runs on.
    """
    for key, text in _pairs(settings):
        run = _override(run, key, text)
    return run


def change(value: T, settings: Sequence[str]) -> T:
    """Any dataclass of settings with `key=value` settings applied."""
    for key, text in _pairs(settings):
        value = _set(value, key.split("."), _value(text), key)
    return value


def _pairs(settings: Sequence[str]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise UserError(f"--set takes key=value, not {setting!r}: for example --set learn.lr=0.001")
        yield key.strip(), text.strip()


def _override(run: Run, key: str, text: str) -> Run:
    from remem.methods import METHODS

    head, _, rest = key.partition(".")
    if key in ("methods", "forget.methods"):
        return replace(run, forget=replace(run.forget, methods=_choose(run.forget.methods, text)))
    if head in METHODS:
        return replace(run, forget=replace(run.forget, methods=_tune(run.forget.methods, head, rest, text)))
    changed: Run = _set(run, key.split("."), _value(text), key)
    return changed


def _choose(present: tuple[Unlearn, ...], text: str) -> tuple[Unlearn, ...]:
    from remem.methods import METHODS

    known = {one.method: one for one in present}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in METHODS:
            raise unknown("method", name, METHODS)
    if not names:
        raise UserError("methods= names no method: give at least one, as in --set methods=npo")
    return tuple(known.get(name, Unlearn(method=name)) for name in dict.fromkeys(names))


def _tune(present: tuple[Unlearn, ...], method: str, key: str, text: str) -> tuple[Unlearn, ...]:
    if method not in {one.method for one in present}:
        raise UserError(f"this run does not use {method}: add it with --set methods=...,{method}")
    value, tuned = _value(text), []
    training, adapting = typing.get_type_hints(Train), typing.get_type_hints(Adapt)
    for one in present:
        if one.method == method and key == "tasks":
            one = replace(one, tasks=tuple(filter(None, map(str.strip, text.split(",")))))
        elif one.method == method and key in training:
            one = replace(one, train=one.train | {key: _fit(value, training[key], f"{method}.{key}")})
        elif one.method == method and key in adapting:
            one = replace(one, adapt=one.adapt | {key: _fit(value, adapting[key], f"{method}.{key}")})
        elif one.method == method:
            one = replace(one, settings=one.settings | {key: value})
        tuned.append(one)
    return tuple(tuned)


def _set(value: Any, path: list[str], new: Any, key: str) -> Any:
    names = [f.name for f in fields(value)]
    if path[0] not in names:
        raise unknown("setting", key, [".".join([*key.split(".")[: -len(path)], name]) for name in names])
    inner = getattr(value, path[0])
    if len(path) > 1:
        if not is_dataclass(inner):
            raise UserError(f"{key}: {path[0]} is a single value and has no parts")
        return replace(value, **{path[0]: _set(inner, path[1:], new, key)})
    if is_dataclass(inner):
        inside = ", ".join(f.name for f in fields(inner))
        raise UserError(f"{key} is a group of settings: choose one of its parts ({inside})")
    return replace(value, **{path[0]: _fit(new, typing.get_type_hints(type(value))[path[0]], key)})


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _fit(value: Any, hint: Any, key: str) -> Any:
    """The value as the field's type has it; one clear error if it does not fit."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value not in inside:
            raise unknown(f"value of {key}", str(value), [str(one) for one in inside])
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inside:
            return None
        return _fit(value, next(one for one in inside if one is not type(None)), key)
    if origin is tuple:
        values = value if isinstance(value, list) else [_value(v) for v in str(value).split(",")]
        return tuple(_fit(one, inside[0], key) for one in values)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is str and not isinstance(value, str):
        return json.dumps(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise UserError(f"{key} takes a {hint.__name__}, not {value!r}")
    return value
