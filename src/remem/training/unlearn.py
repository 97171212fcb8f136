"""Stage 2: one method on the taught model, whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import torch
from jaxtyping import Float
from torch import Tensor

from remem.errors import UserError
from remem.methods.base import Edit, Instruction, Method, Unlearner
from remem.methods.needs import Other
from remem.methods.streams import Streams
from remem.models.adapt import trained_parts
from remem.models.anatomy import plain
from remem.models.base import Batch, Output, Policy
from remem.models.huggingface import INSTRUCTION, Model
from remem.settings import Adapt, Train
from remem.training import guards
from remem.training.drawn import drawn
from remem.training.loop import steps, train
from remem.training.outcome import Guard, Outcome, write_outcome, write_rehearsed
from remem.training.reference import reference_of
from remem.types import Progress, silent


def _none(name: str) -> Model:
    raise RuntimeError(f"this bench opens no {name} model")


@dataclass
class Workbench:
    """What a direct edit may use: the taught model, the questions, and copies of the model to teach."""

    model: Model  # taught, whole, nothing of it trains
    streams: Streams
    open: Callable[[], Model]  # the taught model once more
    goal: Callable[[], Model]  # the Goal model, whole
    adapt: Adapt
    settings: Train
    seed: int
    folder: Path
    answers: Mapping[str, str]  # of the items to forget and to keep, as the data has them
    values: Mapping[str, Sequence[str]]  # their keywords
    taught: Mapping[str, Sequence[float]]  # log-probs of some answers under the taught model, nats
    division: str = ""  # digest of what is rehearsed and held out
    progress: Progress = silent
    outcomes: list[Outcome] = field(default_factory=list)
    planned: int = 0  # optimiser steps that all of them were to make
    other: Callable[[str], Model] = _none  # "base", or "second", whole

    @property
    def batch(self) -> int:
        """Items per forward."""
        return self.settings.micro_batch or self.settings.batch

    def change(self, method: Method, streams: Streams) -> dict[str, Float[Tensor, " *shape"]]:
        """How a copy's weights change when it is taught (float32, by path); adapters are merged first."""
        copy = self.open()
        self.planned += steps(self.settings, len(streams.forget or streams.retain))
        self.progress(0, 1, str(copy.adapt(self.adapt, self.seed)))
        inside = self.folder / f"change-{len(self.outcomes)}"
        inside.mkdir(exist_ok=True)
        outcome = train(
            copy, method, streams, self.settings, seed=self.seed, folder=inside, progress=self.progress
        )
        self.outcomes.append(outcome)
        for path in inside.iterdir():
            path.unlink()
        inside.rmdir()
        before = dict(plain(self.model.network).named_parameters())
        with torch.no_grad():
            return {
                path: weight.float() - before[path].float()
                for path, weight in copy.merged().named_parameters()
            }

    def moved(self, change: dict[str, Float[Tensor, " *shape"]]) -> Model:
        """The taught model with these changes added to its weights."""
        with torch.no_grad():
            for path, weight in plain(self.model.network).named_parameters():
                weight += change[path].to(weight.dtype)
        return self.model


def unlearn(method: Unlearner, bench: Workbench, names: Sequence[str]) -> Outcome:
    """Writes the unlearnt model, log.jsonl, outcome.json and guards.json into the bench's folder.

    `names` are the people to forget.
    """
    model, streams, parts = bench.model, bench.streams, trained_parts(bench.adapt)
    found = [guards.labels(model, [*streams.forget, *streams.retain], bench.answers)]
    found += guards.stand_ins(streams, method.uses, bench.values)
    guards.stop(*found)  # before anything is asked or trained
    found.append(guards.same("start", "the start", model, model.forward, streams.forget, bench.taught))
    guards.stop(found[-1])
    if isinstance(method, Instruction):
        write_rehearsed(bench.folder, [], len(streams.retain), bench.division)
        (bench.folder / INSTRUCTION).write_text(method.instruction(names))
        guards.write(bench.folder, found)
        return write_outcome(Outcome(steps=0), bench.folder)
    if isinstance(method, Edit):
        before = guards.prints(model.network)
        parts = tuple(dict.fromkeys([*parts, "language"]))  # an edit may reach there, whatever trains
        model = method.edit(bench)
        outcome = write_outcome(_joined(bench.outcomes), bench.folder)
        planned = bench.planned
    else:
        streams = replace(streams, others=_others(bench, method))
        bench.progress(0, 1, str(model.adapt(bench.adapt, bench.seed)))
        if {"reference", "reference_logp"} & method.uses:
            found.append(_reference(bench, method))
            guards.stop(found[-1])
        before = guards.prints(model.network)
        outcome = train(
            model,
            method,
            streams,
            bench.settings,
            seed=bench.seed,
            folder=bench.folder,
            progress=bench.progress,
        )
        planned = steps(bench.settings, len(streams.forget))
    rehearsed = drawn(method, streams, bench.settings, outcome.steps, bench.seed)
    write_rehearsed(bench.folder, rehearsed, len(streams.retain), bench.division)
    after = guards.prints(model.network)
    found += guards.ending(outcome, planned, after)
    found += guards.features(model, streams.forget)
    if not outcome.diverged:  # the last good weights may be those of the start
        found += guards.weights(before, after, parts)
    model.save(bench.folder)
    guards.write(bench.folder, found)
    return outcome


def _others(bench: Workbench, method: Method) -> dict[str, Policy]:
    """Further models that a loss asks, frozen. UserError for one that cuts texts up otherwise."""
    found = {}
    for name in sorted(set(get_args(Other)) & method.uses):
        model = bench.other(name)
        vocabulary = [one.encoder.tokenizer.get_vocab() for one in (model, bench.model)]
        if vocabulary[0] != vocabulary[1]:
            raise UserError(
                f"the {name} model has another tokenizer than the one that unlearns, so that they cannot be "
                "compared token by token: choose one of the same family"
            )
        found[name] = _frozen(model)
    return found


def _frozen(model: Model) -> Policy:
    def policy(batch: Batch) -> Output:
        with torch.no_grad(), model.deterministic():
            return model.forward(batch)

    return policy


def _reference(bench: Workbench, method: Method) -> Guard:
    # With full fine-tuning the reference may be a copy: it must not outlive this check.
    policy = reference_of(bench.model, method.uses, bench.streams)
    rows = bench.streams.forget
    return guards.same("reference", "the reference", bench.model, policy, rows, bench.taught)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    """Several trainings as one: steps are counted on."""
    whole = Outcome(steps=0)
    for phase, one in enumerate(outcomes):
        whole.log += [line | {"step": whole.steps + line["step"], "phase": phase} for line in one.log]
        whole = replace(
            whole,
            steps=whole.steps + one.steps,
            diverged=whole.diverged or one.diverged,
            why="; ".join(why for why in (whole.why, one.why) if why),
        )
    return whole
