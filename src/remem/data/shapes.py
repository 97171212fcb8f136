"""The shapes of data set that can be built, each with its default settings and its builder."""

from collections.abc import Callable
from typing import Any

from remem.data.build import build as build_remem
from remem.data.pebench.build import build as build_pebench
from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings

SHAPES: dict[str, tuple[Any, Callable[..., None]]] = {
    "remem": (BuildSettings(), build_remem),
    "pebench": (PEBenchSettings(), build_pebench),
}
