"""Which pipeline of diffusers makes pictures, whether it can, and how it is loaded."""

import inspect
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from remem.data.digest import digest
from remem.errors import UserError, unknown
from remem.steps.digests import file_digest

_OURS = ("prompt", "image", "ip_adapter_image", "generator", "output_type", "return_dict")  # not the user's


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Which pipeline makes the pictures of source "diffusers", and how it is called."""

    name: str = ""  # a folder or hub id with a model_index.json
    kind: str = ""  # its class in diffusers; "": the one that model_index.json names
    ip_adapter: str = ""  # for pipelines that take no picture otherwise: a file, or OWNER/NAME/.../FILE
    ip_adapter_scale: float = 0.6  # how much the reference counts beside the prompt
    arguments: str = "{}"  # of its call, as JSON: {"num_inference_steps": 28, "guidance_scale": 2.5}
    pixels: int = 512  # side of the reference, and of what is made where the pipeline can be told
    offload: bool = False  # parts of it wait in main memory: slower, for pipelines larger than the GPU

    @property
    def label(self) -> str:
        """What a data set calls the pipeline: where it lies on this machine is no part of that."""
        return _label(self.name)

    def told(self) -> dict[str, Any]:
        """The settings without places on this machine."""
        return asdict(self) | {"name": self.label, "ip_adapter": _label(self.ip_adapter)}

    def call(self) -> dict[str, Any]:
        """The arguments. UserError for what is no JSON object."""
        try:
            found = json.loads(self.arguments)
        except json.JSONDecodeError as error:
            raise UserError(f"pipeline.arguments={self.arguments} is no JSON ({error}).") from error
        if not isinstance(found, dict):
            raise UserError(
                f'pipeline.arguments={self.arguments}: give an object, such as {{"num_inference_steps": 28}}.'
            )
        taken = [name for name in _OURS if name in found]
        if taken:
            raise UserError(f"pipeline.arguments: remem sets {', '.join(taken)} itself. Leave that out.")
        return found

    def check(self) -> None:
        """UserError for the first setting that cannot be; nothing is loaded."""
        self.call()
        if not 64 <= self.pixels <= 4096 or self.pixels % 8:
            raise UserError(f"pipeline.pixels={self.pixels}: choose a multiple of 8 from 64 to 4096.")
        if not 0 <= self.ip_adapter_scale <= 2:
            raise UserError(f"pipeline.ip_adapter_scale={self.ip_adapter_scale}: choose 0 to 2.")
        if not self.name:
            raise UserError(
                "source=diffusers needs to know which pipeline makes the pictures: set pipeline.name to a "
                "folder or hub id."
            )


def pipeline_fingerprint(pipeline: Pipeline) -> str:
    """A digest of the folder and the adapter's file, where they are on this machine; of a hub id the name."""
    folder, adapter = Path(pipeline.name), Path(pipeline.ip_adapter)
    if not pipeline.name or not folder.is_dir():
        return pipeline.name
    files = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()]
    files += [("ip_adapter", adapter)] if pipeline.ip_adapter and adapter.is_file() else []
    # Weights of gigabytes: their digests are kept while they stay untouched.
    return digest(sorted(files), {path: file_digest(path) for _, path in files})


def _label(name: str) -> str:
    return Path(name).name if Path(name).exists() else name


def find(pipeline: Pipeline) -> Any:
    """The class of the pipeline, found without loading it. UserError where it cannot take a reference."""
    import diffusers

    if Path(pipeline.name).is_dir() and not (Path(pipeline.name) / "model_index.json").is_file():
        raise UserError(f"{pipeline.name} is no diffusers pipeline: it has no model_index.json.")
    try:
        stored = diffusers.DiffusionPipeline.load_config(pipeline.name)["_class_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{pipeline.name} cannot be read as a diffusers pipeline: {_first(error)}") from error
    wanted = pipeline.kind or str(stored)
    kind = getattr(diffusers, wanted, None)
    if not (inspect.isclass(kind) and issubclass(kind, diffusers.DiffusionPipeline)):
        raise UserError(
            f"diffusers {diffusers.__version__} has no pipeline {wanted}. Set pipeline.kind to one it has."
        )
    takes = inspect.signature(kind.__call__).parameters
    if "prompt" not in takes:
        raise UserError(
            f"{wanted} takes no prompt, so no view can be described to it. Name another pipeline."
        )
    if "image" not in takes and "ip_adapter_image" not in takes:
        raise UserError(
            f"{wanted} can take no reference picture, so nobody would look the same twice{_instead(wanted)}."
        )
    if "image" not in takes and not pipeline.ip_adapter:
        raise UserError(
            f"{wanted} takes a reference picture only through an IP-Adapter: set pipeline.ip_adapter"
            f"{_instead(wanted)}."
        )
    if pipeline.ip_adapter and "ip_adapter_image" not in takes:
        raise UserError(f"{wanted} takes no IP-Adapter. Leave pipeline.ip_adapter out.")
    known = set(takes) - {"self", "kwargs"}
    for name in pipeline.call():
        if name not in known:
            raise unknown(f"argument of {wanted}", name, known)
    return kind


def _instead(wanted: str) -> str:
    """The sibling that edits pictures, where there is one."""
    import diffusers

    sibling = wanted.replace("Pipeline", "Img2ImgPipeline")
    return f", or pipeline.kind={sibling}" if hasattr(diffusers, sibling) else ""


def load(kind: Any, settings: Pipeline) -> Any:
    """The pipeline on the device: bfloat16 on a GPU, float32 on the CPU."""
    import torch

    gpu = torch.cuda.is_available()
    try:
        loaded = kind.from_pretrained(settings.name, dtype=torch.bfloat16 if gpu else torch.float32)
        if settings.ip_adapter:
            place, folder, file = _adapter(settings.ip_adapter)
            loaded.load_ip_adapter(place, subfolder=folder, weight_name=file)
            loaded.set_ip_adapter_scale(settings.ip_adapter_scale)
        loaded.set_progress_bar_config(disable=True)
        if gpu and settings.offload:
            loaded.enable_model_cpu_offload()
            return loaded
        return loaded.to("cuda" if gpu else "cpu")
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"{settings.name} does not fit the GPU's memory. Set pipeline.offload=true."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, ImportError, AttributeError, RuntimeError) as error:
        raise UserError(f"{settings.name} cannot be loaded as {kind.__name__}: {_first(error)}") from error


def _adapter(name: str) -> tuple[str, str, str]:
    """Repository or folder, folder inside it, file."""
    path = Path(name)
    if path.is_file():
        return str(path.parent), "", path.name
    parts = name.split("/")
    if len(parts) < 3:
        raise UserError(f"pipeline.ip_adapter={name}: give a file, or OWNER/NAME/FOLDER/FILE on the hub.")
    return "/".join(parts[:2]), "/".join(parts[2:-1]), parts[-1]


def _first(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
