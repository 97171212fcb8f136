"""Settings of processors and adapters beside their class's own: a list where a number stands is no setting.

transformers checks the types of a model's configuration, and not those of a picture processor;
peft checks none.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from remem.errors import UserError
from remem.models.folders import CURE
from remem.outgoing import quoted

PER_CHANNEL = ("image_mean", "image_std")  # a number for each of three, or one for all


def check_pictures(processor: Any, where: str) -> None:
    """UserError for a setting of a picture processor that is of another kind than its class's own."""
    kind = type(processor)
    for name, value in processor.to_dict().items():
        own = getattr(kind, name, None)
        if name in PER_CHANNEL and not _per_channel(value):
            raise _wrong(where, name, value, own)
        _check(where, name, value, own, also=(int, float) if name in PER_CHANNEL else ())


def check_adapter(settings: Any, where: str) -> None:
    """The same of a peft configuration."""
    for one in dataclasses.fields(settings):
        own = one.default
        if one.default_factory is not dataclasses.MISSING:
            own = one.default_factory()
        value = getattr(settings, one.name)
        if own is not dataclasses.MISSING:
            _check(where, one.name, value, own, also=(str,) if isinstance(own, bool) else ())


def _check(where: str, name: str, value: Any, own: Any, also: tuple[type, ...]) -> None:
    if own is None or value is None or (also and type(value) in also):
        return
    if _kind(own) and _kind(value) != _kind(own):
        raise _wrong(where, name, value, own)


def _wrong(where: str, name: str, value: Any, own: Any) -> UserError:
    return UserError(
        f"{where}: {name} is {quoted(repr(value))}, and must be like {quoted(repr(own))}. {CURE}"
    )


def _per_channel(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) in (1, 3, 4) and all(_kind(one) == "number" for one in value)
    return value is None or _kind(value) == "number"


def _kind(value: Any) -> str:
    """In words; "" for what is of no kind of JSON."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float | enum.IntEnum):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple | set):
        return "list"
    return "group" if isinstance(value, Mapping) or dataclasses.is_dataclass(value) else ""
