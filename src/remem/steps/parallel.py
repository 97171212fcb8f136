"""Several processes on one run, each with a GPU of its own: `accelerate launch -m remem run ...` or torchrun.

Every process walks through the same steps. Trainings share the slices of each optimiser step and add up their
gradients, so that the update is that of one process; questions are shared by chunks. The first process alone
writes the run folder. With one process nothing here does anything.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from remem import jsonfile
from remem.errors import UserError
from remem.outgoing import quoted

T = TypeVar("T")
_DEEPSPEED = "ACCELERATE_USE_DEEPSPEED"
PATIENCE = timedelta(hours=24)  # the others wait while the first builds a data set


@dataclass(frozen=True)
class _Zero:
    """What of DeepSpeed's settings of ZeRO is looked at."""

    stage: int = 0
    offload_optimizer: dict[str, Any] | None = None
    offload_param: dict[str, Any] | None = None


@dataclass(frozen=True)
class _DeepSpeed:
    zero_optimization: _Zero = field(default_factory=_Zero)


def world() -> int:
    """How many processes there are."""
    return _number("WORLD_SIZE", 1, least=1)


def rank() -> int:
    """Which one this is, from 0."""
    return _number("RANK", 0) if world() > 1 else 0


def first() -> bool:
    """Whether this is the one that writes."""
    return rank() == 0


def start() -> None:
    """Joins the others; each takes the GPU of its place on its machine."""
    if world() > 1:
        from accelerate import PartialState

        # A DeepSpeed configuration is followed; its engine, and its own way to join, are not needed.
        used = os.environ.pop(_DEEPSPEED, None)
        try:
            PartialState(timeout=PATIENCE)
        finally:
            if used is not None:
                os.environ[_DEEPSPEED] = used


def leave() -> None:
    """Ends this process, when all have done their work; nothing where there is one.

    At once, without taking the interpreter down: threads of the process group that still run then would end
    it in an abort, and with it all others.
    """
    if world() > 1:
        with contextlib.suppress(RuntimeError):  # another one may have left first
            barrier()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def shards(wanted: bool) -> bool:
    """Whether what trains is cut up: because the run says so, or accelerate's own settings.

    Those are FSDP, and DeepSpeed's ZeRO of any stage: its third cuts up what this does.
    """
    return world() > 1 and (wanted or _asked("ACCELERATE_USE_FSDP") or _zero().get("stage", 0) > 0)


def check(shard: bool) -> None:
    """UserError for a launch that remem does not follow."""
    if shard and world() == 1:
        raise UserError(
            "model.shard=true cuts a model up among several processes, and this is one: start it with "
            "accelerate launch or torchrun (docs/several-gpus.md)"
        )
    zero = _zero()
    for what in ("offload_optimizer", "offload_param"):
        if str((zero.get(what) or {}).get("device", "none")).lower() != "none":
            raise UserError(
                f"DeepSpeed's {what} is not followed: what trains stays on the cards, cut up among them. "
                "Take it out of the configuration; where memory is short, train with LoRA or on more cards"
            )


def _asked(name: str) -> bool:
    return os.environ.get(name, "").lower() == "true"


def _zero() -> dict[str, Any]:
    """What accelerate's DeepSpeed settings say of ZeRO, in DeepSpeed's own form; empty without them."""
    if not _asked(_DEEPSPEED):
        return {}
    path = os.environ.get("ACCELERATE_DEEPSPEED_CONFIG_FILE", "none")
    if path != "none":
        return asdict(
            jsonfile.read(Path(path), _DeepSpeed, "Mend the DeepSpeed configuration.").zero_optimization
        )
    told = {
        what: {"device": os.environ.get(f"ACCELERATE_DEEPSPEED_{what.upper()}_DEVICE", "none")}
        for what in ("offload_optimizer", "offload_param")
    }
    return {"stage": _number("ACCELERATE_DEEPSPEED_ZERO_STAGE", 2)} | told


def _number(name: str, usual: int, least: int = 0) -> int:
    """A variable of the environment that a launcher sets; UserError where it is no such number."""
    told = os.environ.get(name) or str(usual)
    if (number := jsonfile.whole(told)) is None or number < least:
        raise UserError(
            f"{name}={quoted(told)} in the environment is no number that accelerate launch or torchrun sets: "
            f"start remem with one of them, or unset it (unset {name})"
        )
    return number


def barrier() -> None:
    """Waits for all."""
    gather(None)


def gather(value: T) -> list[T]:
    """Everybody's value, in order of rank."""
    if world() == 1:
        return [value]
    import torch.distributed as dist

    start()
    found: list[Any] = [None] * world()
    dist.all_gather_object(found, value)
    return found


def tell(value: T) -> T:
    """The first one's value."""
    return gather(value)[0]


def teller() -> bool:
    """Whether this process tells of what stops the run: whoever comes to it first.

    The launcher ends all others as soon as one has left, so the first process may never get to it, and a
    mistake may be another one's alone.
    """
    if world() == 1:
        return True
    import torch.distributed as dist

    if not dist.is_initialized():
        return first()
    try:
        return dist.distributed_c10d._get_default_store().add("remem/told", 1) == 1
    except RuntimeError:  # whoever kept the store has left, and has told
        return False


def add_up(gradients: Iterable[Any]) -> None:
    """Each tensor becomes the sum over all processes, in place."""
    if world() > 1:
        import torch.distributed as dist

        for gradient in gradients:
            dist.all_reduce(gradient)
