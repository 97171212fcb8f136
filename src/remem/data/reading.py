"""The ways a data set lies on disk, each read as texts now and pictures later."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remem.data import imagefolder, table
from remem.data.dataset import Pictures
from remem.errors import UserError
from remem.types import Progress

# A row: the eight text columns, and "picture": the image_path where there is a picture, else "".
Texts = dict[str, list[dict[str, str]]]
Read = tuple[Texts, Pictures, list[Path]]  # texts, pictures, the files to take the fingerprint of

SIDE = ("rows", "pictures", "paraphrases", "strangers")  # Parquet files that are no splits
_SHARD = re.compile(r"(?P<split>[^/]+?)(?:-\d{5}-of-\d{5})?\.parquet$")
_KEPT_BYTES = 64 << 20  # of row groups' pictures that were read lately, the last one apart
_LARGE_GROUP = 64 << 20  # bytes of pictures in a row group, beyond which one row costs too much to read


@contextmanager
def intact(
    path: Path, cure: str = "Build or download it again.", kind: str = "Parquet file"
) -> Iterator[None]:
    """Around whatever reads the file: UserError, naming it, where it turns out to be damaged."""
    import pyarrow as pa

    try:
        yield
    # ValueError: text that is not UTF-8, which shows only when it is turned into strings.
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{path} is not a readable {kind} ({_line(error)}). {cure}") from error


def _line(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split())


def folder(root: Path, progress: Progress) -> Read:
    """A local folder: Parquet files in data/ (or in the folder itself), else what `save_to_disk` left, else
    a folder of pictures for each split."""
    files = sorted((root / "data").glob("*.parquet"))
    if not files:
        files = [path for path in sorted(root.glob("*.parquet")) if path.stem not in SIDE]
    if files:
        return _parquet(root, files, progress)
    if (root / "dataset_dict.json").is_file():
        return _saved(root)
    if found := imagefolder.splits(root):
        return imagefolder.read(found)
    if any(root.rglob("*.csv")):
        raise UserError(
            f"{root} holds a table, and maybe pictures, but no data set. If it is in the layout of the "
            f"published PEBench, build one from it: remem build pebench FOLDER --data {root}"
        )
    raise UserError(
        f"{root} holds no data set: neither data/*.parquet, nor the dataset_dict.json that save_to_disk "
        "writes, nor a folder with metadata.jsonl or metadata.csv for each split. Point to the folder that "
        "holds them."
    )


def _parquet(root: Path, files: list[Path], progress: Progress) -> Read:
    import pyarrow.parquet as pq

    texts: Texts = {}
    shards: dict[str, list[Path]] = {}
    for number, path in enumerate(_in_order(files)):
        match = _SHARD.search(path.name)
        assert match, "only *.parquet files come here"
        split = match["split"]
        with intact(path):
            file = pq.ParquetFile(path, memory_map=True)
            table.check_columns(path.name, file.schema_arrow.names)
            groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
        if any(group.total_byte_size > _LARGE_GROUP for group in groups):
            return _converted(root, files)
        with intact(path):
            texts.setdefault(split, []).extend(rows_of(file, path.name, split, len(texts.get(split, ()))))
        shards.setdefault(split, []).append(path)
        progress(number + 1, len(files), "files read")
    return texts, ParquetPictures(shards), files


def rows_of(file: Any, name: str, split: str, start: int) -> list[dict[str, str]]:
    """The text columns of a Parquet file, whose first row is row `start` of the split."""
    import pyarrow as pa

    image = file.schema_arrow.field("image").type
    if not pa.types.is_struct(image) or image.get_field_index("bytes") < 0:
        raise UserError(
            f"{name}: column image is {image}; it must hold bytes and path, as datasets writes it."
        )
    part = "image.path" if image.get_field_index("path") >= 0 else "image.bytes"
    found = file.read(columns=[*table.TEXTS, part])
    shown = found.column("image").is_valid().to_pylist()
    columns = [_strings(found.column(name)) for name in table.TEXTS]
    rows = []
    for n, (values, has) in enumerate(zip(zip(*columns, strict=True), shown, strict=True)):
        row = dict(zip(table.TEXTS, values, strict=True))
        row["picture"] = (row["image_path"] or f"{split} row {start + n}") if has else ""
        rows.append(row)
    return rows


def _in_order(files: list[Path]) -> list[Path]:
    """Files by split, finetune first, as the card lists them."""
    order = {name: n for n, name in enumerate(table.SPLITS)}

    def key(path: Path) -> tuple[int, str]:
        match = _SHARD.search(path.name)
        return order.get(match["split"] if match else "", len(order)), path.name

    return sorted(files, key=key)


def _strings(column: Any) -> list[str]:
    return [table.text_of(value) for value in column.to_pylist()]


class ParquetPictures:
    """Pictures read from Parquet by row, a few row groups kept."""

    def __init__(self, shards: dict[str, list[Path]]) -> None:
        self.shards = shards
        self.kept: OrderedDict[tuple[Path, int], Any] = OrderedDict()
        self.starts: dict[
            str, list[tuple[int, Path, int]]
        ] = {}  # split -> (first row, file, row group), rising

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row, None where there is none."""
        for first, path, group in reversed(self._groups(split)):
            if row >= first:
                with intact(path):
                    picture = self._column(path, group)[row - first].as_py()
                return picture and picture["bytes"]
        return None

    def _groups(self, split: str) -> list[tuple[int, Path, int]]:
        if split not in self.starts:
            import pyarrow.parquet as pq

            at, groups = 0, []
            for path in self.shards[split]:
                with intact(path):
                    about = pq.read_metadata(path)
                for group in range(about.num_row_groups):
                    groups.append((at, path, group))
                    at += about.row_group(group).num_rows
            self.starts[split] = groups
        return self.starts[split]

    def _column(self, path: Path, group: int) -> Any:
        import pyarrow.parquet as pq

        if (path, group) not in self.kept:
            file = pq.ParquetFile(path, memory_map=True)
            self.kept[path, group] = file.read_row_group(group, columns=["image"]).column("image")
            while len(self.kept) > 1 and sum(one.nbytes for one in self.kept.values()) > _KEPT_BYTES:
                self.kept.popitem(last=False)
        self.kept.move_to_end((path, group))
        return self.kept[path, group]


def _saved(root: Path) -> Read:
    from datasets import load_from_disk

    # What save_to_disk wrote is read here, and only its pictures later.
    with intact(root, "Save or download it again.", "data set"):
        return _arrow(load_from_disk(str(root)), sorted(root.rglob("*.arrow")))


def _converted(root: Path, files: list[Path]) -> Read:
    """Row groups too large to read for one picture: `datasets` unpacks them once into a memory-mapped
    cache."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    named: dict[str, list[str]] = {}
    for path in _in_order(files):
        match = _SHARD.search(path.name)
        assert match, "only *.parquet files come here"
        named.setdefault(match["split"], []).append(str(path))
    try:
        return _arrow(load_dataset("parquet", data_files=named), files)
    except DatasetsError as error:
        raise UserError(
            f"{files[0].parent} holds a damaged Parquet file ({_line(error.__cause__ or error)}). "
            "Build or download it again."
        ) from error


def hub(name: str, progress: Progress) -> Read:
    """A data set of the hub, downloaded and kept by `datasets`."""
    from datasets import load_dataset

    try:
        splits = load_dataset(name)
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(
            f"cannot load {name}: there is no such folder, and the hub says: {error}. "
            "Check the name and the network."
        ) from error
    files = [Path(file["filename"]) for split in splits.values() for file in split.cache_files]
    return _arrow(splits, files)


def _arrow(splits: Any, files: list[Path]) -> Read:
    from datasets import Image

    order = [name for name in table.SPLITS if name in splits]
    raw = {}
    texts: Texts = {}
    for split in [*order, *(name for name in splits if name not in order)]:
        data = splits[split]
        table.check_columns(f"split {split}", data.column_names)
        raw[split] = data.cast_column("image", Image(decode=False))
        shown = raw[split].data.column("image").is_valid().to_pylist()
        if data._indices is not None:  # selected rows: the table holds more than the split does
            shown = [shown[n] for n in data._indices.column(0).to_pylist()]
        columns = [data[name][:] for name in table.TEXTS]
        texts[split] = []
        for n, (values, has) in enumerate(zip(zip(*columns, strict=True), shown, strict=True)):
            row = {name: table.text_of(v) for name, v in zip(table.TEXTS, values, strict=True)}
            row["picture"] = (row["image_path"] or f"{split} row {n}") if has else ""
            texts[split].append(row)
    return texts, ArrowPictures(raw), files


class ArrowPictures:
    """Pictures of memory-mapped `datasets` splits."""

    def __init__(self, splits: dict[str, Any]) -> None:
        self.splits = splits

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row, None where there is none."""
        picture = self.splits[split][row]["image"]
        if picture is None:
            return None
        return picture["bytes"] if picture["bytes"] is not None else Path(picture["path"]).read_bytes()
