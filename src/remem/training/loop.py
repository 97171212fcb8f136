"""The one training loop, for both stages: learning minimises the answer's NLL, forgetting another loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from remem.errors import UserError
from remem.memory import short as out_of_memory
from remem.methods.base import Masks, Method, Paired, Penalises, Remembers, Step
from remem.methods.streams import Streams
from remem.models.adapt import part_of
from remem.models.base import Policy
from remem.models.fitting import free
from remem.models.huggingface import Model
from remem.models.packing import drops_out
from remem.models.shards import Cut, full, local
from remem.seeds import derive
from remem.settings import Train
from remem.steps import parallel
from remem.training.optimisers import optimiser
from remem.training.outcome import Outcome, write_outcome
from remem.training.reference import reference_of
from remem.training.resume import Resumable, copied, put_back
from remem.training.slices import chosen, slices, steps_in_epoch
from remem.types import Progress, silent

SNAPSHOT_EVERY = 5  # steps between copies of the last good weights, where copying them takes long
SMALL = 20_000_000  # trainable parameters up to which they are copied at every step


def train(
    model: Model,
    method: Method,
    streams: Streams,
    settings: Train,
    *,
    seed: int,
    folder: Path,
    progress: Progress = silent,
    look: Callable[[int], None] | None = None,
    at: Collection[int] = (),
) -> Outcome:
    """Minimises the method's loss over the model's trainable parameters.

    Resumes from `folder/resume.pt`, which is written every 20 seconds and removed at the end; an
    interrupted training ends in the same weights as one that was not. Stops at the first loss or
    gradient that is not finite, restores the last good weights and says so in the outcome.

    `look` is called after each number of steps in `at`, 0 being before the first, with dropout off; resumed,
    it may be called again with a number and the weights that it had seen. It must not change them.
    """
    lead = streams.forget or streams.retain
    if not lead:
        raise UserError("there is nothing to train on: the split is empty")
    per_epoch = steps_in_epoch(settings, len(lead))
    total = steps(settings, len(lead))
    if settings.patch_dropout and not model.class_token:
        raise UserError(
            f"patch_dropout={settings.patch_dropout} leaves the class token of a picture, and this model's "
            "language part is not given one: set patch_dropout=0"
        )
    weights = model.trainable()
    if not weights:
        raise UserError("nothing trains: set model.adapt so that some part of the model is lora or full")
    if parallel.world() > 1:  # a slice for each process, at least
        share = math.ceil(settings.batch / parallel.world())
        settings = replace(settings, micro_batch=min(settings.micro_batch or settings.batch, share))
    reference = reference_of(model, method.uses, streams)
    masks = _masks(method, model, streams, weights)
    if masks and settings.weight_decay:
        raise UserError("weights outside of the method's mask would decay: set weight_decay=0 for it")
    cut = None
    if model.shards:
        if settings.optimiser != "adamw":
            raise UserError(
                "optimiser=muon reads whole matrices: with model.shard=true leave the default, adamw"
            )
        cut = Cut(model.network)
        weights = {path: weight for path, weight in model.trainable().items() if path in weights}
        masks = cut.like(masks, weights)
    stepper = optimiser(weights, settings)
    # All write their parts where the first writes: the others' own folders are thrown away.
    state = Resumable(Path(parallel.tell(str(folder.resolve()))) if cut else folder, weights, stepper)
    state.told = lambda text: progress(0, 1, text)
    outcome, good, good_steps = state.load()
    every = 1 if sum(p.numel() for p in weights.values()) <= SMALL else SNAPSHOT_EVERY
    model.network.train()
    if 0 in at and not outcome.steps:
        _look(model, look, 0)
    for step in range(outcome.steps, total):
        for group in stepper.param_groups:
            group["lr"] = settings.lr * schedule(settings, step, total)
        now = Step(step, total, seed, outcome.memory, others=streams.others)
        here, loss, settings = _backward(model, method, reference, streams, settings, now, weights)
        for path, mask in masks.items():
            gradient = weights[path].grad
            if gradient is not None:
                gradient *= mask
        norm = full(torch.nn.utils.clip_grad_norm_(weights.values(), settings.clip or math.inf))
        if not (math.isfinite(loss) and torch.isfinite(norm)):
            outcome.diverged, outcome.steps = True, good_steps
            outcome.why = f"the loss was {loss:.4g} and the gradient norm {norm.item():.4g} at step {step}"
            put_back(weights, good)
            break
        if step % every == 0:  # this loss was finite, so the weights that gave it are good
            good, good_steps = copied(weights), step
        stepper.step()
        if step == 0 and _still(good, weights):
            raise UserError(
                "nothing moved in the first step: the loss does not reach any trainable parameter"
            )
        outcome.steps = step + 1
        if isinstance(method, Remembers):
            outcome.memory = method.after_step(here)
        outcome.log.append(
            {
                "step": step + 1,
                "epoch": round((step + 1) / per_epoch, 4),
                "loss": loss,
                "grad_norm": norm.item(),
                "lr": stepper.param_groups[0]["lr"],
                **here.noted,
                **outcome.memory,
            }
        )
        progress(step + 1, total, f"loss {loss:.3f}")
        if step + 1 in at:
            _look(model, look, step + 1)
        if state.due():
            state.save(outcome, good, good_steps)
    if cut is not None:
        model.network = cut.whole()
    model.network.eval()
    return write_outcome(outcome, folder)


def _look(model: Model, look: Callable[[int], None] | None, step: int) -> None:
    if look is not None:
        with model.deterministic(), torch.no_grad():
            look(step)


def _backward(
    model: Model,
    method: Method,
    reference: Policy,
    streams: Streams,
    settings: Train,
    step: Step,
    weights: Mapping[str, Tensor],
) -> tuple[Step, float, Train]:
    """The gradient of one step's loss, and the loss. Where memory runs out, slices are halved for good."""
    while True:
        here, loss, part = replace(step, noted={}), 0.0, None
        for parameter in weights.values():
            parameter.grad = None
        try:
            batches = list(slices(model, method, streams, settings, here))
            if model.looks_ahead and step.number + 1 < step.total:
                then = replace(here, number=step.number + 1)
                model.expect([row for rows in chosen(model, method, streams, settings, then) for row in rows])
            # Dropout draws from torch's global generator: seed it by step, so that resuming changes nothing.
            with torch.random.fork_rng(devices=_cuda(model)):
                torch.manual_seed(derive(step.seed, "dropout", step.number))
                for batch in batches[parallel.rank() :: parallel.world()]:
                    part = method.loss(model.forward, reference, batch)
                    part.backward()
                    loss += part.item()
                if model.shards and _idles(len(batches)):  # all must read as often
                    idle = batches[0].at(replace(here, noted={}))
                    (method.loss(model.forward, reference, idle) * 0.0).backward()
                if isinstance(method, Penalises) and (parallel.first() or model.shards):
                    part = full(method.penalty(weights))
                    part.backward()
                    loss += part.item() if parallel.first() else 0.0
            short = False
        except (RuntimeError, MemoryError) as problem:
            if not out_of_memory(problem):
                raise
            if model.shards:  # the others wait for this one in the middle of a layer
                raise UserError(
                    f"there is not enough memory for {settings.micro_batch or settings.batch} questions in a "
                    "training forward: set a smaller micro_batch for this training"
                ) from problem
            short = True
        if not any(parallel.gather(short)):
            if not model.shards:
                return here, _together(here, loss, weights), settings
            # Gradients are added up already, with zeros for what no slice read.
            if not any(parallel.gather(any(map(_pictured, batches)))):
                for path, weight in weights.items():
                    if part_of(path) != "language":
                        weight.grad = None  # as in one process: momentum would move it
            return here, _told(here, loss), settings
        settings = _halved(settings, model)
        free()


def _pictured(batch: Paired) -> bool:
    """Whether any of its rows shows a picture."""
    return any("pixel" in key for part in batch.there() for key in part.inputs)


def _idles(slices: int) -> bool:
    """Whether this process has a slice less than the first."""
    return 0 < slices % parallel.world() <= parallel.rank()


def _still(good: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> bool:
    """Whether no process's weights have moved."""
    moved = any(
        not torch.equal(local(good[path]), local(weight.detach())) for path, weight in weights.items()
    )
    return not any(parallel.gather(moved))


def _together(here: Step, loss: float, weights: Mapping[str, Tensor]) -> float:
    """The step's loss, gradients and notes, added up over all processes."""
    if parallel.world() == 1:
        return loss
    # What no process has a gradient of (the picture's part, in a step of text alone) must stay without: the
    # optimiser would move it by its momentum.
    missing = {path for path, parameter in weights.items() if parameter.grad is None}
    nowhere = set.intersection(*parallel.gather(missing))
    for path in missing - nowhere:
        weights[path].grad = torch.zeros_like(weights[path])
    parallel.add_up(parameter.grad for path, parameter in weights.items() if path not in nowhere)
    return _told(here, loss)


def _told(here: Step, loss: float) -> float:
    """The loss over all processes; the step's notes are added up."""
    told = parallel.gather((loss, dict(here.noted)))
    here.noted.clear()
    for _, noted in told:
        for name, value in noted.items():
            here.noted[name] = here.noted.get(name, 0.0) + value
    return sum(part for part, _ in told)


def _halved(settings: Train, model: Model) -> Train:
    """Settings with slices of half the size; an error where that cannot be, or would be another result."""
    size = settings.micro_batch or settings.batch
    if size == 1:
        raise UserError(
            "there is not enough memory for one question in a training forward: use LoRA, bfloat16, smaller "
            "pictures or a smaller model"
        )
    if drops_out(model.network):
        raise UserError(
            f"there is not enough memory for {size} questions in a training forward, and with dropout other "
            f"slices are another result: set micro_batch={size // 2} for this training"
        )
    return replace(settings, micro_batch=size // 2)


def steps(settings: Train, items: int) -> int:
    """Optimiser steps of a training whose epochs have so many items; at least 1."""
    return max(1, round(settings.epochs * steps_in_epoch(settings, items)))


def schedule(settings: Train, step: int, total: int) -> float:
    """Share of the learning rate at a step: linear warm-up, then constant, linear or cosine decay to 0."""
    warm = round(settings.warmup * total)
    if step < warm:
        return (step + 1) / (warm + 1)
    left = (total - step) / max(1, total - warm)
    return {"constant": 1.0, "linear": left, "cosine": 0.5 - 0.5 * math.cos(math.pi * left)}[
        settings.schedule
    ]


def _masks(method: Method, model: Model, streams: Streams, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Where the weights may move, by path; none for a method without a mask. `weights` loses the others."""
    if not isinstance(method, Masks):
        return {}
    masks = {path: mask for path, mask in method.mask(model, streams).items() if mask.any()}
    if not masks.keys() & weights.keys():
        raise UserError("the method's mask leaves no trainable weight to move: see its settings")
    for path in list(weights):
        if path not in masks:
            weights.pop(path).requires_grad_(False)
    return {path: mask for path, mask in masks.items() if path in weights}


def _cuda(model: Model) -> list[torch.device]:
    return [model.device] if model.device.type == "cuda" else []
