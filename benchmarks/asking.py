"""Evaluation, plain against fast: seven metrics, greedy answers, Exposure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from shapes import addresses, counted, large_pictures, questions
from sidebyside import Pair, pair

from remem.asking.respond import exposed, in_buckets, question_of, vocabulary_moments
from remem.data import BuildSettings, Dataset, build, load
from remem.models import open_model
from remem.models.base import Encoded
from remem.models.huggingface import Model
from remem.models.ranking import rank_plain
from remem.run.context import open_run
from remem.spread import evenly

SEVEN = ("em", "rouge_l", "probability", "exact_memorization", "extraction_strength", "min_k", "min_k_pp")
GENERATED = SEVEN[:2]


def measure(folder: Path, small: bool, repeats: int, counts: Sequence[int]) -> list[Pair]:
    """Everything about asking, Exposure among each of these counts; `small`: only to see that it works."""
    settings = BuildSettings(people=4, qa=8 if small else 40, images=10, test_qa=4, test_images=4)
    build(folder / "data", settings)
    data = load(str(folder / "data"))
    tiny, large = open_model("tiny"), large_pictures(folder / "large")
    rows = [tiny.encode(question_of(data, data.items[i])) for i in data.splits["finetune"]][
        : 16 if small else 128
    ]
    shown = questions(large, 2 if small else 8, 5)
    pairs = [
        *_seven(tiny, rows, "tiny model", 16 if small else 64, repeats),
        *_seven(large, shown, "576 picture tokens, 5 questions a picture", 5 if small else 20, repeats),
        _generation(tiny, rows[: 8 if small else 64], repeats),
        _ranked_people(tiny, data, 1 if small else 2, repeats),
    ]
    for count in counts:
        one = addresses(large, count)
        large.rank([addresses(large, 4)])  # the self-check of the first call is no part of either way
        pairs.append(
            pair(
                f"Exposure, 576 picture tokens, {count:,} candidates, one by one",
                lambda one=one: rank_plain(large, one, rows_at_once=1),
                lambda one=one: large.rank([one])[0],
                repeats=1 if count > 100 else repeats,
            )
        )
    return pairs


def measure_run(run: Path, repeats: int, count: int = 128) -> list[Pair]:
    """Seven metrics on a run's models: one that knows the answers, and one that has forgotten some."""
    context, _ = open_run(run)
    data = context.data()
    unlearnt = sorted(path.parent.name for path in run.glob("*-s0/model"))[:1]
    pairs = []
    for arms in (("taught",), *(("taught", name) for name in unlearnt)):
        model = context.model(*arms)
        ids = [*data.splits[context.run.forget.splits[0]], *data.splits["retain"]]
        rows = [model.encode(question_of(data, data.items[i])) for i in evenly(ids, count)]
        rows = [rows[i] for i in in_buckets(rows)]
        pairs += _seven(model, rows, f"{run.name}, {arms[-1]}", 64, repeats)
        few = rows[:: max(1, len(rows) // 16)]
        where = f"{run.name}, {arms[-1]}"
        pairs += _seven(model, few, f"{where}, plain one at a time as in scripts", 64, repeats, 1)
    return pairs


def _seven(
    model: Model, rows: Sequence[Encoded], where: str, at_once: int, repeats: int, plain_at_once: int = 0
) -> list[Pair]:
    """Seven metrics that each ask the model for themselves, against one reading for all."""

    def cut(size: int) -> list[Sequence[Encoded]]:
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    batches = cut(at_once)
    model.answer(rows[:2], 4)

    @torch.inference_mode()
    def each() -> list[float]:
        numbers: list[float] = []
        for metric in SEVEN:
            for batch in cut(plain_at_once or at_once):
                if metric in GENERATED:
                    said = model.generate(batch, 32)
                    numbers += [float(len(one.text)) for one in said]
                else:
                    numbers += model.forward(model.collate(batch)).sequence_logp.tolist()
        return numbers

    @torch.inference_mode()
    def once() -> list[float]:
        lengths: list[float] = []
        logp: list[float] = []
        for batch in batches:
            said, out = model.answer(batch, 32)
            vocabulary_moments(out)
            lengths += [float(len(one.text)) for one in said]
            logp += out.sequence_logp.tolist()
        return lengths * len(GENERATED) + logp * (len(SEVEN) - len(GENERATED))

    def passes(way: Callable[[], list[float]]) -> dict[str, int]:
        with counted(model) as seen:
            way()
        return seen

    plain, fast = passes(each), passes(once)
    note = (
        f"{plain['passes']:,} forwards against {fast['passes']:,}, "
        f"{plain['tokens'] / fast['tokens']:.1f} × fewer token positions"
    )
    return [pair(f"seven metrics, {where}, {len(rows)} questions", each, once, repeats, note)]


def _generation(model: Model, rows: Sequence[Encoded], repeats: int) -> Pair:
    def answers(at_once: int) -> list[float]:
        return [
            float(len(said.text))
            for start in range(0, len(rows), at_once)
            for said in model.generate(rows[start : start + at_once], 32)
        ]

    what = f"greedy answers, tiny model, {len(rows)} questions, one by one against a batch"
    return pair(what, lambda: answers(1), lambda: answers(len(rows)), repeats)


def _ranked_people(model: Model, data: Dataset, people: int, repeats: int) -> Pair:
    items = exposed(data, ("forget1", "retain"), people)
    asked = [
        model.cloze(
            replace(question_of(data, item, answer=False), text=item.cloze), item.cloze, data.candidates(item)
        )
        for item in items
    ]
    model.rank(asked[:2])
    return pair(
        f"Exposure, tiny model, {len(asked)} prompts, {sum(len(one.tokens) for one in asked):,} candidates, "
        "64 at once",
        lambda: [logp for one in asked for logp in rank_plain(model, one)],
        lambda: [logp for row in model.rank(asked) for logp in row],
        repeats,
    )
