"""How long will the trials take? From how long stage 1 took here: the same model, machine and questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from remem.methods import kind, uses
from remem.run.context import Context
from remem.run.tasks import methods, tasks
from remem.settings import Unlearn
from remem.steps.provenance import read_provenance
from remem.steps.store import Step
from remem.studies.tuning.study import Tuning
from remem.training.outcome import read_log

BATCHES = {"retain", "refusal", "mismatch", "substitute"}  # each one more forward and backward a step
FORWARD = 1 / 3  # of a forward and a backward: what the reference costs


def estimate(root: Path, tuning: Tuning, todo: Sequence[Step]) -> float | None:
    """Seconds of one worker for the steps to do of the trials; None while stage 1 is not done.

    Rough: a method that needs more than its batches and a reference takes longer.
    """
    taught = root / "taught"
    learnt, asked = (read_provenance(taught / part).seconds for part in ("model", "responses"))
    if learnt is None or asked is None:
        return None
    steps = len(read_log(taught / "model"))
    run = tuning.run
    answers = pq.read_metadata(taught / "responses" / "responses.parquet").num_rows
    a_row, an_answer = learnt / max(1, steps * run.learn.batch), asked / max(1, answers)
    data = Context(root, run, tuning.fingerprint).data()
    task = tasks(run)[0]
    forget, retain = len(data.splits[run.forget.split]), len(task.kept(data).rehearsed)
    questions = len(task.questions(data, run.evaluate.items))
    left = {step.name for step in todo}
    seconds = 0.0
    for name, (one, _) in methods(run, tasks(run)[0]).items():
        if f"{name}/model" in left:
            seconds += a_row * _rows(one, replace(run.forget.train, **one.train).epochs, forget, retain)
        if f"{name}/responses" in left:
            seconds += an_answer * questions
    return seconds


def _rows(one: Unlearn, epochs: float, forget: int, retain: int) -> float:
    """Rows that pass forward and backward, or as much work."""
    needs = set(uses(one.method))
    if kind(one.method) == "edit":  # teaches copies, and may go over the whole retain set
        return epochs * (forget + (retain if "retain" in needs else 0)) if "lr" in one.train else 0.0
    batches = 1 + len(needs & BATCHES)
    return epochs * forget * batches * (1 + (FORWARD if "reference" in needs else 0))
