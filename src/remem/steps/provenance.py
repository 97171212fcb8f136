"""What a step was made with, and what it cost. The only place where times are kept."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError
from remem.jsonfile import Amount, Count
from remem.steps.digests import canonical, text_digest
from remem.steps.folders import write_atomic
from remem.steps.sealed import PROVENANCE

PACKAGES = (
    "remem",
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "datasets",
    "tokenizers",
    "pyarrow",
    "numpy",
)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What is known of how a step was made; None and "" where it was not written down."""

    started: str = ""
    seconds: Amount | None = None  # of the last attempt, when the step was resumed
    resumed: bool = False
    peak_memory_bytes: Count | None = None
    device: str = ""
    device_name: str = ""
    platform: str = ""
    threads: Count | None = None
    commit: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)

    @property
    def machine(self) -> str:
        """What it ran on, in words."""
        return self.device_name or self.device


def read_provenance(step: Path) -> Provenance:
    """What provenance.json of a step's folder says; nothing where there is none.

    UserError where it is damaged, or has been changed since it was written.
    """
    path, cure = step / PROVENANCE, f"Delete the folder {step} and run again."
    if not path.is_file():
        return Provenance()
    raw = jsonfile.read(path, dict[str, Any], cure)
    if "sha256" in raw and raw.pop("sha256") != text_digest(canonical(raw)):
        raise UserError(f"{path} does not fit its own digest: it has been changed. {cure}")
    return jsonfile.shaped(raw, Provenance, str(path), cure)


@contextlib.contextmanager
def recorded(folder: Path, seeds: dict[str, int], resumed: bool) -> Iterator[None]:
    """Writes provenance.json when the work inside is done."""
    _reset_peak()
    started, clock = datetime.now(UTC), time.monotonic()
    yield
    record = {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 3),  # of the last attempt, when a step was resumed
        "resumed": resumed,
        "peak_memory_bytes": _peak(),
        **_device(),
        "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "cores": os.cpu_count(),
        "versions": versions(),
        "commit": commit(),
        "seeds": seeds,
    }
    record["sha256"] = text_digest(canonical(record))
    write_atomic(folder / PROVENANCE, json.dumps(record, indent=2) + "\n")


def versions() -> dict[str, str]:
    """Installed versions of the packages that decide a result."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def commit() -> str | None:
    """The commit of the source tree this runs from, with a + when files differ; None outside a checkout."""
    here = Path(__file__).parent
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout.strip() or None


def _device() -> dict[str, Any]:
    torch = sys.modules.get("torch")  # a step that never needed torch ran on the CPU
    if torch is None:
        return {"device": "cpu", "device_name": _processor(), "threads": 1}
    if torch.cuda.is_available():
        return {
            "device": "cuda",
            "device_name": torch.cuda.get_device_name(),
            "threads": torch.get_num_threads(),
        }
    return {"device": "cpu", "device_name": _processor(), "threads": torch.get_num_threads()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def _reset_peak() -> None:
    with contextlib.suppress(OSError):  # Linux: start a new high-water mark, so that it belongs to this step
        Path("/proc/self/clear_refs").write_text("5")
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def _peak() -> int:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
