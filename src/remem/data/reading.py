"""The ways a data set lies on disk, each read as texts now and pictures later."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from remem.data import cells, imagefolder, table
from remem.data.dataset import Pictures
from remem.data.imagecell import Cells
from remem.data.shards import Shards, of_config, shards
from remem.data.tablefile import intact, line, once, opened, present, sound, whole
from remem.errors import UserError
from remem.types import Progress

# A row: the eight text columns, and "picture": the image_path where there is a picture, else "".
Texts = dict[str, list[dict[str, str]]]
Read = tuple[Texts, Pictures, list[Path]]  # texts, pictures, the files to take the fingerprint of

_KEPT_BYTES = 64 << 20  # of row groups' pictures that were read lately, the last one apart
_AT_ONCE = 8  # rows that `datasets` unpacks together; by itself it takes a whole row group
_LARGE_GROUP = 64 << 20  # bytes of pictures in a row group, beyond which one row costs too much to read


def folder(root: Path, progress: Progress) -> Read:
    """A local folder: Parquet files in data/ (or in the folder itself), else what `save_to_disk` left, else
    a folder of pictures for each split, else the Parquet files of one config."""
    if found := shards(root):
        return _parquet(root, found, progress)
    if present(root / "dataset_dict.json"):
        return _saved(root)
    if listed := imagefolder.splits(root):
        return imagefolder.read(root, listed)
    if found := of_config(root):
        return _parquet(root, found, progress)
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


def _parquet(root: Path, found: Shards, progress: Progress) -> Read:
    texts: Texts = {}
    files = [path for paths in found.values() for path in paths]
    pictures = ParquetPictures(found, root)
    apart: list[Path] = []  # pictures that are files of their own
    for split, paths in found.items():
        texts[split] = []
        for path in paths:
            with opened(path) as file:
                table.check_columns(path.name, file.schema_arrow.names)
                groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
                if any(group.total_byte_size > _LARGE_GROUP for group in groups):
                    return _converted(root, found)
                rows, named = rows_of(file, path.name, split, len(texts[split]), pictures.cells)
            texts[split].extend(rows)
            apart += named
            progress(files.index(path) + 1, len(files), "files read")
    return texts, pictures, [*files, *dict.fromkeys(apart)]


def rows_of(
    file: Any, name: str, split: str, start: int, where: Cells
) -> tuple[list[dict[str, str]], list[Path]]:
    """The text columns of a Parquet file, whose first row is row `start` of the split, and the files of its
    pictures that are not in it."""
    schema = file.schema_arrow
    parts = _parts(schema.field("image").type, name)
    features = cells.features_of(schema)
    texts = sound(file.read(columns=list(table.TEXTS)))
    columns = cells.columns(texts, table.TEXTS, name, features)
    shown: list[bool] = []
    apart: list[Path] = []
    for number in range(file.metadata.num_row_groups if parts else 0):
        image = _image(file, number, parts[-1:])
        # The bytes themselves are read only where some may be lacking: then paths count.
        if parts == ["bytes", "path"] and _lacking(file.metadata.row_group(number)) == image.null_count:
            shown += image.is_valid().to_pylist()
            continue
        image = image if len(parts) == 1 else _image(file, number, parts)
        has, named = _shown(image, parts, where, split, start + len(shown))
        shown += has
        apart += named
    return _rows(columns, shown if parts else [False] * len(texts), split, start), apart


def _image(file: Any, group: int, parts: list[str]) -> Any:
    return sound(file.read_row_group(group, columns=[f"image.{part}" for part in parts]).column("image"))


def _parts(image: Any, name: str) -> list[str]:
    """The fields of the image column that tell where a picture is: bytes first. None of a column of nulls."""
    import pyarrow as pa

    if pa.types.is_null(image):
        return []
    held = {field.name: field.type for field in image} if pa.types.is_struct(image) else {}
    parts = [part for part in ("bytes", "path") if part in held]
    bytes_, path = held.get("bytes", pa.null()), held.get("path", pa.null())
    if not parts or not (_is(bytes_, "binary") and _is(path, "string")):
        raise UserError(
            f"{name}: column image is {image}; it must hold bytes and path, as datasets writes it."
        )
    return parts


def _is(kind: Any, what: str) -> bool:
    """Whether an Arrow type is "binary" or "string", in any width; all nulls are either."""
    import pyarrow as pa

    named = (what, f"large_{what}", f"{what}_view", f"fixed_size_{what}")
    tests = [getattr(pa.types, f"is_{one}", None) for one in named]
    return bool(pa.types.is_null(kind)) or any(test(kind) for test in tests if test)


def _lacking(group: Any) -> int | None:
    """How many rows of a row group have no bytes; None where its statistics do not say."""
    for number in range(group.num_columns):
        column = group.column(number)
        if column.path_in_schema == "image.bytes":
            about = column.statistics
            return about.null_count if about is not None and about.has_null_count else None
    return None


def _shown(
    image: Any, parts: list[str], where: Cells, split: str, start: int, picked: Sequence[int] | None = None
) -> tuple[list[bool], list[Path]]:
    """Which rows of an image column have a picture; and those of its pictures that are files. `picked`: the
    rows of the column that count, in their order."""
    import pyarrow.compute as pc

    none: list[Any] = [None] * len(image)
    held = pc.struct_field(image, "bytes").is_valid().to_pylist() if "bytes" in parts else none
    paths = pc.struct_field(image, "path").to_pylist() if "path" in parts else none
    shown, files = [], []
    for number, at in enumerate(range(len(image)) if picked is None else picked):
        cell = None if held[at] else {"bytes": None, "path": paths[at]}
        found = cell and where.find(cell, f"{split} row {start + number}")
        shown.append(bool(held[at] or found))
        if isinstance(found, Path):
            files.append(found)
    return shown, files


def _rows(columns: list[list[str]], shown: list[bool], split: str, start: int) -> list[dict[str, str]]:
    rows = []
    for n, (values, has) in enumerate(zip(zip(*columns, strict=True), shown, strict=True)):
        row = dict(zip(table.TEXTS, values, strict=True))
        row["picture"] = (row["image_path"] or f"{split} row {start + n}") if has else ""
        rows.append(row)
    return rows


class ParquetPictures:
    """Pictures read from Parquet by row, a few row groups kept."""

    def __init__(self, found: Shards, root: Path) -> None:
        self.shards, self.cells = found, Cells(root)
        self.kept: OrderedDict[tuple[Path, int], Any] = OrderedDict()
        self.starts: dict[
            str, list[tuple[int, Path, int]]
        ] = {}  # split -> (first row, file, row group), rising
        self.held = 0  # bytes of them
        self.counts: dict[str, int] = {}
        self.footers: dict[Path, Any] = {}  # read once: a footer is as long as there are row groups

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row, None where there is none."""
        groups = self._groups(split)
        first, path, group = groups[bisect_right(groups, row, key=lambda one: one[0]) - 1]
        with intact(path):
            picture = self._column(path, group)[row - first].as_py()
        return self.cells.read(picture, f"{split} row {row}")

    def rows(self) -> dict[str, int]:
        """How many rows each split has."""
        for split in self.shards:
            self._groups(split)
        return dict(self.counts)

    def _groups(self, split: str) -> list[tuple[int, Path, int]]:
        if split not in self.starts:
            at, groups = 0, []
            for path in self.shards[split]:
                with opened(path) as file:
                    about = self.footers[path] = file.metadata
                    for group in range(about.num_row_groups):
                        groups.append((at, path, group))
                        at += about.row_group(group).num_rows
            self.starts[split], self.counts[split] = groups, at
        return self.starts[split]

    def _column(self, path: Path, group: int) -> Any:
        if (path, group) not in self.kept:
            with opened(path, footer=self.footers[path]) as file:
                found = sound(file.read_row_group(group, columns=["image"]).column("image"))
            self.kept[path, group] = found
            self.held += found.nbytes
            while len(self.kept) > 1 and self.held > _KEPT_BYTES:
                self.held -= self.kept.popitem(last=False)[1].nbytes
        self.kept.move_to_end((path, group))
        return self.kept[path, group]


def _saved(root: Path) -> Read:
    from datasets import load_from_disk

    files = sorted(root.rglob("*.arrow"))
    for path in (*root.rglob("*.json"), *files):
        whole(path, "Save or download it again.")
    # What save_to_disk wrote is read here, and only its pictures later.
    with intact(root, "Save or download it again.", "data set"):
        return _arrow(load_from_disk(str(root)), files, root)


def _converted(root: Path, found: Shards) -> Read:
    """Row groups too large to read for one picture: `datasets` unpacks them once into a memory-mapped
    cache."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError
    from pyarrow import default_memory_pool

    files = [path for paths in found.values() for path in paths]
    for path in files:
        with opened(path) as file:
            table.check_columns(path.name, file.schema_arrow.names)
    try:
        named = {split: list(map(str, paths)) for split, paths in found.items()}
        with intact(root, kind="data set"):
            splits = load_dataset("parquet", data_files=named, batch_size=_AT_ONCE)
            default_memory_pool().release_unused()  # Arrow keeps what it needed, several row groups
            return _arrow(splits, files, root)
    except DatasetsError as error:
        raise UserError(
            f"{files[0].parent} holds a damaged Parquet file ({line(error.__cause__ or error)}). "
            "Build or download it again."
        ) from error


def hub(name: str, progress: Progress) -> Read:
    """A data set of the hub, downloaded and kept by `datasets`."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    try:
        splits = load_dataset(name)
    except (OSError, ValueError, RuntimeError, DatasetsError) as error:
        raise UserError(
            f"cannot load {name}: there is no such folder, and the hub says: {line(error)}. "
            "Check the name and the network."
        ) from error
    files = [Path(file["filename"]) for split in splits.values() for file in split.cache_files]
    with intact(Path(name), "Look at it on the hub.", "data set"):
        return _arrow(splits, files, None)


def _arrow(splits: Any, files: list[Path], root: Path | None) -> Read:
    from datasets import Image

    order = [name for name in table.SPLITS if name in splits]
    raw: dict[str, Any] = {}
    texts: Texts = {}
    pictures = ArrowPictures(raw, root)
    apart: list[Path] = []
    for split in [*order, *(name for name in splits if name not in order)]:
        data = splits[split]
        place = f"split {split}"
        once(place, data.column_names)
        table.check_columns(place, data.column_names)
        # A format that was set before saving would hide columns, or give pictures as arrays.
        raw[split] = data.with_format(None).cast_column("image", Image(decode=False))
        features = data.features.to_dict()
        # As Arrow, which keeps the types; selected rows are those of the split, in its order.
        found = sound(data.select_columns(list(table.TEXTS)).with_format("arrow")[:])
        columns = cells.columns(found, table.TEXTS, place, features)
        image = sound(raw[split].data.column("image"))
        # Selected rows: the table holds more than the split does.
        indices = raw[split]._indices
        picked = None if indices is None else indices.column(0).to_pylist()
        shown, named = _shown(image, _parts(image.type, place), pictures.cells, split, 0, picked)
        texts[split] = _rows(columns, shown, split, 0)
        apart += named
    return texts, pictures, [*files, *dict.fromkeys(apart)]


class ArrowPictures:
    """Pictures of memory-mapped `datasets` splits."""

    def __init__(self, splits: dict[str, Any], root: Path | None) -> None:
        self.splits, self.cells = splits, Cells(root)

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row, None where there is none."""
        return self.cells.read(self.splits[split][row]["image"], f"{split} row {row}")

    def rows(self) -> dict[str, int]:
        """How many rows each split has."""
        return {split: len(data) for split, data in self.splits.items()}
