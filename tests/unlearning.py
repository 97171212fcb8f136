"""A small model that was taught four answers, and what stage 2 is given to make it forget two of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.conftest import TEXTS, questions
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models.base import Encoded
from remem.models.families import make_tiny
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.refusals import refusal_for
from remem.settings import Adapt, Train
from remem.training.loop import train
from remem.training.unlearn import Workbench

FULL = Adapt(vision="frozen", projector="full", language="full")
LORA = Adapt(vision="frozen", projector="frozen", language="lora", rank=4, dropout=0.0)
HOW = Train(lr=3e-3, epochs=30, batch=2, schedule="constant", warmup=0.0)


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small LLaVA that knows four answers by heart."""
    folder = tmp_path_factory.mktemp("taught")
    make_tiny("llava", folder / "base", TEXTS)
    model = load(folder / "base")
    model.adapt(FULL)
    rows = [model.encode(question) for question in questions()]
    how = replace(HOW, lr=5e-3, epochs=60)
    train(model, Teach(), Streams(retain=rows), how, seed=0, folder=folder)
    model.save(folder)
    return folder


def bench(taught: Path, folder: Path, adapt: Adapt = FULL, how: Train = HOW) -> Workbench:
    model = load("unused", [taught])
    rows = [model.encode(question) for question in questions()]
    forget = [model.mark(row, [row.question.answer or ""]) for row in rows[:2]]

    def refuse(row: Encoded, epoch: int) -> Encoded:
        return model.with_answer(row, refusal_for(row.question.id, 0, epoch))

    def mismatch(row: Encoded, epoch: int) -> Encoded:
        return model.with_answer(row, "Jane.")

    def substitute(row: Encoded, epoch: int) -> Encoded:
        return model.mark(model.with_answer(row, "It is Zamora."), ["Zamora"])

    others = {"refusal": refuse, "mismatch": mismatch, "substitute": substitute}
    taught_ = said(model, rows)
    return Workbench(
        model=model,
        streams=Streams(forget=forget, retain=rows[2:], stand_ins=others, recorded=taught_),
        open=lambda: load("unused", [taught]),
        goal=lambda: load("unused", [taught]),
        adapt=adapt,
        settings=how,
        seed=0,
        folder=folder,
        answers={question.id: question.answer or "" for question in questions()},
        values={question.id: (question.answer or "",) for question in questions()},
        taught=taught_,
    )


def said(model: Model, rows: list[Encoded]) -> dict[str, list[float]]:
    """What stage 1 wrote down: log-probs of the answers' tokens."""
    with torch.no_grad():
        return {row.question.id: model.forward(model.collate([row])).logp[0].tolist() for row in rows}


def nll(model: Model, rows: list[Encoded]) -> float:
    with torch.no_grad(), model.deterministic():
        return model.forward(model.collate(rows)).nll.item()
