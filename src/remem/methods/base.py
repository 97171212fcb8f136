"""What an unlearning method is: settings, and one of three things. A loss, an edit, or an instruction.

- `Method`: a loss over forwards (and over hidden states, where it asks for a layer), for the one loop.
  It may also keep numbers between steps (`Remembers`), restrict which weights move (`Masks`) and add a
  term on the weights themselves (`Penalises`).
- `Edit`: changes the taught model's weights directly; it may teach copies of it on the way.
- `Instruction`: trains nothing; a text that goes before every question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from jaxtyping import Bool, Float
from torch import Tensor

from remem.methods.needs import Need
from remem.models.base import Anatomy, Batch, Policy

if TYPE_CHECKING:
    from remem.methods.streams import Streams
    from remem.models.huggingface import Model


@dataclass
class Step:
    """Where in a training a loss is asked for. The slices of one optimiser step share it."""

    number: int = 0  # from 0
    total: int = 1  # optimiser steps of the whole training
    seed: int = 0  # of the training
    memory: Mapping[str, float] = field(default_factory=dict)  # what `after_step` kept of the step before
    noted: dict[str, float] = field(default_factory=dict)  # sums over the slices; they go into the log
    others: Mapping[str, Policy] = field(default_factory=dict)  # "base", "second": as `uses` asks for

    def note(self, name: str, value: Float[Tensor, ""]) -> None:
        """Adds this slice's share of a figure of the step: a scalar, such as what `item_mean` gives."""
        self.noted[name] = self.noted.get(name, 0.0) + value.item()


class Paired:
    """The batches of one optimiser step, or of a slice of it. What is not named in `uses` is absent.

    Row i of forget, refusal, mismatch and substitute is the same question with another answer. Reading a
    batch that the method does not name in its `uses` raises RuntimeError.
    """

    def __init__(
        self,
        forget: Batch | None = None,
        retain: Batch | None = None,
        refusal: Batch | None = None,
        mismatch: Batch | None = None,
        substitute: Batch | None = None,
        step: Step | None = None,
    ):
        self._batches = {
            "forget": forget,
            "retain": retain,
            "refusal": refusal,
            "mismatch": mismatch,
            "substitute": substitute,
        }
        self.step = step or Step()

    @property
    def forget(self) -> Batch:
        """The questions to forget, with their true answers."""
        return self._get("forget")

    @property
    def retain(self) -> Batch:
        """As many questions to keep."""
        return self._get("retain")

    @property
    def refusal(self) -> Batch:
        """The questions to forget, with a refusal in place of the answer."""
        return self._get("refusal")

    @property
    def mismatch(self) -> Batch:
        """The questions to forget, with answers that belong to questions to keep."""
        return self._get("mismatch")

    @property
    def substitute(self) -> Batch:
        """The questions to forget, with another value in the answer. `marked` says where values stand."""
        return self._get("substitute")

    @property
    def base(self) -> Policy:
        """The model before it was taught, frozen."""
        return self._other("base")

    @property
    def second(self) -> Policy:
        """The model that the setting `second` names, frozen. It must cut texts up as the one that trains."""
        return self._other("second")

    def _other(self, name: str) -> Policy:
        if name not in self.step.others:
            raise RuntimeError(f'this method asks the {name} model but does not name "{name}" in its `uses`')
        return self.step.others[name]

    def there(self) -> list[Batch]:
        """The batches that are not absent."""
        return [batch for batch in self._batches.values() if batch is not None]

    def at(self, step: Step) -> Paired:
        """The same batches in another step."""
        return Paired(**self._batches, step=step)

    def _get(self, name: str) -> Batch:
        batch = self._batches[name]
        if batch is None:
            raise RuntimeError(f'this method reads the {name} batch but does not name "{name}" in its `uses`')
        return batch


class Method(Protocol):
    """A frozen dataclass of settings with a loss. Its module's docstring names paper and departures.

    One that works with LoRA only, or with full fine-tuning only, says so in a `works_with` beside `uses`.
    """

    uses: ClassVar[frozenset[Need]]

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        """A scalar to be minimised, in nats where it is made of log-probs.

        `policy` is the model that trains and `reference` the model before unlearning, which gives no
        gradient; called with a batch, both give an `Output`. `batch` holds what `uses` names, and
        `batch.step` where in the training this is. A loss that is not finite stops the training at its last
        good state.

        Means come from `Output.nll`, `token_mean` and `item_mean`, which count the whole optimiser
        step: slices of a step then add up to the same loss and gradient.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Teach:
    """Stage 1: mean negative log-likelihood of the answers."""

    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        """Nats per answer token."""
        return policy(batch.retain).nll


@runtime_checkable
class Remembers(Protocol):
    """A method with numbers that outlive a step. They are kept when a training is interrupted."""

    def after_step(self, step: Step) -> dict[str, float]:
        """The memory of the next step, from this one's memory and what its slices noted."""
        ...


@runtime_checkable
class Masks(Protocol):
    """A method that moves only some of what could train."""

    def mask(self, model: Model, streams: Streams) -> dict[str, Bool[Tensor, " *shape"]]:
        """By parameter path, 1 where it may move, broadcastable to its shape; what is not named stays."""
        ...


@runtime_checkable
class Penalises(Protocol):
    """A method with a term on the weights themselves."""

    def penalty(self, weights: Mapping[str, Tensor]) -> Float[Tensor, ""]:
        """Added once to the loss of each step; `weights` are those that train, by path."""
        ...


class Bench(Protocol):
    """What a direct edit may use: the taught model, the questions, and copies of the model to teach."""

    @property
    def model(self) -> Model:
        """The taught model, whole; nothing of it trains."""
        ...

    @property
    def streams(self) -> Streams:
        """The questions to forget and, where `uses` names them, the others, encoded."""
        ...

    @property
    def batch(self) -> int:
        """Items per forward."""
        ...

    @property
    def goal(self) -> Callable[[], Model]:
        """Opens the Goal model, whole."""
        ...

    @property
    def other(self) -> Callable[[str], Model]:
        """Opens "base", or "second", whole."""
        ...

    def change(self, method: Method, streams: Streams) -> dict[str, Float[Tensor, " *shape"]]:
        """How a copy's weights change when it is taught by `method` on `streams`.

        By path, float32, each of its parameter's shape; adapters are merged first.
        """
        ...

    def moved(self, change: dict[str, Float[Tensor, " *shape"]]) -> Model:
        """The taught model with these changes added to its weights."""
        ...


@runtime_checkable
class Edit(Protocol):
    """A method that changes weights directly."""

    uses: ClassVar[frozenset[Need]]

    def edit(self, bench: Bench) -> Model:
        """The unlearnt model; it is saved whole."""
        ...


@runtime_checkable
class Instruction(Protocol):
    """A method that trains nothing."""

    uses: ClassVar[frozenset[Need]]

    def instruction(self, names: Sequence[str]) -> str:
        """What is said to the model before every question; `names` are the people to forget."""
        ...


@runtime_checkable
class Choosy(Protocol):
    """A method that cannot run on every model."""

    def check(self, anatomy: Anatomy) -> None:
        """UserError, before anything is trained, if this model will not do; the message says what would."""
        ...


Unlearner = Method | Edit | Instruction
