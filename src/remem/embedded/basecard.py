"""The card of an embedded base: what it was made of, and what it scores on its own world's exam."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem import jsonfile
from remem.outgoing import text_table
from remem.scoring.utility import Mark, world_marks
from remem.settings import Evaluate, plain
from remem.steps.provenance import commit, versions
from remem.types import Progress, silent
from remem.world.lore import TOWNS

if TYPE_CHECKING:
    from remem.embedded.recipes import Pretrain

SCORES = "scores.json"

_NAMES = {
    ("real", "em"): "Real: known people named",
    ("world-fact", "accuracy"): "World Fact: presence, from the answer",
    ("world-fact", "accuracy_logits"): "World Fact: presence, by likelihood",
    ("world-fact", "f1"): "World Fact: F1 of yes",
    ("world-fact", "yes_rate"): "World Fact: yes-rate",
    ("plain", "perplexity"): "Plain sentences: perplexity per token",
}


@dataclass(frozen=True)
class _Scores:
    marks: list[Mark]


def examine(folder: Path, most: int, scratch: Path, progress: Progress = silent) -> list[Mark]:
    """The marks of the model in `folder` on the exam beside it, from at most so many questions a split."""
    from remem.asking.records import read_rankings, read_responses
    from remem.asking.respond import respond
    from remem.models.loading import load
    from remem.world.exam import chosen, open_exam, ranked

    data = open_exam(folder / "world")
    ids = chosen(data, most)
    scratch.mkdir(parents=True, exist_ok=True)
    respond(load(folder), data, ids, ranked(data, ids), Evaluate(), scratch, progress)
    said = read_responses(scratch / "responses.parquet")
    rankings = read_rankings(scratch / "rankings.parquet")
    return world_marks(data.items, data.splits, said, rankings, said)[0]


def write(folder: Path, name: str, settings: Pretrain, marks: Sequence[Mark], parameters: int) -> None:
    """README.md and scores.json beside the weights."""
    record: dict[str, Any] = {
        "settings": plain(settings),
        "commit": commit(),
        "versions": versions(),
        "parameters": parameters,
        "marks": [asdict(mark) for mark in marks],
    }
    (folder / "world" / SCORES).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    world = settings.world
    text = (
        Path(__file__)
        .with_suffix(".md")
        .read_text("utf-8")
        .format(
            name=name,
            parameters=parameters / 1e6,
            made=f"`remem pretrain FOLDER --model {name}` (seed {settings.seed}), commit {record['commit']}",
            size=(folder / "model.safetensors").stat().st_size / 1e6,
            vision=settings.vision,
            pixels=settings.size,
            tokens=(settings.size // settings.patch) ** 2,
            language=settings.language,
            vocabulary=settings.vocabulary,
            source=world.source,
            faces=world.faces,
            empty=world.empty,
            known=world.known,
            facts=world.facts,
            strangers=world.strangers,
            towns=TOWNS,
            scores=_table(marks),
        )
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def _table(marks: Sequence[Mark]) -> str:
    lines = []
    for mark in marks:
        title = _NAMES.get((mark.split, mark.metric))
        if title and mark.mean is not None:
            ends = f"{mark.low:.3f} to {mark.high:.3f}" if mark.low is not None else ""
            lines.append((title, f"{mark.mean:.3f}", ends, mark.items))
    return text_table(("what", "score", "95 % interval", "questions"), lines, " r r")


def read_marks(folder: Path) -> list[Mark]:
    """The marks in the card of a base."""
    return jsonfile.read(folder / "world" / SCORES, _Scores, "Make the base again.").marks
