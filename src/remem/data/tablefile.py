"""The one way in for tables: a regular file, whole, with every column once, or one error that names it."""

import json
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remem.errors import UserError

AGAIN = "Build or download it again."


def present(path: Path) -> bool:
    """Whether a regular file is there, by itself or by a link. UserError where something else is: a pipe
    would be waited for, for ever."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            raise UserError(f"{path} is a link to nothing. Mend or remove it.") from None
        return False
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}). Mend or remove it.") from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "no regular file"
        raise UserError(f"{path} is {kind}, where a file is meant. Move or rename it.")
    return True


@contextmanager
def intact(path: Path, cure: str = AGAIN, kind: str = "Parquet file") -> Iterator[None]:
    """Around whatever reads the file: UserError, naming it, where it turns out to be damaged."""
    import pyarrow as pa

    # Damage shows as whatever the reader stumbles over; ValueError: text that is not UTF-8, among others.
    damage = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, ArithmeticError)
    try:
        yield
    except (*damage, AttributeError, NotImplementedError, MemoryError, RecursionError) as error:
        raise UserError(f"{path} is not a readable {kind} ({line(error)}). {cure}") from error


def line(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def opened(path: Path, cure: str = AGAIN, footer: Any = None) -> Iterator[Any]:
    """A Parquet file (`pyarrow.parquet.ParquetFile`), memory-mapped; what is read of it inside the `with` is
    under the same guard. `footer`: its metadata, where it was opened before. UserError where it is damaged,
    is no regular file or names a column twice."""
    import pyarrow.parquet as pq

    if not present(path):
        raise UserError(f"{path} is not a readable Parquet file (it is not there). {cure}")
    with intact(path, cure), pq.ParquetFile(path, memory_map=True, metadata=footer) as file:
        once(str(path), file.schema_arrow.names)
        yield file


def whole(path: Path, cure: str = AGAIN) -> None:
    """UserError where an Arrow file, or the JSON beside it, is damaged or no regular file: what reads several
    at once does not say which."""
    import pyarrow as pa

    present(path)
    if path.suffix == ".json":
        with intact(path, cure, "JSON file"):
            json.loads(path.read_text(encoding="utf-8"))
        return
    with intact(path, cure, "Arrow file"), pa.memory_map(str(path)) as source:
        sound(pa.ipc.open_stream(source).read_all())


def once(place: str, names: Sequence[str]) -> None:
    """UserError where two columns have one name: which of them is meant cannot be told."""
    for name, count in Counter(names).items():
        if count > 1:
            raise UserError(
                f"{place} has {count} columns of one name, {name}: it has {', '.join(names)}. "
                "Drop or rename one."
            )


def sound(table: Any) -> Any:
    """An Arrow table or column, looked through: damaged offsets or indices would end the process."""
    table.validate(full=True)
    return table
