"""Text columns: a cell is the value that its column stands for, or is refused by row, column and type.

The one reading for all forms on disk. A missing value (null, NaN, NaT) is blank; a class label is its name; a
whole number is written without a fraction; a date, or a time at midnight, as 1985-03-01; bytes are UTF-8.
What has no one spelling as text (truth values, structs, lists outside of keywords) is refused.
"""

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from remem.data.tablefile import line
from remem.errors import UserError

LISTED = "keywords"  # the one column whose cells may be lists
_EXACT = {64: 53, 32: 24, 16: 11}  # bits of whole numbers that a float of so many tells apart
_CURE = "Write it as text."
# What programs write for a missing value, which is no text of anybody's. "None" may be an answer.
_MISSING = {"nan", "NaN", "NaT", "<NA>", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!"}
_NEVER = {"none", "null"}  # nor are these, in any case, where a prompt or a path is meant
_PROMPTS = ("question", "cloze_prompt", "image_path")


def columns(table: Any, names: Sequence[str], place: str, features: Mapping[str, Any]) -> list[list[str]]:
    """Columns of an Arrow table as texts, in the order of `names`; `features` as `features_of` gives them."""
    return [_column(table.column(name), name, place, features.get(name)) for name in names]


def cell(value: Any, name: str, where: str, names: Sequence[str] = (), bits: int = 64) -> str:
    """One cell of column `name` as text. `names`: of its class labels. `bits`: of a float.
    UserError, naming `where`, for what stands for no text."""
    try:
        if name == LISTED and isinstance(value, list | tuple):
            listed = [text for one in value if (text := _text(one, names, bits))]
            return json.dumps(listed, ensure_ascii=False) if listed else ""
        found = _text(value, names, bits)
    except (ValueError, OverflowError) as error:
        raise UserError(f"{where}, column {name}: {error}") from error
    if found in _MISSING or (name in _PROMPTS and found.lower() in _NEVER):
        raise UserError(
            f"{where}, column {name}: it holds the text {found}, which stands for a missing value. Empty it."
        )
    if name == "question_type" and found.strip() and not any(map(str.isalpha, found)):
        raise UserError(
            f"{where}, column {name}: it is {found}, and nothing says which kind that is. "
            "Write 1-hop where the question names the person, else multi-hop."
        )
    # Paths as other systems write them: whom a picture shows may be told by its folder.
    return unicodedata.normalize("NFC", found.replace("\\", "/")) if name == "image_path" else found


def features_of(schema: Any) -> dict[str, Any]:
    """What `datasets` noted of the columns in an Arrow schema: column -> its feature, as JSON has it."""
    note = (schema.metadata or {}).get(b"huggingface")
    if note is None:
        return {}
    told = json.loads(note)
    found = told.get("info", {}).get("features") if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def _column(column: Any, name: str, place: str, feature: Any) -> list[str]:
    import pyarrow as pa

    kind = column.type
    inner = kind.value_type if hasattr(kind, "value_type") else kind
    bits = inner.bit_width if pa.types.is_floating(inner) else 64
    names = _labels(feature) if pa.types.is_integer(inner) else ()
    told = f"The column holds {str(kind)[:60]}."
    try:
        if pa.types.is_timestamp(kind) and kind.unit == "ns":
            column = column.cast(pa.timestamp("us", kind.tz))  # Python's times have no nanoseconds
        values = column.to_pylist()
    except (pa.ArrowException, ValueError, OverflowError, LookupError) as error:
        raise UserError(
            f"{place}, column {name}: it is not readable ({line(error)}). {told} {_CURE}"
        ) from error
    found: list[str] = []
    for row, value in enumerate(values):
        try:
            found.append(cell(value, name, f"{place} row {row}", names, bits))
        except UserError as error:
            raise UserError(f"{error} {told}") from error
    return found


def _labels(feature: Any) -> tuple[str, ...]:
    """The names of a class column, or of a column of lists of classes."""
    if isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]
    if isinstance(feature, dict) and isinstance(feature.get("feature"), dict | list):
        return _labels(feature["feature"])
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return ()
    names = feature.get("names")
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _text(value: Any, names: Sequence[str], bits: int) -> str:
    """ValueError, which says why, for what stands for no text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bytes | bytearray | memoryview):
        try:
            return _clean(bytes(value).decode("utf-8"))
        except UnicodeDecodeError:
            raise ValueError(f"it holds bytes that are no text in UTF-8. {_CURE}") from None
    if isinstance(value, bool):
        raise ValueError(f"it is a truth value ({value}), which has no one spelling. {_CURE}")
    if isinstance(value, int):
        return _named(value, names) if names else str(value)
    if isinstance(value, float):
        return _number(value, bits)
    if isinstance(value, Decimal):
        return "" if value.is_nan() else format(value, "f")  # the digits are part of it: 19.90
    if isinstance(value, date | time):  # a datetime is a date
        return "" if value != value else _day(value)
    kind = {"dict": "a struct"}.get(type(value).__name__, f"a {type(value).__name__}")
    raise ValueError(f"it holds {kind}, where one text is meant: {str(value)[:60]}. {_CURE}")


def _clean(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL character, so it is no text. Remove it.")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("it holds half of a character (a lone surrogate). Write it anew.") from None
    return text


def _named(label: int, names: Sequence[str]) -> str:
    """-1 is how `datasets` writes that there is no label."""
    if label == -1:
        return ""
    if not 0 <= label < len(names):
        raise ValueError(f"it is class {label}, but {len(names)} classes are named: {', '.join(names[:9])}.")
    return _clean(names[label])


def _number(value: float, bits: int) -> str:
    if math.isnan(value):
        return ""
    if math.isinf(value):
        raise ValueError(f"it is {value}, which is no value. {_CURE}")
    if value.is_integer():
        if abs(value) > 2 ** _EXACT[bits]:
            raise ValueError(f"it is {value}, too large for its last digits to be kept. {_CURE}")
        return str(int(value))
    import numpy as np

    kinds: dict[int, Any] = {64: np.float64, 32: np.float32, 16: np.float16}
    return np.format_float_positional(kinds[bits](value))  # the shortest text that means this number


def _day(value: date | time) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat()
