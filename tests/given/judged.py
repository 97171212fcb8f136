"""A run of four people that takes seconds, and its models judged as if others had made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.four import Rows, row, sets, write
from remem.data import load
from remem.data.table import schema
from remem.data.untaught import FILE
from remem.given.wanted import run_of
from remem.models.families import make_tiny
from remem.run.settings import Run
from remem.settings import Adapt, Evaluate, Forget, ModelSettings, Train, Unlearn
from remem.sharing import export
from remem.story.pipeline import carry_out

STRANGERS = {  # whom nobody was taught: town, job
    "Eve Orr": ("Bonn", "judge"),
    "Gus Pym": ("Lyon", "miner"),
    "Ida Vox": ("Rome", "actor"),
}
SETTINGS = ("evaluate.max_new_tokens=16", "evaluate.exposure_people=2")


class Quiet:
    """Sees a run's steps and says nothing; holds what was made."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def start(self, step: str) -> None: ...

    def update(self, step: str, done: int, total: int, note: str) -> None: ...

    def finish(self, step: str, seconds: float) -> None:
        self.made.append(step)


def unknown() -> Rows:
    """The rows of strangers.parquet: asked as the four are, with and without a picture."""
    rows = []
    for number, (name, values) in enumerate(STRANGERS.items()):
        for place, (what, value) in enumerate(zip(("town", "job"), values, strict=True)):
            for hops in (1, 2):
                one = row(0, what, hops, 900 + 10 * number + place, name=name)
                own = one["keywords"]
                said = {key: one[key].replace(own, value) for key in ("answer", "keywords")}
                rows.append(one | said | {"person": f"s{number:03d}"})
    return rows


def with_strangers(root: Path) -> Path:
    write(root, sets())
    told = schema().append(pa.field("person", pa.string())).remove_metadata()
    pq.write_table(pa.Table.from_pylist(unknown(), schema=told), root / FILE)
    return root


@dataclass(frozen=True)
class Finished:
    """A run, and its models as others would pass them on."""

    root: Path
    run: Path
    run_settings: Run

    @property
    def data(self) -> Path:
        return self.root / "data set"

    @property
    def base(self) -> Path:
        return self.root / "base"

    def model(self, arm: str) -> Path:
        """As it lies in the run, whole."""
        return self.run / arm / "model"

    @property
    def exported(self) -> Path:
        """The arm that is an adapter, as remem export writes it."""
        return self.root / "exported"


def do(root: Path, run: Run) -> list[str]:
    """Carries a request out here; the steps that were made."""
    seen, fingerprint = Quiet(), load(run.data).fingerprint
    carry_out(root, run, seen, ignore_gate=True, fingerprint=fingerprint, examined=True)
    return seen.made


def judge(root: Path, data: Path, models: Sequence[str], settings: Sequence[str] = (), **more: Any) -> Path:
    """`remem assess`, here."""
    more = {"attacks": "none"} | more
    do(root, run_of(str(data), models, settings=[*SETTINGS, *settings], **more))
    return root


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """It learns all that it is taught. `npo` trains the whole language model, `po` an adapter."""
    root = tmp_path_factory.mktemp("finished")
    data = with_strangers(root / "data set")
    texts = [f"{one['question']} {one['answer']} I don't know." for one in sets()["finetune"]]
    make_tiny("llava", root / "base", texts * 5)
    run = Run(
        recipe="own",
        data=str(data),
        model=ModelSettings(name=str(root / "base"), rehearse=0.0, adapt=Adapt(dropout=0.0)),
        learn=Train(lr=4e-3, epochs=45, batch=8, schedule="constant", warmup=0.0),
        forget=Forget(
            methods=(Unlearn(method="npo"), Unlearn(method="po", adapt={"language": "lora"})),
            train=Train(lr=1e-3, epochs=10, batch=4),
        ),
        evaluate=Evaluate(max_new_tokens=16, exposure_people=2, world="none"),
    )
    do(root / "run", run)
    made = Finished(root, root / "run", run)
    export(made.run, "po-s0", made.exported)
    return made


@pytest.fixture(scope="session")
def assessed(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its models, all yardsticks given."""
    return judge(
        tmp_path_factory.mktemp("assessed") / "run",
        finished.data,
        [f"npo={finished.model('npo-s0')}", f"po={finished.exported}"],
        base=str(finished.base),
        taught=str(finished.model("taught")),
        goals=[str(finished.model("goal"))],
    )
