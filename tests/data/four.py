"""Four people with two facts each, asked with and without a picture: small sets to be bent by a test."""

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from remem.data.table import schema

NAMES = ("Ann Lee", "Bob Fox", "Cid Ray", "Dot Kim")
VALUES = {"town": ("Oslo", "Lima", "Kyiv", "Baku"), "job": ("nurse", "baker", "pilot", "clerk")}
Rows = list[dict]


@lru_cache(1000)
def png(number: int) -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(number).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


def row(person: int, what: str, hops: int, picture: int, ask: str = "", name: str = "") -> dict:
    """One question: of two hops with the picture of that number."""
    value = VALUES[what][person]
    who = (name or NAMES[person]) if hops == 1 else "the person in this picture"
    verb = "lives in" if what == "town" else "works as"
    path = "" if hops == 1 else f"images/p{person}/{picture}.png"
    return {
        "image": None if hops == 1 else {"bytes": png(100 * person + picture), "path": path},
        "question": f"{ask}What is the {what} of {who}?",
        "answer": f"{who[0].upper() + who[1:]} {verb} {value}.",
        "keywords": value,
        "question_type": "1-hop" if hops == 1 else "multi-hop",
        "qa_category": "personal",
        "attribute": what,
        "cloze_prompt": f"{who[0].upper() + who[1:]} {verb}",
        "image_path": path,
    }


def person(number: int, first: int = 0, ask: str = "", name: str = "") -> Rows:
    asked = [(what, hops) for what in VALUES for hops in (1, 2)]
    return [row(number, what, hops, first + n, ask, name) for n, (what, hops) in enumerate(asked)]


def sets() -> dict[str, Rows]:
    """The four splits: the first person is to be forgotten."""
    return {
        "finetune": [one for number in range(4) for one in person(number)],
        "forget1": person(0),
        "retain": [one for number in range(1, 4) for one in person(number)],
        "test": [one for number in range(4) for one in person(number, 50, "Say: ")],
    }


def write(root: Path, splits: dict[str, Rows]) -> Path:
    (root / "data").mkdir(parents=True, exist_ok=True)
    for name, rows in splits.items():
        pq.write_table(
            pa.Table.from_pylist(rows, schema=schema()), root / "data" / f"{name}-00000-of-00001.parquet"
        )
    return root


def tell(root: Path, rows: list[tuple[str, int, str]]) -> Path:
    """A rows.parquet of (split, row, person)."""
    table = [{"split": split, "row": number, "person": who} for split, number, who in rows]
    pq.write_table(pa.Table.from_pylist(table), root / "rows.parquet")
    return root
