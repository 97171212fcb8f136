"""The shapes of data set that can be built, each with its default settings; the settings tell the builder."""

from pathlib import Path

from remem.data.build import build as build_remem
from remem.data.pebench.build import build as build_pebench
from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings
from remem.types import Progress, silent

# What is built on its own is to be looked at, so its people are rendered.
SHAPES: dict[str, BuildSettings | PEBenchSettings] = {
    "remem": BuildSettings(source="rendered", size=256),
    "pebench": PEBenchSettings(),
}


def build(folder: str | Path, settings: BuildSettings | PEBenchSettings, progress: Progress = silent) -> None:
    """A data set in the shape of its settings."""
    if isinstance(settings, PEBenchSettings):
        build_pebench(folder, settings, progress)
    else:
        build_remem(folder, settings, progress)
