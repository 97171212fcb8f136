"""The nine columns of a ReMem data set, as Parquet that `datasets.load_dataset` reads."""

import difflib
import json
from collections.abc import Sequence
from typing import Any

from remem.errors import UserError

COLUMNS = (
    "image", "question", "answer", "keywords", "question_type", "qa_category", "attribute", "cloze_prompt",
    "image_path",
)  # fmt: skip
TEXTS = COLUMNS[1:]
FORGETS = ("forget1", "forget2", "forget3", "forget4")
SPLITS = ("finetune", *FORGETS, "retain", "test")  # in the order of the published card
NEEDED = ("finetune", "forget1", "retain", "test")  # without these there is nothing to unlearn or to measure


def schema() -> Any:
    """The Arrow schema, with the note that tells `datasets` which column is an image."""
    import pyarrow as pa

    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    fields = [("image", image), *((name, pa.string()) for name in TEXTS)]
    features = {
        "image": {"_type": "Image"},
        **{name: {"dtype": "string", "_type": "Value"} for name in TEXTS},
    }
    note = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": note})


def nearest(name: str, known: list[str]) -> str:
    """ " Is ... meant? Rename it." or "", to put into an error."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Is {near[0]} meant? Rename it." if near else ""


def check_columns(place: str, names: list[str], needed: Sequence[str] = COLUMNS) -> None:
    """UserError, naming the place and the first needed column that is not there."""
    if set(names) == {"image", "label"}:
        raise UserError(
            f"{place} holds pictures with labels and no questions. If it is the published PEBench, build a "
            "data set from it: remem build pebench FOLDER --data xuzhaopan/PEBench"
        )
    for name in needed:
        if name not in names:
            raise UserError(
                f"{place} has no column {name}.{nearest(name, names)} It has: {', '.join(names)}; "
                f"needed are {', '.join(needed)}."
            )
