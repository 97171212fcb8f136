"""A data set as a folder of pictures for each split and a metadata file in it, as `imagefolder` has it.

    people/finetune/metadata.jsonl   one row each: file_name and the text columns of table.py
    people/finetune/p003/0042.png    file_name "p003/0042.png"; null or "" where the row has no picture

The text is read now, a picture when it is asked for.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from remem.data import table
from remem.errors import UserError

METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
Row = dict[str, str]


def splits(root: Path) -> dict[str, Path]:
    """Split -> its metadata file, in the folder or in its data/; the splits of the published set first."""
    found = {
        path.parent.name: path
        for folder in (root / "data", root)
        for name in METADATA
        for path in sorted(folder.glob(f"*/{name}"))
    }
    order = {name: n for n, name in enumerate(table.SPLITS)}
    return {name: found[name] for name in sorted(found, key=lambda s: (order.get(s, len(order)), s))}


def read(found: dict[str, Path]) -> tuple[dict[str, list[Row]], FolderPictures, list[Path]]:
    """Texts, pictures, and the files to take the fingerprint of: metadata and every picture."""
    texts: dict[str, list[Row]] = {}
    shown: dict[str, list[Path | None]] = {}
    files: list[Path] = []
    for split, path in found.items():
        texts[split], shown[split] = [], []
        for number, cells in enumerate(_cells(path)):
            where = f"{path}, row {number}"
            row, picture = _row(where, path.parent, cells)
            row["picture"] = (row["image_path"] or f"{split} row {number}") if picture else ""
            texts[split].append(row)
            shown[split].append(picture)
        files += [path, *dict.fromkeys(one for one in shown[split] if one)]
    return texts, FolderPictures(shown), files


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
            return rows
        with path.open(newline="", encoding="utf-8-sig") as file:
            if path.suffix == ".csv":
                return [dict(row) for row in csv.DictReader(file)]
            return [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path} is not readable ({error}). Mend it or export it again.") from error


def _row(where: str, folder: Path, cells: Any) -> tuple[Row, Path | None]:
    if not isinstance(cells, dict):
        raise UserError(f"{where} is not an object with the columns file_name, {', '.join(table.TEXTS)}.")
    if "file_name" not in cells:
        raise UserError(f"{where} has no column file_name: the picture's path beside the metadata, or null.")
    name = table.text_of(cells["file_name"])
    # The path is a column of its own where the file is another; else the file's own path tells whose it is.
    row = {column: table.text_of(cells[column]) for column in table.TEXTS if column in cells}
    row.setdefault("image_path", name)
    table.check_columns(where, ["image", *row])
    picture = folder / name if name else None
    if picture is not None and not picture.is_file():
        raise UserError(
            f"{where}, column file_name: there is no picture {name} in {folder}. Add it or empty it."
        )
    return row, picture


class FolderPictures:
    """Pictures as files of their own."""

    def __init__(self, shown: dict[str, list[Path | None]]) -> None:
        self.shown = shown

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row, None where there is none."""
        path = self.shown[split][row]
        return None if path is None else path.read_bytes()
