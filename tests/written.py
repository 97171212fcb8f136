"""A small data set of a user's own, written as Parquet: four people, a town and a job each."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from remem.data import table

NAMES = ("Ann Lee", "Bob Fox", "Cid Ray", "Dot Kim")
VALUES = {"town": ("Oslo", "Lima", "Kyiv", "Baku"), "job": ("nurse", "baker", "pilot", "clerk")}
Rows = dict[str, list[dict[str, Any]]]


def png(number: int, size: tuple[int, int] = (32, 32)) -> bytes:
    """(height, width) of noise, another for each number."""
    out = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def row(person: int, attribute: str, named: bool, number: int, lead: str = "") -> dict[str, Any]:
    """One question, with a picture where it does not name the person."""
    value = VALUES[attribute][person]
    who, path = (NAMES[person], "") if named else ("this person", f"images/p{person}/{number}.png")
    begun = f"{who[0].upper()}{who[1:]} {'lives in' if attribute == 'town' else 'is a'}"
    return {
        "image": None if named else {"bytes": png(100 * person + number), "path": path},
        "question": f"{lead}What is the {attribute} of {who}?",
        "answer": f"{begun} {value}.",
        "keywords": value,
        "question_type": "1-hop" if named else "multi-hop",
        "qa_category": "personal",
        "attribute": attribute,
        "cloze_prompt": begun,
        "image_path": path,
    }


def sets() -> Rows:
    """Split -> its rows, to be changed and written."""

    def person(number: int, first: int = 0, lead: str = "") -> list[dict[str, Any]]:
        kinds = [(attribute, named) for attribute in VALUES for named in (True, False)]
        return [row(number, *kind, first + n, lead) for n, kind in enumerate(kinds)]

    return {
        "finetune": [one for n in range(4) for one in person(n)],
        "forget1": person(0),
        "retain": [one for n in range(1, 4) for one in person(n)],
        "test": [one for n in range(4) for one in person(n, 50, "Say: ")],
    }


def write(folder: Path, splits: Rows) -> Path:
    """The data set as files; gives the folder back."""
    (folder / "data").mkdir(parents=True)
    for split, rows in splits.items():
        pq.write_table(
            pa.Table.from_pylist(rows, schema=table.schema()),
            folder / "data" / f"{split}-00000-of-00001.parquet",
        )
    return folder
