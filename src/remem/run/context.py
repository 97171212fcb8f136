"""A run folder, as every step's work is told of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.errors import UserError
from remem.run.settings import Run, restore
from remem.steps import parallel

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.huggingface import Model


@dataclass(frozen=True)
class Context:
    """What every step's work is told."""

    root: Path
    run: Run
    fingerprint: str = ""  # of the user's own data set, as the keys have it

    @property
    def seed(self) -> int:
        return self.run.seed

    def data(self) -> Dataset:
        from remem.data import load

        data = load(self.run.data or str(self.root / "dataset"))
        if self.fingerprint and data.fingerprint != self.fingerprint:
            raise UserError(
                f"{self.run.data} has changed since this run began. Put it back as it was, or start again "
                "with another --out."
            )
        return data

    def model(self, *arms: str) -> Model:
        """The base with the results of these arms on top, in order."""
        from remem.models import open_model

        settings = self.run.model
        chain = [self.root / arm / "model" for arm in arms]
        shard = parallel.shards(settings.shard)
        model = open_model(
            settings.name,
            chain,
            dtype=settings.dtype,
            device=settings.device,
            quantise=settings.quantise,
            checkpointing=settings.checkpointing,
            attention=settings.attention,
            compile=settings.compile,
            shard=shard,
        )
        # A network that is cut up reads its projector as a whole only; what is kept changes no number anyway.
        if settings.features != "off" and not shard:
            folder = self.root / ".features" if settings.features == "disk" else None
            model.keep_features(folder, projected=settings.adapt.projector == "frozen")
        return model


def chain_of(arm: str) -> tuple[str, ...]:
    """The arms whose results lie on the base, in order, for `Context.model`.

    A Goal model ("goal", or "person/goal" of a task) stands on the base, an unlearnt one on stage 1.
    """
    if arm == "base":
        return ()
    return (arm,) if of_stage1(arm) else ("taught", arm)


def of_stage1(arm: str) -> bool:
    """Whether an arm was only taught: everything, or all but what is to be forgotten."""
    return arm.rpartition("/")[2] in ("taught", "goal")


def open_run(root: Path) -> tuple[Context, dict[str, Any]]:
    """A run folder's settings as its steps were told them, and run.json itself."""
    path = root / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        context = Context(root, restore(record["config"]), record["request"]["data"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} cannot be read ({error!r}): give the folder of a run, as remem run made it."
        ) from error
    return context, record
