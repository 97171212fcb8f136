"""Ask a model everything once: a teacher-forced pass, a generation pass, a pass over candidate values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float

from remem.asking.candidates import Ranked
from remem.asking.records import read_rankings, read_responses, write_rankings, write_responses
from remem.data.dataset import value
from remem.models.base import Candidates, Encoded, Output, Question
from remem.models.fitting import Budget, weight
from remem.models.huggingface import Model
from remem.settings import Evaluate
from remem.steps import parallel
from remem.training import guards
from remem.types import Item, Progress, Ranking, Response, silent

if TYPE_CHECKING:
    from remem.data import Dataset

ANSWERS, RANKINGS, BLIND = "responses", "rankings", "rankings-without-picture"
CHUNK = 512  # items between two points that an interrupted pass resumes from
SHARED = 64  # the same where several processes share them


def question_of(data: Dataset, item: Item, *, answer: bool = True) -> Question:
    """An item as a question to a model; its picture is opened only when it is needed."""
    picture: Callable[[], object] | None = (lambda: data.image(item.id)) if item.image_path else None
    return Question(
        id=item.id,
        text=item.question,
        answer=item.answer if answer else None,
        image=picture,  # type: ignore[arg-type]
        image_key=data.image_key(item.id) if item.image_path else "",
        concept=item.category,
        person=item.person if item.target == item.person else "",
    )


def exposed(data: Dataset, splits: Sequence[str], people: int) -> list[Item]:
    """The items whose cloze prompts are ranked: one for each person, attribute and question type.

    All people of the first split, which is the forget set, and the first so many of each other one.
    """
    chosen: dict[tuple[str, str, str], Item] = {}
    for number, split in enumerate(splits):
        items = [data.items[i] for i in data.splits[split]]
        who = list(dict.fromkeys(item.person for item in items))
        allowed = set(who if number == 0 else who[:people])
        for item in items:
            if item.cloze and item.person in allowed and len(data.candidates(item)) > 1:
                chosen.setdefault((item.person, item.attribute, item.question_type), item)
    return list(chosen.values())


def respond(
    model: Model,
    data: Dataset,
    ids: Sequence[str],
    ranked: Sequence[Item],
    settings: Evaluate,
    folder: Path,
    progress: Progress = silent,
    among: Ranked | None = None,
) -> None:
    """Writes responses.parquet, rankings.parquet and, where asked for, rankings without the pictures.

    `among`: the values that are ranked, where they are not the data's own.
    Interrupted, it goes on at the last finished chunk. Several processes share the chunks, in one folder.
    """
    chunks = folder / "chunks"
    chunks.mkdir(exist_ok=True)
    ids = list(dict.fromkeys(ids))  # a row that a split repeats is asked once
    shown = [item for item in ranked if item.image_path] if settings.without_picture else []
    total = len(ids) + len(ranked) + len(shown)
    budget = Budget(settings.tokens)
    trees = Budget(max(1, settings.tokens // 4))  # a tree's mask is larger than its tokens
    among = among or Ranked(data, settings.candidates)
    size = CHUNK if parallel.world() == 1 else SHARED
    piles: dict[str, Sequence[Any]] = {ANSWERS: ids, RANKINGS: ranked, BLIND: shown}  # ids, and items
    kept: dict[str, list[Path]] = {name: [] for name in piles}
    done = turn = 0
    for name, pile in piles.items():
        for start in range(0, len(pile), size):
            path, part = chunks / f"{name}-{size}-{start:08d}.parquet", pile[start : start + size]
            if _mine(path, turn):
                new = path.with_suffix(".tmp")
                if name == ANSWERS:
                    write_responses(new, _answers(model, data, part, settings, budget, done, total, progress))
                else:
                    write_rankings(new, rank(model, data, part, among, trees, name == RANKINGS))
                new.replace(path)
            kept[name].append(path)
            done, turn = done + len(part), turn + 1
            progress(done, total, "answers" if name == ANSWERS else "candidates")
    parallel.barrier()
    if not parallel.first():
        return
    responses = [one for path in kept[ANSWERS] for one in read_responses(path)]
    rankings = {
        name: [one for path in kept[name] for one in read_rankings(path)] for name in (RANKINGS, BLIND)
    }
    asked = {name: inside for name, inside in data.splits.items() if set(inside) <= set(ids)}
    pictured = guards.all_pictured([data.items[i] for i in ids])
    guards.write(folder, [pictured, *guards.answers(responses, asked, settings.max_new_tokens)])
    write_responses(folder / "responses.parquet", responses)
    write_rankings(folder / f"{RANKINGS}.parquet", rankings[RANKINGS])
    if settings.without_picture:
        write_rankings(folder / f"{BLIND}.parquet", rankings[BLIND])
    for path in chunks.iterdir():
        path.unlink()
    chunks.rmdir()


def _mine(path: Path, turn: int) -> bool:
    """Whether this process is to make a chunk: it is not there, and its turn is this one's."""
    return not path.exists() and turn % parallel.world() == parallel.rank()


def _answers(
    model: Model,
    data: Dataset,
    ids: Sequence[str],
    settings: Evaluate,
    budget: Budget,
    done: int,
    total: int,
    progress: Progress,
) -> list[Response]:
    rows = model.encode_all([question_of(data, data.items[i]) for i in ids])
    guards.stop(guards.pictures(model, rows, data.items), guards.own_pictures(rows, data))
    by_length = in_buckets(rows)
    answers: dict[int, Response] = {}

    def ask(picked: Sequence[int]) -> list[Response]:
        return _ask(model, [rows[by_length[i]] for i in picked], settings.max_new_tokens)

    sizes = [weight(len(rows[i]), 1 + len(rows[i].answer), model.vocabulary) for i in by_length]
    for picked, said in budget.each(sizes, ask, settings.batch):
        answers |= zip((by_length[i] for i in picked), said, strict=True)
        progress(done + len(answers), total, "answers")
    return [answers[i] for i in range(len(rows))]


def in_buckets(rows: Sequence[Encoded]) -> list[int]:
    """An order in which rows of like length stand together, and those on one picture beside each other."""
    longest: dict[str, int] = {}
    for row in rows:
        key = row.question.seen_key
        longest[key] = max(longest.get(key, 0), len(row))

    def place(i: int) -> tuple[int, str, int, int]:
        key = rows[i].question.seen_key
        return (longest[key] if key else len(rows[i]), key, len(rows[i]), i)

    return sorted(range(len(rows)), key=place)


@torch.inference_mode()
def _ask(model: Model, rows: Sequence[Encoded], max_new_tokens: int) -> list[Response]:
    said, out = model.answer(rows, max_new_tokens)
    mean, sd = vocabulary_moments(out)
    hit = out.logits.argmax(-1) == out.answer
    responses = []
    for i, (row, answer) in enumerate(zip(rows, said, strict=True)):
        real = slice(out.mask.shape[1] - len(row.answer), None)
        responses.append(
            Response(
                id=row.question.id,
                text=answer.text,
                finished=answer.finished,
                logp=tuple(out.logp[i, real].tolist()),
                hit=tuple(hit[i, real].tolist()),
                mean=tuple(mean[i, real].tolist()),
                sd=tuple(sd[i, real].tolist()),
            )
        )
    return responses


def vocabulary_moments(out: Output) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of log p over the vocabulary under p, at each answer position (nats).

    Min-K%++ standardises by these (Zhang et al., ICLR 2025, arXiv:2404.02936, eq. 3).
    """
    # Row by row: of a large vocabulary three tensors as large as the logits would not fit beside them.
    rows = [_moments(row) for row in out.logits]
    mean, variance = (torch.stack(part) for part in zip(*rows, strict=True))
    return mean, variance.clamp(min=0).sqrt()


def _moments(
    logits: Float[torch.Tensor, "answer vocab"],
) -> tuple[Float[torch.Tensor, " answer"], Float[torch.Tensor, " answer"]]:
    logp = logits.log_softmax(-1)
    p = logp.exp()
    mean = (p * logp).sum(-1)
    return mean, (p * logp.square()).sum(-1) - mean.square()


def rank(
    model: Model,
    data: Dataset,
    items: Sequence[Item],
    among: Ranked,
    budget: Budget | None = None,
    pictured: bool = True,
) -> list[Ranking]:
    """How likely the model finds each candidate value after each item's cloze prompt."""
    asked, values = [], []
    for item in items:
        candidates = among.among(item)
        question = cloze_of(data, item)
        if not pictured:
            question = replace(question, image=None, image_key="")
        asked.append(model.cloze(question, question.begun, candidates))
        values.append(candidates)
    if pictured:
        guards.stop(guards.own_pictures([one.prompt for one in asked], data))
    return rankings(model, items, values, asked, budget)


def cloze_of(data: Dataset, item: Item) -> Question:
    """The item's cloze prompt as a question.

    It is both the turn and the beginning of its answer, so that no wording of a question that was trained on
    (or against) stands between the person and the value. An item without one is asked its question, and the
    candidates begin the answer.
    """
    question = question_of(data, item, answer=False)
    return replace(question, text=item.cloze or item.question, begun=item.cloze)


def rankings(
    model: Model,
    items: Sequence[Item],
    values: Sequence[tuple[str, ...]],
    asked: Sequence[Candidates],
    budget: Budget | None = None,
) -> list[Ranking]:
    """How likely the model finds these values of each item after its prompt."""
    scores = model.rank(asked, budget)
    return [
        Ranking(
            id=item.id,
            candidates=candidates,
            truth=candidates.index(value(item)),
            logp=tuple(logp),
            tokens=tuple(len(tokens) for tokens in one.tokens),
        )
        for item, candidates, one, logp in zip(items, values, asked, scores, strict=True)
    ]
