"""Rows of a data set, written in each of the forms that it may have on disk."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from remem.data.table import TEXTS, schema

Rows = list[dict[str, Any]]  # of the nine columns, as `to_pylist` gives them
FORMS = ("parquet", "saved", "csv", "jsonl", "metadata.parquet")


def splits(root: Path) -> dict[str, Rows]:
    """What a built set holds."""
    files = sorted((root / "data").glob("*.parquet"))
    return {path.name.split("-")[0]: pq.read_table(path).to_pylist() for path in files}


def write(form: str, root: Path, found: Mapping[str, Rows]) -> Path:
    """The splits in one of FORMS; of a folder, pictures lie where their image_path says, or beside it."""
    root.mkdir(parents=True, exist_ok=True)
    for split, rows in found.items():
        if form == "parquet":
            (root / "data").mkdir(exist_ok=True)
            table = pa.Table.from_pylist(rows, schema=schema())
            pq.write_table(table, root / "data" / f"{split}-00000-of-00001.parquet", row_group_size=7)
        elif form == "saved":
            import datasets

            table = pa.Table.from_pylist(rows, schema=schema())
            # Without the note that makes it an image: else `datasets` looks for files where there are none.
            plain = datasets.Dataset(table.replace_schema_metadata(None))
            plain.save_to_disk(str(root / split))
        else:
            _folder(form.removeprefix("metadata."), root / split, rows)
    if form == "saved":
        (root / "dataset_dict.json").write_text(json.dumps({"splits": list(found)}))
    return root


def _folder(kind: str, folder: Path, rows: Rows) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, row in enumerate(rows):
        cell = row["image"] or {"bytes": None, "path": None}
        name = cell["path"]
        if cell["bytes"] is not None:
            name = row["image_path"].removeprefix("images/") or f"{number}.png"
            file = folder / name
            if file.exists() and file.read_bytes() != cell["bytes"]:
                file = file.with_name(f"{number}-{file.name}")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(cell["bytes"])
            name = str(file.relative_to(folder))
        listed.append({"file_name": name} | {text: row[text] for text in TEXTS})
    if kind == "jsonl":
        (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, listed)), "utf-8")
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(listed), folder / "metadata.parquet")
    else:
        with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, listed[0])
            writer.writeheader()
            writer.writerows(listed)
