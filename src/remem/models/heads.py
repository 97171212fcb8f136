"""What the files of weights say of themselves: names, types and shapes. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError

CURE = "Save the model again, or download it again."
BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U64": 64,
        "U32": 32, "U16": 16, "U8": 8, "BOOL": 8, "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
        "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}  # fmt: skip
MOST_HEAD = 100_000_000  # bytes, as safetensors has it


@dataclass(frozen=True)
class Weight:
    """One tensor of a file."""

    kind: str  # "F32", "BF16"
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.kind == "BOOL" or self.kind[0] in "IU"


def head(path: Path) -> dict[str, Weight]:
    """The tensors of a safetensors file, by name. UserError where the file is not what its head says."""
    jsonfile.regular(path, CURE)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(size - 8, MOST_HEAD):
                raise UserError(f"{path} is damaged or cut off: its head does not fit into it. {CURE}")
            text = file.read(length)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {CURE}") from error
    tensors = jsonfile.parse(text, dict[str, dict[str, Any]], f"the head of {path}", CURE)
    tensors.pop("__metadata__", None)
    found, ends = {}, 0
    for name, one in tensors.items():
        found[name], end = _weight(one, f"{path}, the weight {name}")
        ends = max(ends, end)
    if ends != size - 8 - length:
        raise UserError(
            f"{path} is damaged or cut off: its head tells of {ends:,} bytes, and it has "
            f"{size - 8 - length:,}. {CURE}"
        )
    return found


def stored(folder: Path) -> int | None:
    """How many numbers the files of weights in a folder hold; None where it has none, as of the hub, and
    where several lie in one, as in quantised models."""
    weights = [one for path in sorted(folder.glob("*.safetensors")) for one in head(path).values()]
    if not weights or any(one.whole or BITS[one.kind] < 16 for one in weights if one.count > 64):
        return None
    return sum(one.count for one in weights)


def _weight(one: dict[str, Any], where: str) -> tuple[Weight, int]:
    """A tensor, and where it ends in the file."""
    kind, shape, place = one.get("dtype"), one.get("shape"), one.get("data_offsets")
    if not isinstance(kind, str) or kind not in BITS:
        raise UserError(f"{where} is of an unknown type ({jsonfile.shown(kind)}). {CURE}")
    if not isinstance(shape, list) or not _counts(shape):
        raise UserError(f"{where} has no shape ({jsonfile.shown(shape)}). {CURE}")
    if not isinstance(place, list) or not _counts(place) or len(place) != 2:
        raise UserError(f"{where} has no place in the file ({jsonfile.shown(place)}). {CURE}")
    weight = Weight(kind, tuple(shape))
    if place[1] - place[0] != -(-weight.count * BITS[kind] // 8):
        raise UserError(f"{where} is {list(shape)} of {kind}, and not as many bytes lie there. {CURE}")
    return weight, int(place[1])


def _counts(value: list[Any]) -> bool:
    return all(type(one) is int and 0 <= one < 1 << 50 for one in value)
