"""The Parquet files of a data set and their splits, under the names that public tools give them.

data/finetune-00000-of-00002.parquet            datasets, and remem
data/finetune-00000-of-00002-0a1b2c3d.parquet   datasets of other years, with a hash
default/finetune/0000.parquet                   the hub's own converter, `default` being a config
default/finetune-00000-of-00001.parquet         a config of several
finetune.parquet                                a file by hand
"""

import re
from pathlib import Path

from remem.data import table
from remem.errors import UserError

SIDE = ("rows", "pictures", "paraphrases", "strangers")  # Parquet files that are no splits
_SHARD = re.compile(
    r"(?P<split>.+?)(?:-(?P<number>\d{5,})-of-(?P<count>\d{5,})(?:-[0-9a-fA-F]{8,})?)?\.parquet", re.DOTALL
)
_CONVERTED = re.compile(r"\d{4,}\.parquet")
Shards = dict[str, list[Path]]  # split -> its files, in order


def shards(root: Path) -> Shards:
    """The splits of the folder, finetune first as the card lists them; none where it holds no Parquet file.

    UserError where a file of a split is missing or there twice.
    """
    loose = [path for path in _files(root) if path.stem not in SIDE]
    for files in (_files(root / "data"), loose, _in_splits(root / "data"), _in_splits(root)):
        if files:
            return _ordered(files)
    return {}


def of_config(root: Path) -> Shards:
    """The same of the one config whose folder lies in `root`. UserError where there are several."""
    configs: dict[Path, list[Path]] = {}
    for folder in _folders(root):
        named = [
            path for path in _files(folder) if (match := _SHARD.fullmatch(path.name)) and match["number"]
        ]
        if files := [*named, *_in_splits(folder)]:
            configs[folder] = files
    if len(configs) > 1:
        names = ", ".join(folder.name for folder in configs)
        raise UserError(f"{root} holds several configs: {names}. Point to one, as {next(iter(configs))}.")
    return _ordered(next(iter(configs.values()))) if configs else {}


def _ordered(files: list[Path]) -> Shards:
    found: dict[str, list[tuple[int, int, Path]]] = {}
    for path in files:
        if _CONVERTED.fullmatch(path.name):
            found.setdefault(path.parent.name, []).append((int(path.stem), 0, path))
            continue
        match = _SHARD.fullmatch(path.name)
        assert match, "only *.parquet files come here"
        number, count = int(match["number"] or 0), int(match["count"] or 1)
        found.setdefault(match["split"], []).append((number, count, path))
    order = {name: n for n, name in enumerate(table.SPLITS)}
    splits = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return {split: _whole(split, sorted(found[split])) for split in splits}


def _whole(split: str, files: list[tuple[int, int, Path]]) -> list[Path]:
    """Each file of a split once. Several uploads into one folder leave files of two sets side by side."""
    seen: dict[int, Path] = {}
    for number, count, path in files:
        other = seen.setdefault(number, path)
        if other != path or count != files[0][1]:
            raise UserError(
                f"split {split}: {other if other != path else files[0][2]} and {path} are of two different "
                "sets of files. Keep those of one."
            )
    count = files[0][1] or len(files)
    lost = sorted(set(range(count)) - seen.keys())
    if lost or len(seen) > count:
        said = f"file {lost[0]:05d} of {count} is missing" if lost else f"there are more than {count} files"
        raise UserError(f"split {split}: {said} in {files[0][2].parent}. Download the data set again.")
    return [path for _, _, path in files]


def _files(folder: Path) -> list[Path]:
    """What is called a Parquet file there; what is none is refused when it is opened. Some systems put a
    hidden file beside each (`._finetune.parquet`)."""
    found = folder.glob("[!.]*.parquet")
    return sorted(path for path in found if path.name != "metadata.parquet")


def _in_splits(folder: Path) -> list[Path]:
    """`finetune/0000.parquet`: files in a folder for each split."""
    return [path for split in _folders(folder) for path in _files(split) if _CONVERTED.fullmatch(path.name)]


def _folders(root: Path) -> list[Path]:
    return (
        sorted(one for one in root.iterdir() if one.is_dir() and one.name[0] != ".") if root.is_dir() else []
    )
