"""What would spoil a run over the user's own data, found with the model's own processor before it trains.

No weights are loaded. A picture is tried once for each size: processors go by that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from remem import chatmarks
from remem.data.checks import check_images, expectations, measurable
from remem.data.marked import check_marks
from remem.data.opening import size_of
from remem.data.pebench.cut import TEST
from remem.errors import UserError
from remem.run import amounts
from remem.run.beside import asks_strangers
from remem.run.tasks import check as check_tasks
from remem.run.tasks import methods, tasks
from remem.scoring.gate import judge
from remem.text import contains
from remem.types import Item, Progress, silent

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.encoding import Encoder
    from remem.run.settings import Run

_NEAR = 16  # tokens from the longest prompt within which a row is encoded to the letter


@dataclass(frozen=True)
class Hopeless:
    """A row whose own answer, said to the letter, would count as wrong."""

    item: Item
    lacks: str  # a keyword that is not in the answer; "" where the answer is cut off
    tokens: int  # of the answer, its end included


def look_through(
    run: Run,
    data: Dataset,
    ignore_gate: bool,
    note: Callable[[str], None] = lambda sentence: None,
    opened: Progress = silent,
    tried: Progress = silent,
) -> list[str]:
    """All checks of a user's own data: UserError for what spoils the run. What will spoil single numbers is
    given back, in a sentence each; what merely differs goes to `note`."""
    check_tasks(run, data.splits, data.root)
    amounts.check(run, data)
    asked = [split for task in tasks(run) for split in task.asked if split in data.splits]
    measurable(data, list(dict.fromkeys(["finetune", *asked])))
    check_marks(data)
    # How the published set looks is nothing to whoever judges a model of theirs on data of theirs.
    usual = () if run.given else expectations(data, [task.forget for task in tasks(run)])
    for sentence in (*usual, *left_out(run, data)):
        note(sentence)
    check_images(data, progress=opened)
    return check_with_model(run, data, ignore_gate, tried)


def check_rehearsed(run: Run, data: Dataset) -> None:
    """UserError where a method that keeps what it goes over has nothing to go over."""
    from remem.methods import uses

    for task in tasks(run):
        needy = [one for one, _ in methods(run, task).values() if "retain" in uses(one.method)]
        if needy and not task.kept(data).rehearsed:
            raise UserError(
                f"{needy[0].method} goes over questions to keep, and nothing is left for it: all that "
                f"finetune teaches is forgotten with {task.forget}, is held out, or is asked in test. Teach "
                "more people in finetune, or choose methods that keep nothing (ga, prompt, retrain)."
            )


def left_out(run: Run, data: Dataset) -> Iterator[str]:
    """A sentence for each task whose data cannot leave as many people out of what is rehearsed as asked."""
    for task in tasks(run):
        kept = task.kept(data)
        if len(kept.outside) < task.outside:
            yield (
                f"forget.outside={task.outside}, but of those whom methods can go over at most half are left "
                f"out, here {len(kept.outside)}. What else stays beside {task.forget}: told by "
                f"{kept.told_by}"
            )


def check_with_model(run: Run, data: Dataset, ignore_gate: bool, progress: Progress = silent) -> list[str]:
    """What will spoil single numbers, in a sentence each. UserError for what spoils the run, by row:

    a text that holds one of the model's own marks, a picture that its processor does not take, a row that is
    longer than the model reads, and answers that never count as right where the gate cannot pass for them.
    """
    from remem.data import strangers
    from remem.models import find
    from remem.models.encoding import Encoder, special
    from remem.models.fitting import longest_of
    from remem.models.foreign import config
    from remem.models.loading import load_processor

    check_rehearsed(run, data)
    unknown = strangers.read(data.root) if asks_strangers(run) else None
    if unknown is not None:
        strangers.check_untaught(unknown, data)
    source = find(run.model.name)
    processor = load_processor(source)
    check_marks(data, chatmarks.own(special(processor)))
    encoder = Encoder(processor, (processor.tokenizer.eos_token_id or 0,))
    most = longest_of(config(source))
    check_lengths(data, encoder, picture_tokens(data, encoder, progress), most)
    return check_answers(run, data, processor.tokenizer, ignore_gate)


def picture_tokens(data: Dataset, encoder: Encoder, progress: Progress = silent) -> dict[str, int]:
    """Item id -> tokens of a short prompt with its picture. UserError where the processor refuses one."""
    shown = [item for item in data.items.values() if item.image_path]
    tried: dict[tuple[int, int], int] = {}
    found = {}
    for number, item in enumerate(shown):
        size = size_of(data.image_bytes(item.id) or b"")
        if size not in tried:
            where = f"{data.place(item.id)} ({item.image_path})"
            tried[size] = encoder.look(Image.new("RGB", size, "grey"), where)
        found[item.id] = tried[size]
        progress(number + 1, len(shown), "with the model's processor")
    return found


def check_lengths(data: Dataset, encoder: Encoder, pictures: dict[str, int], most: int) -> None:
    """UserError for the first row that is longer than `most` tokens with its picture and answer."""
    from remem.asking.respond import question_of
    from remem.models.base import Question

    items = list(data.items.values())
    plain = len(encoder.tokenizer(encoder.text(Question("", "?")), add_special_tokens=False).input_ids)
    texts = _ids(encoder.tokenizer, [f"{item.question} {item.answer}" for item in items])
    for item, ids in zip(items, texts, strict=True):
        if pictures.get(item.id, plain) + len(ids) + _NEAR < most:
            continue
        row = encoder.encode(question_of(data, item))
        if len(row) > most:
            raise UserError(
                f"{data.place(item.id)}: it has {len(row):,} tokens with its picture and answer; this model "
                f"reads at most {most:,}. Nothing is ever cut off: shorten it, or use another model."
            )


def check_answers(run: Run, data: Dataset, tokenizer: Any, ignore_gate: bool) -> list[str]:
    """A sentence for each kind of answer that can never count as right, with its first row.

    UserError instead where the gate cannot be passed for them, though the model said all to the letter.
    """
    most = run.evaluate.max_new_tokens
    found = {one.item.id: one for one in hopeless(list(data.items.values()), tokenizer, most)}
    said = [told for split, ids in data.splits.items() if (told := _told(split, ids, found, most))]
    if not said or ignore_gate:
        return said
    best = {id: float(id not in found) if item.keywords else None for id, item in data.items.items()}
    forget = {task.forget: [data.items[i] for i in data.splits[task.forget]] for task in tasks(run)}
    taught, new = ([data.items[i] for i in data.splits.get(split, ())] for split in (run.gate.split, TEST))
    held_out = new if run.gate.held_out and run.gate.split != TEST else []
    gate = judge(taught, best, run.gate, forget=forget, held_out=held_out)
    if gate.passed:
        return said
    raise UserError(
        "the gate cannot be passed, however long stage 1 trains:\n" + "\n".join(said) + "\n"
        "Mend that, or go on with --ignore-gate: every table will say so."
    )


def hopeless(items: list[Item], tokenizer: Any, most: int) -> Iterator[Hopeless]:
    """The items whose answer lacks a keyword, whole or cut off after `most` tokens."""
    for item, ids in zip(items, _ids(tokenizer, [item.answer for item in items]), strict=True):
        lacks = next((word for word in item.keywords if not contains(item.answer, word)), "")
        if lacks:
            yield Hopeless(item, lacks, len(ids) + 1)
        elif len(ids) > most:
            begun = tokenizer.decode(ids[:most], skip_special_tokens=True)
            if not all(contains(begun, word) for word in item.keywords):
                yield Hopeless(item, "", len(ids) + 1)


def _told(split: str, ids: tuple[str, ...], found: dict[str, Hopeless], most: int) -> str:
    here = [(number, found[id]) for number, id in enumerate(ids) if id in found]
    lacking = [(number, one) for number, one in here if one.lacks]
    cut = [(number, one) for number, one in here if not one.lacks]
    said = []
    if lacking:
        number, one = lacking[0]
        said.append(
            f"{len(lacking):,} rows of {split} ask for a keyword that their own answer lacks (first: {split} "
            f"row {number}, {one.lacks}): no answer to them can count as right. Mend the column keywords."
        )
    if cut:
        number, one = cut[0]
        need = max(one.tokens for _, one in cut)
        said.append(
            f"the answers of {len(cut):,} rows of {split} have more than {most} tokens (first: {split} row "
            f"{number}, {one.tokens}): they are cut off before their value and never count as right. Give "
            f"room: --set evaluate.max_new_tokens={need}"
        )
    return "\n".join(said)


def _ids(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    found: list[list[int]] = tokenizer(texts, add_special_tokens=False).input_ids if texts else []
    return found
