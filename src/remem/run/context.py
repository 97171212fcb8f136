"""A run folder, as every step's work is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.errors import UserError
from remem.run import places
from remem.run.arms import arms_in
from remem.run.plugins import LOADED, load
from remem.run.record import RUN, record_in
from remem.run.settings import Run, restore
from remem.settings import plain
from remem.steps import parallel
from remem.steps.sealed import FORMAT, check_steps

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.huggingface import Model


def opened(run: Run, root: Path) -> Dataset:
    """The data set of a run, as it is to be forgotten."""
    from remem.data import load
    from remem.data.forgetting import forgetting

    data = load(run.data or str(root / "dataset"))
    return forgetting(data, run.forget.people) if run.forget.people else data


@dataclass(frozen=True)
class Context:
    """What every step's work is told."""

    root: Path
    run: Run
    fingerprint: str = ""  # of the user's own data set, as the keys have it
    # That the user named: whoever gets this in another process loads them, too.
    plugins: tuple[str, ...] = field(default_factory=lambda: tuple(LOADED), compare=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        load(self.plugins)

    @property
    def seed(self) -> int:
        return self.run.seed

    def data(self) -> Dataset:
        data = opened(self.run, self.root)
        if self.fingerprint and data.fingerprint != self.fingerprint:
            raise UserError(
                f"{self.run.data} has changed since this run began. Put it back as it was, or start again "
                "with another --out."
            )
        return data

    def model(self, *arms: str, uncut: bool = False) -> Model:
        """The base with the results of these arms on top, in order. `uncut`: each process holds it whole."""
        from remem.models import open_model

        settings = self.run.model
        check_steps(self.root, *(f"{arm}/model" for arm in arms))
        name, chain = settings.name, [self.root / arm / "model" for arm in arms]
        if self.run.given:
            first, *rest = arms or ("base",)
            name, chain = self._elsewhere(first), [self.root / arm / "model" for arm in rest]
        shard = not uncut and parallel.shards(settings.shard)
        model = open_model(
            name,
            chain,
            dtype=settings.dtype,
            device=settings.device,
            quantise=settings.quantise,
            checkpointing=settings.checkpointing,
            attention=settings.attention,
            compile=settings.compile,
            shard=shard,
            judged=bool(self.run.given),  # the report says of it what is wrong with it
        )
        # A network that is cut up reads its projector as a whole only; what is kept changes no number anyway.
        if settings.features != "off" and not shard:
            folder = self.root / ".features" if settings.features == "disk" else None
            model.keep_features(folder, projected=settings.adapt.projector == "frozen")
        return model

    def beside(self, name: str) -> Model:
        """Another model, whole, as the run's own are opened."""
        from remem.models import open_model

        settings = self.run.model
        return open_model(name, (), dtype=settings.dtype, device=settings.device)

    def _elsewhere(self, arm: str) -> str:
        """Where a model lies that was made elsewhere. UserError where none was given."""
        if arm not in self.run.elsewhere:
            raise UserError(f"this needs the {arm} model, and none was given: give it with --{arm}")
        return self.run.elsewhere[arm].source


def read_run_record(root: Path) -> dict[str, Any]:
    """run.json of a folder; UserError where it cannot be read, or is not as it was written."""
    record = record_in(root)
    if not {"config", "request"} <= record.keys() or record["request"] is None:
        raise UserError(
            f"{root / RUN} holds no settings of a run. Give the folder of a run, as remem run made it."
        )
    return record


def open_run(root: Path, data: str = "", model: str = "") -> tuple[Context, dict[str, Any]]:
    """A run folder's settings as its steps were told them, and run.json itself.

    `data`, `model`: where they lie now, in place of where they lay when the run was made.
    """
    record = read_run_record(root)
    given = {key: value for key, value in (("data", data), ("model.name", model)) if value}
    where = places.read(root) | given
    try:
        run = restore(places.located(record["config"], where))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{root / RUN} is of another version ({error}): make the run again.") from error
    return Context(root, run, record["request"]["data"]), record


def check_format(root: Path, record: dict[str, Any]) -> None:
    """UserError for a run of a former version, whose steps hold no digests to look at."""
    if record.get("format", 1) != FORMAT:
        raise UserError(
            f"{root} was made by remem {record.get('version')} (format {record.get('format', 1)}): its steps "
            f"cannot be checked or gone on from by this version, whose format is {FORMAT}. Its numbers can "
            f"be read: remem report {root}"
        )


def check_told(root: Path) -> None:
    """UserError where what is told of a run's arms is not as it was made."""
    check_steps(root, "gate", *(f"{arm}/{step}" for arm in arms_in(root) for step in ("responses", "scores")))


def check_places(root: Path, run: Run) -> None:
    """UserError where something that a run was made with is no longer where it lay."""
    gone = places.missing(plain(run), {})
    if gone:
        raise UserError(
            f"{root} was made with what is no longer where it lay, or lay on another machine. Say where it "
            "is:\n" + "\n".join(gone)
        )
