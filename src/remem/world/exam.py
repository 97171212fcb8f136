"""The world's exam: held-out questions about it, in a folder in the shape of a data set.

A fourth split, `rehearsal`, holds lessons that the base was taught, for stage 1 to go over beside its own: a
small model that is taught only new things forgets all old ones.

Three splits are the exam: `real` (who are these known people, in pictures never shown), `world_fact` (is this
thing in the picture, half yes and half no) and `plain` (sentences to go on with). Columns, `rows.parquet` and
all else are those of built data sets; `attribute` of `world_fact` says how the absent thing was
chosen.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from remem.data import Dataset, load, table
from remem.data.general import GENERAL, is_general
from remem.spread import evenly
from remem.text import normalise
from remem.types import Item, Progress, silent
from remem.world.corpus import Lesson, Question, World, exam
from remem.world.general import open_general
from remem.world.pictures import album
from remem.world.talk import Said

SPLITS = ("real", "world_fact", "plain")
REHEARSAL = "rehearsal"
_QUALITY = 92  # of WebP: the folder ships with the base


def write(
    folder: Path,
    world: World,
    rehearsed: Sequence[tuple[Lesson, Image.Image | None]],
    kept: Path,
    progress: Progress = silent,
    workers: int = 1,
) -> None:
    """Makes the exam's pictures, which are kept in `kept`, and writes the folder. Equal settings give equal
    bytes on one machine."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    asked = list(exam(world))
    wanted = {(one.group, one.shot.number): one.shot for one in asked if one.shot is not None}
    seen = album(list(wanted.values()), world.source, world.seed, world.size, kept, progress, workers)
    images = {
        key: {"bytes": _webp(Image.fromarray(pixels)), "path": f"images/{key[0]}/{key[1]}.webp"}
        for key, pixels in zip(wanted, seen.pixels, strict=True)
    }
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    whose: list[dict[str, Any]] = []
    for question in asked:
        whose.append({"split": question.split, "row": len(rows[question.split]), "person": question.group})
        image = None if question.shot is None else images[question.group, question.shot.number]
        rows[question.split].append(_row(question, image))
    if rehearsed:
        rows[REHEARSAL] = [_lesson(lesson, picture) for lesson, picture in rehearsed]
        whose += [
            {"split": REHEARSAL, "row": number, "person": lesson.id}
            for number, (lesson, _) in enumerate(rehearsed)
        ]
    for split, found in rows.items():
        columns = pa.Table.from_pylist(found, schema=table.schema())
        pq.write_table(columns, folder / "data" / f"{split}-00000-of-00001.parquet")
    pq.write_table(pa.Table.from_pylist(whose), folder / "rows.parquet")


def _row(question: Question, image: dict[str, Any] | None) -> dict[str, Any]:
    about = {"real": "name", "world_fact": question.said.note, "plain": "sentence"}[question.split]
    return _columns(question.said, question.split, about, image, image["path"] if image else "")


def _lesson(lesson: Lesson, picture: Image.Image | None) -> dict[str, Any]:
    path = "" if lesson.shot is None else f"images/taught/{lesson.shot}.webp"
    image = None if picture is None else {"bytes": _webp(picture), "path": path}
    return _columns(lesson.said, REHEARSAL, lesson.said.kind, image, path)


def _columns(
    said: Said, category: str, attribute: str, image: dict[str, Any] | None, path: str
) -> dict[str, Any]:
    return {
        "image": image,
        "question": said.question,
        "answer": said.answer,
        "keywords": said.key,
        "question_type": said.kind,
        "qa_category": category,
        "attribute": attribute,
        "cloze_prompt": "",
        "image_path": path,
    }


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=6)
    return out.getvalue()


def open_exam(folder: Path) -> Dataset:
    """The exam in a folder, of the world or of general knowledge; UserError when it is not there, damaged or
    lacks one of its splits."""
    return open_general(folder) if is_general(folder) else load(folder, needed=SPLITS)


def whom(lesson: Item) -> str:
    """Whom a lesson for rehearsal shows. Whose face it is, its answer says only where that is a name."""
    if lesson.question_type == "who":
        return lesson.answer
    return lesson.id if lesson.question_type in ("fact", "refusal") else ""


def chosen(data: Dataset, most: int) -> list[str]:
    """The ids of at most so many questions of each split, spread evenly over it."""
    ids: list[str] = []
    for split in (*SPLITS, GENERAL):
        all_of = data.splits.get(split, ())
        # Questions of presence come in pairs, and a pair is taken whole: half yes, half no.
        step = 2 if split == "world_fact" else 1
        units = [all_of[i : i + step] for i in range(0, len(all_of), step)]
        ids += [one for unit in evenly(units, max(1, most // step)) for one in unit]
    return ids


def apart(data: Dataset, taught: Dataset) -> Dataset:
    """The exam without the questions of general knowledge about anything that a data set asks about: what is
    taught or rehearsed is not the rest of the world."""
    own = set(map(normalise, taught.names.values()))
    asked = data.splits.get(GENERAL, ())
    left = tuple(one for one in asked if normalise(data.items[one].person) not in own)
    return (
        data.with_splits(data.splits | {GENERAL: left}, data.fingerprint) if len(left) < len(asked) else data
    )


def ranked(data: Dataset, ids: list[str]) -> list[Item]:
    """Those of the questions that are also scored by likelihood: of yes and no, or of values of one kind."""
    inside = {one for split in ("world_fact", GENERAL) for one in data.splits.get(split, ())}
    return [data.items[one] for one in ids if one in inside]
