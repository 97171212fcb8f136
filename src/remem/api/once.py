"""A data set and a model in hand, without a run folder: open, ask, score."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from remem.types import Ranking, Response

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.huggingface import Model


def load(source: str | Path) -> Dataset:
    """A data set in the shape of ReMem or PEBench.

    Args:
        source: a folder, or a hub id (OWNER/NAME).

    Raises:
        UserError: it is not there, or something of it cannot be read; by file and row.
    """
    from remem.data import load as load_data

    return load_data(source)


def build(folder: str | Path, recipe: str = "tiny", **settings: Any) -> Dataset:
    """Makes a data set of invented people in `folder`, which must not exist, and loads it.

    Args:
        recipe: whose data set it is: see `remem list recipes`.
        settings: of the data set, as people=4, qa=40, source="rendered".

    Raises:
        UserError: for a setting that cannot be, and where the folder is there already.
    """
    from remem.data.shapes import build as build_data
    from remem.run.overrides import change, pair
    from remem.run.recipes import recipe as recipe_of

    chosen = change(recipe_of(recipe).build, [pair(key, value) for key, value in settings.items()])
    build_data(Path(folder), chosen)
    return load(folder)


def open_model(name: str | Path, **how: Any) -> Model:
    """A model and its processor, ready to be asked.

    Args:
        name: "tiny", "embedded", "smollm2", a folder, an adapter's folder, or a hub id.
        how: `dtype`, `device`, `quantise`, `attention`: see `remem list settings`.

    Raises:
        UserError: there is no such model, or it is not one that answers questions on pictures.
    """
    from remem.models import open_model as opened

    return opened(str(name), (), **how)


@dataclass(frozen=True)
class Answers:
    """What a model said, and how likely it finds the true answers and every candidate value."""

    data: Dataset
    responses: tuple[Response, ...]
    rankings: tuple[Ranking, ...]


def ask(
    model: Model,
    data: Dataset,
    questions: str | Sequence[str] = "forget1",
    *,
    rank: bool = True,
    max_new_tokens: int = 48,
) -> Answers:
    """Asks a model once: greedy answers, log-probs of the true ones, candidate values after cloze prompts.

    Args:
        questions: the name of a split, or item ids.
        rank: whether values are ranked, for exposure: one question for each person, attribute and kind.
        max_new_tokens: of an answer.

    Raises:
        UserError: for a split that the data set has not, and questions longer than the model reads.
    """
    from remem.asking.records import read_rankings, read_responses
    from remem.asking.respond import respond
    from remem.errors import UserError, unknown
    from remem.settings import Evaluate

    if isinstance(model, str | Path) or isinstance(data, str | Path):
        raise UserError("ask takes an opened model and a loaded data set: see open_model and load")
    if isinstance(questions, str) and questions not in data.splits:
        raise unknown("split of the data set", questions, data.splits)
    ids = list(data.splits[questions]) if isinstance(questions, str) else list(questions)
    chosen: dict[tuple[str, str, str], Any] = {}
    for item in (data.items[id] for id in ids if rank):
        if item.cloze and len(data.candidates(item)) > 1:
            chosen.setdefault((item.person, item.attribute, item.question_type), item)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        settings = Evaluate(max_new_tokens=max_new_tokens)
        respond(model, data, ids, list(chosen.values()), settings, place)
        said, ranked = place / "responses.parquet", place / "rankings.parquet"
        return Answers(data, tuple(read_responses(said)), tuple(read_rankings(ranked)))


def score(answers: Answers) -> pa.Table:
    """Every metric of every answer: a row for each item, null where a metric is not defined.

    Shares are from 0 to 1, log-probs in nats, exposure in bits and as a share of its maximum.
    """
    from remem.scoring.metrics import EXPOSURE, METRICS, state

    ranked = {one.id: one for one in answers.rankings}
    rows = []
    for one in answers.responses:
        item = answers.data.items[one.id]
        row: dict[str, Any] = {"id": one.id, "person": item.person, "question_type": item.question_type}
        row |= {"attribute": item.attribute, "question": item.question, "said": one.text}
        row |= {"state": state(item, one)} | {key: metric(item, one) for key, metric in METRICS.items()}
        found = ranked.get(one.id)
        row |= {key: metric(found) if found else None for key, metric in EXPOSURE.items()}
        rows.append(row)
    return pa.Table.from_pylist(rows)
