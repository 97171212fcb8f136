"""Models by name: the embedded ones, a folder, or a hub id. Needs no torch."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError
from remem.models.adapters import ADAPTER, base_of, check_base, is_adapter
from remem.models.made import MADE, MANIFEST, WEIGHTS, cached
from remem.steps.digests import file_digest

EMBEDDED = {
    "embedded": "The LLaVA that ships with the package: rendered people, and a world that it knows.",
    "tiny": "A smaller one, of drawn people on 64 pixels: for tests and quick method work.",
}
NAMED = EMBEDDED | MADE  # models that are no folder of the user's, and no hub id


def find(name: str) -> str:
    """The folder of an embedded model, or of one that is made here and then kept; any other name as it is, if
    it can be a folder or hub id.

    Of an adapter's folder, what its base is found by: see `opened`.
    """
    return opened(name)[0]


def opened(name: str) -> tuple[str, list[Path]]:
    """What is loaded for a name: a folder or hub id, and the adapters on it, lowest first.

    UserError where there is no such model, and for an adapter whose base is not here.
    """
    on: list[Path] = []
    while name not in NAMED and Path(name).is_dir() and is_adapter(Path(name)):
        on.insert(0, Path(name))
        base = base_of(on[0])
        if any(Path(base).resolve() == one.resolve() for one in on):
            raise UserError(f"{on[0]} is an adapter on itself: mend base_model_name_or_path in {ADAPTER}")
        name = base
    if not on:
        return _whole(name), on
    try:
        place = _whole(name)
    except UserError as problem:
        raise UserError(
            f"{on[0]} is an adapter on {name}, and that cannot be opened here: {problem}\nPut the base "
            f"there, or write where it is into base_model_name_or_path of {on[0] / ADAPTER}."
        ) from problem
    for folder in on[:1]:
        check_base(folder, identity(name)["content"])
    return place, on


def _whole(name: str) -> str:
    if name in EMBEDDED:
        return str(WEIGHTS / name)
    if name in MADE:
        return str(cached(name))
    if not Path(name).exists() and (name.startswith((".", "/", "~")) or name.count("/") != 1):
        raise UserError(
            f"there is no model {name}: give a folder with a saved model and its processor, a hub id "
            f"(owner/name), or one of: {', '.join(NAMED)}."
        )
    if Path(name).exists():
        check_folder(name)
    else:
        _check_hub(name)
    return name


def is_made(name: str) -> bool:
    """Whether a model was made here around somebody else's language model, or is an adapter on such a one."""
    place = Path(find(name))
    return (place / MANIFEST).is_file()


def identity(name: str) -> dict[str, str]:
    """What a step's key knows a model by: other weights under the same name are another model.

    Of a folder, a digest of every byte, kept for large files while these stay untouched; of a hub id, the
    commit; of an adapter, of its base and of itself. An error if there is no such model.
    """
    place, on = opened(name)
    if not Path(place).exists() and not on:
        return {"name": name, "content": Path(_check_hub(name)).parent.name}
    digest = hashlib.sha256()
    if on:
        base = _whole_identity(place)
        digest.update(f"{base} ".encode())
    for folder in on or [Path(place)]:
        _take(digest, folder)
    return {"name": name if name in NAMED else Path(name).name, "content": digest.hexdigest()[:20]}


def _whole_identity(place: str) -> str:
    """Of what adapters lie on."""
    if not Path(place).exists():
        return Path(_check_hub(place)).parent.name
    digest = hashlib.sha256()
    _take(digest, Path(place))
    return digest.hexdigest()[:20]


def _take(digest: hashlib._Hash, folder: Path) -> None:
    # A model card may be edited; everything else in the folder may decide what is loaded.
    for file in sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".md"):
        digest.update(f"{file.name} {file_digest(file)} ".encode())


def weights_of(source: str) -> int:
    """How many weights a model's folder holds, by the heads of its safetensors files; 0 without any."""
    return sum(_in_file(path) for path in sorted(Path(source).glob("*.safetensors")))


def _in_file(path: Path) -> int:
    """Of one file: eight bytes say how long its head is, a JSON object of the tensors' shapes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= size - 8:
            return 0  # damaged: what opens it says so
        head = file.read(length)
    tensors = jsonfile.parse(head, dict[str, Any], str(path), "Save the model again.")
    return sum(
        math.prod(one["shape"]) for one in tensors.values() if isinstance(one, dict) and "shape" in one
    )


def _check_hub(name: str) -> str:
    """The path of the model's config in the hub's cache; an error, before any work, if there is none."""
    from huggingface_hub import hf_hub_download

    try:
        return str(hf_hub_download(name, "config.json"))
    except Exception as problem:  # the client raises a dozen kinds, from no network to a gated model
        why = str(problem).strip().split("\n")[0]
        raise UserError(
            f"there is no folder {name}, and the hub did not give such a model ({why}). "
            "Check the name, the network and, for a gated model, your access."
        ) from problem


def check_folder(name: str) -> None:
    """An error if this folder has no model or no processor. Needs no torch."""
    folder = Path(name)
    for file, what in (("config.json", "model"), ("tokenizer_config.json", "tokenizer")):
        if not (folder / file).exists():
            raise UserError(f"{folder} holds no {file}, so no {what}: save the model and its processor there")
    if not any((folder / file).exists() for file in ("preprocessor_config.json", "processor_config.json")):
        raise UserError(
            f"{folder} has a model but no processor for pictures: run processor.save_pretrained on that "
            "folder. A model that reads text alone cannot be used."
        )
