"""A data set as a folder of pictures for each split and a metadata file in it, as `imagefolder` has it.

    people/finetune/metadata.jsonl   one row each: file_name and the text columns of table.py
    people/finetune/p003/0042.png    file_name "p003/0042.png"; null or "" where the row has no picture

The text is read now, a picture when it is asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from remem.data import cells, csvfile, table
from remem.data.imagecell import Cells
from remem.data.opening import read_file
from remem.data.tablefile import line, opened, present, sound
from remem.errors import UserError

METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
PICTURE = "file_name"
Row = dict[str, str]


def splits(root: Path) -> dict[str, Path]:
    """Split -> its metadata file, in the folder or in its data/; the splits of the published set first.
    UserError where a split has two, or lacks the one that the others have."""
    found: dict[str, Path] = {}
    bare: list[Path] = []  # splits by their name, which hold something else
    for folder in sorted(
        one for place in (root / "data", root) for one in place.glob("[!.]*") if one.is_dir()
    ):
        own = sorted(folder / name for name in METADATA if present(folder / name))
        if not own and folder.name in table.SPLITS and any(folder.iterdir()):
            bare.append(folder)
        for path in own:
            other = found.setdefault(folder.name, path)
            if other != path:
                raise UserError(
                    f"split {folder.name} has two metadata files, {other} and {path}. Remove one: "
                    "nothing says which counts."
                )
    if found and bare:
        raise UserError(
            f"{bare[0]} holds a split's pictures and none of {', '.join(METADATA)}, which say what "
            "they show, as other splits have. Put it there, or remove the folder."
        )
    order = {name: n for n, name in enumerate(table.SPLITS)}
    return {name: found[name] for name in sorted(found, key=lambda s: (order.get(s, len(order)), s))}


def read(root: Path, found: dict[str, Path]) -> tuple[dict[str, list[Row]], FolderPictures, list[Path]]:
    """Texts, pictures, and the files to take the fingerprint of: metadata and every picture."""
    texts: dict[str, list[Row]] = {}
    shown: dict[str, list[bytes | Path | None]] = {}
    files: list[Path] = []
    where = Cells(root)
    for split, path in found.items():
        texts[split], shown[split] = [], []
        for number, (place, row, cell) in enumerate(_rows(path)):
            # The path is a column of its own where the file is another; else the file's tells whose it is.
            row.setdefault("image_path", cells.cell(_path(cell), "image_path", place))
            table.check_columns(place, ["image", *row])
            picture = where.find(cell, f"{place}, column {PICTURE}", path.parent)
            row["picture"] = "" if picture is None else row["image_path"] or f"{split} row {number}"
            texts[split].append(row)
            shown[split].append(picture)
        files += [path, *dict.fromkeys(one for one in shown[split] if isinstance(one, Path))]
    return texts, FolderPictures(shown), files


def _path(cell: Any) -> str:
    path = cell.get("path") if isinstance(cell, dict) else cell
    return path if isinstance(path, str) else ""


def _rows(path: Path) -> Iterator[tuple[str, Row, Any]]:
    """Where each row stands, its texts, and its cell of the picture: a path, or as `datasets` writes it."""
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    for place, row in _csv(path) if path.suffix == ".csv" else _lines(path):
        _has_picture(place, row)
        named = [name for name in table.TEXTS if name in row]
        yield place, {name: cells.cell(row[name], name, place) for name in named}, row[PICTURE]


def _csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    header, rows = csvfile.rows(path)
    for number, (_, row) in enumerate(rows):
        yield f"{path}, row {number}", dict(zip(header, row, strict=True))


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Objects in JSON, one a line; blank lines are no rows."""
    number = 0
    for at, text in enumerate(csvfile.decoded(path).split("\n"), 1):
        if not text.strip():
            continue
        place = f"{path}, row {number}"
        try:
            row = json.loads(text, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise UserError(
                f"{path} is not readable: line {at} is no JSON ({line(error)}). Mend it or export it again."
            ) from error
        if not isinstance(row, dict):
            raise UserError(f"{place} is not an object with the columns {PICTURE}, {', '.join(table.TEXTS)}.")
        yield place, row
        number += 1


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are each there once: Python would keep the last."""
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise ValueError(f"it has {count} entries of the name {name}")
    return dict(pairs)


def _parquet(path: Path) -> Iterator[tuple[str, Row, Any]]:
    with opened(path, "Mend it or export it again.") as file:
        _has_picture(str(path), file.schema_arrow.names)
        names = [name for name in table.TEXTS if name in file.schema_arrow.names]
        features = cells.features_of(file.schema_arrow)
        found = sound(file.read(columns=[*names, PICTURE]))
        texts = cells.columns(found, names, str(path), features)
        shown = found.column(PICTURE).to_pylist()
    for number, cell in enumerate(shown):
        yield (
            f"{path}, row {number}",
            {name: own[number] for name, own in zip(names, texts, strict=True)},
            cell,
        )


def _has_picture(place: str, names: Any) -> None:
    if PICTURE not in names:
        raise UserError(f"{place} has no column {PICTURE}: the picture's path beside the metadata, or null.")


class FolderPictures:
    """Pictures as files of their own."""

    def __init__(self, shown: dict[str, list[bytes | Path | None]]) -> None:
        self.shown = shown

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row, None where there is none."""
        found = self.shown[split][row]
        return read_file(found, f"{split} row {row}") if isinstance(found, Path) else found

    def rows(self) -> dict[str, int]:
        """How many rows each split has."""
        return {split: len(pictures) for split, pictures in self.shown.items()}
