"""Folders that hold an adapter alone: on which base it lies. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError
from remem.models.folders import settings

ADAPTER = "adapter_config.json"
WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
MERGED = ("LORA", "ADALORA", "LOHA", "LOKR", "IA3", "OFT", "BOFT", "HRA", "VERA", "FOURIERFT")  # into a base
_STAGE1 = ("taught", "goal")  # arms of a run that lie on the base itself
_CURE = "Save the adapter again."


@dataclass(frozen=True)
class _Config:
    """What is read of adapter_config.json."""

    base_model_name_or_path: str | None = None
    peft_type: str = "LORA"


@dataclass(frozen=True)
class _Step:
    """What is read of a run's step.json."""

    step: str
    settings: dict[str, Any]


def is_adapter(folder: Path) -> bool:
    """Whether the folder holds an adapter and no whole model."""
    return (folder / ADAPTER).is_file() and not (folder / "config.json").is_file()


def base_of(folder: Path) -> str:
    """The name of the base that an adapter was trained on: a folder, a hub id or an embedded model's name.

    UserError where it names none, is of a kind that cannot be merged, has no weights, or is an arm of a run
    that lies on another arm.
    """
    config = settings(folder / ADAPTER, _Config, _CURE)
    base = (config.base_model_name_or_path or "").strip()
    if not base:
        raise UserError(
            f"{folder} is an adapter and does not say on what: write its base, a folder or a hub id, into "
            f"base_model_name_or_path of its {ADAPTER}"
        )
    if config.peft_type.upper() not in MERGED:
        raise UserError(
            f"{folder} is an adapter of the kind {config.peft_type}, which cannot be merged into its base: "
            "give a whole model, or a LoRA adapter"
        )
    if not any((folder / name).is_file() for name in WEIGHTS):
        raise UserError(f"{folder} has {ADAPTER} and no {WEIGHTS[0]}: {_CURE}")
    arm = _arm(folder)
    if arm and arm.rpartition("/")[2] not in _STAGE1:
        raise UserError(
            f"{folder} is the arm {arm} of a run and lies on what stage 1 taught, not on {base}: write it as "
            "a whole model with remem export, and give that"
        )
    return base


def check_base(folder: Path, content: str) -> None:
    """UserError where an arm of a run was taught on another content than its base has now."""
    if not _arm(folder):
        return
    model = _step(folder).settings.get("model")
    if isinstance(model, dict) and model.get("content") not in (None, content):
        raise UserError(
            f"{folder} was taught on a model that is not its base as it is now ({model.get('name')}): write "
            "it as a whole model with remem export, and give that"
        )


def _arm(folder: Path) -> str:
    """ "taught", "npo-s0" for a model in its run; "" for any other folder."""
    return _step(folder).step.rpartition("/")[0] if (folder / "step.json").is_file() else ""


def _step(folder: Path) -> _Step:
    return jsonfile.read(folder / "step.json", _Step, "Delete it: the adapter does not need it.")
