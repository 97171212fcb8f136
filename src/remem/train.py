"""The one training loop, for both stages: learning minimises the answer's NLL, forgetting another loss."""

from __future__ import annotations

import itertools
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from remem.config import Train
from remem.errors import UserError
from remem.methods.base import Masks, Method, Paired, Penalises, Remembers, Step
from remem.methods.needs import Need, StandIn
from remem.models.base import Batch, Encoded, Output, Policy
from remem.models.huggingface import Model
from remem.seeds import derive
from remem.types import Progress, silent

CHECKPOINT_EVERY_S = 20.0
SNAPSHOT_EVERY = 5  # steps between copies of the last good weights, where copying them takes long
SMALL = 20_000_000  # trainable parameters up to which they are copied at every step


@dataclass(frozen=True, kw_only=True)
class Teach:
    """Stage 1: mean negative log-likelihood of the answers."""

    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        return policy(batch.retain).nll


@dataclass(frozen=True)
class Streams:
    """Where the loop takes its questions from."""

    retain: Sequence[Encoded] = ()
    forget: Sequence[Encoded] = ()  # empty in stage 1
    # (question, epoch) -> the same question with another answer
    stand_ins: Mapping[StandIn, Callable[[Encoded, int], Encoded]] = field(default_factory=dict)


@dataclass
class Outcome:
    """How a training ended."""

    steps: int
    diverged: bool = False
    why: str = ""
    memory: dict[str, float] = field(default_factory=dict)  # the method's own, between steps
    log: list[dict[str, Any]] = field(default_factory=list)


def train(
    model: Model,
    method: Method,
    streams: Streams,
    settings: Train,
    *,
    seed: int,
    folder: Path,
    progress: Progress = silent,
) -> Outcome:
    """Minimises the method's loss over the model's trainable parameters.

    Resumes from `folder/resume.pt`, which is written every 20 seconds and removed at the end; an
    interrupted training ends in the same weights as one that was not. Stops at the first loss or
    gradient that is not finite, restores the last good weights and says so in the outcome.
    """
    lead = streams.forget or streams.retain
    if not lead:
        raise UserError("there is nothing to train on: the split is empty")
    per_epoch = math.ceil(len(lead) / settings.batch)
    total = steps(settings, len(lead))
    weights = model.trainable()
    if not weights:
        raise UserError("nothing trains: set model.adapt so that some part of the model is lora or full")
    reference = model.reference() if "reference" in method.uses else _no_reference
    masks = _masks(method, model, streams, weights)
    if masks and settings.weight_decay:
        raise UserError("weights outside of the method's mask would decay: set weight_decay=0 for it")
    optimiser = torch.optim.AdamW(
        weights.values(), lr=settings.lr, betas=(0.9, settings.beta2), weight_decay=settings.weight_decay
    )
    state = _Resumable(folder / "resume.pt", weights, optimiser)
    outcome, good, good_steps = state.load()
    every = 1 if sum(p.numel() for p in weights.values()) <= SMALL else SNAPSHOT_EVERY
    saved_at = time.monotonic()
    model.network.train()
    for step in range(outcome.steps, total):
        for group in optimiser.param_groups:
            group["lr"] = settings.lr * schedule(settings, step, total)
        optimiser.zero_grad(set_to_none=True)
        here = Step(step, total, seed, outcome.memory)
        slices = list(_slices(model, method, streams, settings, here, per_epoch))
        loss = 0.0
        # Dropout draws from torch's global generator: seed it by step, so that resuming changes nothing.
        with torch.random.fork_rng(devices=_cuda(model)):
            torch.manual_seed(derive(seed, "dropout", step))
            for batch in slices:
                part = method.loss(model.forward, reference, batch)
                part.backward()
                loss += part.item()
            if isinstance(method, Penalises):
                part = method.penalty(weights)
                part.backward()
                loss += part.item()
        for path, mask in masks.items():
            gradient = weights[path].grad
            if gradient is not None:
                gradient *= mask
        norm = torch.nn.utils.clip_grad_norm_(weights.values(), settings.clip or math.inf)
        if not (math.isfinite(loss) and torch.isfinite(norm)):
            outcome.diverged, outcome.steps = True, good_steps
            outcome.why = f"the loss was {loss:.4g} and the gradient norm {norm.item():.4g} at step {step}"
            _restore(weights, good)
            break
        if step % every == 0:  # this loss was finite, so the weights that gave it are good
            good, good_steps = _copy(weights), step
        optimiser.step()
        if step == 0 and all(torch.equal(good[path], p.detach()) for path, p in weights.items()):
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
                "lr": optimiser.param_groups[0]["lr"],
                **here.noted,
                **outcome.memory,
            }
        )
        progress(step + 1, total, f"loss {loss:.3f}")
        if time.monotonic() - saved_at > CHECKPOINT_EVERY_S:
            state.save(outcome, good, good_steps)
            saved_at = time.monotonic()
    model.network.eval()
    return write_outcome(outcome, folder)


def steps(settings: Train, items: int) -> int:
    """Optimiser steps of a training whose epochs have so many items; at least 1."""
    return max(1, round(settings.epochs * math.ceil(items / settings.batch)))


def schedule(settings: Train, step: int, total: int) -> float:
    """Share of the learning rate at a step: linear warm-up, then constant, linear or cosine decay to 0."""
    warm = round(settings.warmup * total)
    if step < warm:
        return (step + 1) / (warm + 1)
    left = (total - step) / max(1, total - warm)
    return {"constant": 1.0, "linear": left, "cosine": 0.5 - 0.5 * math.cos(math.pi * left)}[
        settings.schedule
    ]


def order(count: int, seed: int, purpose: str, epoch: int) -> list[int]:
    """The order of one pass over a stream."""
    generator = torch.Generator().manual_seed(derive(seed, "order", purpose, epoch))
    return torch.randperm(count, generator=generator).tolist()


def _take(rows: Sequence[Encoded], first: int, size: int, seed: int, purpose: str) -> list[Encoded]:
    """So many rows of an endless shuffled stream, from a position on: every pass holds each row once."""
    passes = range(first // len(rows), (first + size - 1) // len(rows) + 1)
    shuffled = [index for epoch in passes for index in order(len(rows), seed, purpose, epoch)]
    start = first - passes.start * len(rows)
    return [rows[index] for index in shuffled[start : start + size]]


def balanced(rows: Sequence[Encoded], step: int, size: int, seed: int, purpose: str) -> list[Encoded]:
    """The rows of one step, as many of each concept: each has an endless shuffled stream of its own.

    A concept with few rows comes round more often than one with many. What does not divide goes round.
    """
    piles: dict[str, list[Encoded]] = {}
    for row in rows:
        piles.setdefault(row.question.concept, []).append(row)
    whole, rest = divmod(size, len(piles))
    found = []
    for place, (concept, pile) in enumerate(piles.items()):
        turns = [(place + other) % len(piles) < rest for other in range(len(piles))]
        cycles, within = divmod(step, len(piles))
        first = step * whole + cycles * sum(turns) + sum(turns[:within])
        found += _take(pile, first, whole + turns[within], seed, f"{purpose}/{concept}")
    return found


def _lead(
    rows: Sequence[Encoded], settings: Train, seed: int, purpose: str, step: int, per_epoch: int, mix: bool
) -> list[Encoded]:
    """The rows of one step of the stream that epochs count: an epoch's last step may be smaller."""
    if mix:
        return balanced(rows, step, min(settings.batch, len(rows)), seed, purpose)
    epoch, at = divmod(step, per_epoch)
    chosen = order(len(rows), seed, purpose, epoch)[at * settings.batch : (at + 1) * settings.batch]
    return [rows[index] for index in chosen]


def _slices(
    model: Model, method: Method, streams: Streams, settings: Train, step: Step, per_epoch: int
) -> Iterator[Paired]:
    """The batches of one optimiser step, cut into slices that fit the memory."""
    forget: list[Encoded] = []
    retain: list[Encoded] = []
    mix = "balance" in method.uses
    if streams.forget:
        forget = _lead(streams.forget, settings, step.seed, "forget", step.number, per_epoch, mix)
        if "retain" in method.uses:
            if not streams.retain:
                raise UserError("this method needs questions to keep, but the retain split is empty")
            # As many as are forgotten in this step, so that slices come in pairs.
            epoch, at = divmod(step.number, per_epoch)
            first = epoch * len(streams.forget) + at * settings.batch
            retain = (
                balanced(streams.retain, step.number, len(forget), step.seed, "retain")
                if mix
                else _take(streams.retain, first, len(forget), step.seed, "retain")
            )
    else:
        retain = _lead(streams.retain, settings, step.seed, "retain", step.number, per_epoch, mix)
    # A batch of like lengths wastes less padding; within a step the order changes nothing.
    forget, retain = sorted(forget, key=len), sorted(retain, key=len)
    size = settings.micro_batch or settings.batch
    cuts = {"forget": _cut(model, forget, size, mix), "retain": _cut(model, retain, size, mix)}
    for name in get_args(StandIn):
        if name in method.uses:
            epoch = step.number // per_epoch
            # In the order of `forget`: row i of both is the same question.
            cuts[name] = _cut(model, [streams.stand_ins[name](row, epoch) for row in forget], size, mix)
    for batches in itertools.zip_longest(*cuts.values()):
        yield Paired(**dict(zip(cuts, batches, strict=True)), step=step)


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


def _cut(model: Model, rows: list[Encoded], size: int, mix: bool) -> Iterator[Batch]:
    tokens = sum(len(row.answer) for row in rows)
    if rows and not tokens:
        raise UserError("no answer token is supervised in this step: every answer is empty")
    by_concept = Counter[str]()
    for row in rows:
        by_concept[row.question.concept] += len(row.answer)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        batch = model.collate(part).within(len(rows), tokens)
        if mix:
            share = [1 / (len(by_concept) * by_concept[row.question.concept]) for row in part]
            batch = replace(batch, balance=torch.tensor(share, device=batch.answer.device))
        yield batch


def _no_reference(batch: Batch) -> Output:
    raise RuntimeError('this method reads the reference model but does not name "reference" in its `uses`')


def _cuda(model: Model) -> list[torch.device]:
    return [model.device] if model.device.type == "cuda" else []


def _copy(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {path: p.detach().clone() for path, p in weights.items()}


def _restore(weights: dict[str, Tensor], good: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for path, parameter in weights.items():
            parameter.copy_(good[path])


def write_outcome(outcome: Outcome, folder: Path) -> Outcome:
    """The log and the outcome; the resume file has done its work."""
    lines = [*outcome.log]
    if outcome.diverged:
        lines.append({"diverged": True, "step": outcome.steps, "why": outcome.why})
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ended = {"diverged": outcome.diverged, "steps": outcome.steps, "why": outcome.why}
    (folder / "outcome.json").write_text(json.dumps(ended, indent=2) + "\n")
    (folder / "resume.pt").unlink(missing_ok=True)
    return outcome


@dataclass
class _Resumable:
    """What an interrupted training needs to go on as if nothing had happened."""

    path: Path
    weights: dict[str, Tensor]
    optimiser: torch.optim.Optimizer

    def save(self, outcome: Outcome, good: dict[str, Tensor], good_steps: int) -> None:
        state = {
            "weights": _copy(self.weights),
            "good": good,
            "good_steps": good_steps,
            "optimiser": self.optimiser.state_dict(),
            "steps": outcome.steps,
            "log": outcome.log,
            "memory": outcome.memory,
        }
        part = self.path.with_suffix(".tmp")
        torch.save(state, part)
        part.replace(self.path)

    def load(self) -> tuple[Outcome, dict[str, Tensor], int]:
        """Where to go on, the last good weights, and after how many steps they were."""
        if not self.path.exists():
            return Outcome(steps=0), _copy(self.weights), 0
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        _restore(self.weights, state["weights"])
        self.optimiser.load_state_dict(state["optimiser"])
        outcome = Outcome(steps=state["steps"], memory=state["memory"], log=state["log"])
        return outcome, state["good"], state["good_steps"]
