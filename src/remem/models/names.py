"""Models by name: the embedded ones, a folder, or a hub id. Needs no torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from remem.errors import UserError

_END_BYTES = 4 << 20
WEIGHTS = Path(__file__).parent / "weights"
EMBEDDED = {
    "embedded": "The LLaVA that ships with the package: rendered people, and a world that it knows.",
    "tiny": "A smaller one, of drawn people on 64 pixels: for tests and quick method work.",
}


def find(name: str) -> str:
    """The folder of an embedded model; any other name as it is, if it can be a folder or hub id."""
    if name in EMBEDDED:
        return str(WEIGHTS / name)
    if not Path(name).exists() and (name.startswith((".", "/", "~")) or name.count("/") != 1):
        raise UserError(
            f"there is no model {name}: give a folder with a saved model and its processor, a hub id "
            f"(owner/name), or one of: {', '.join(EMBEDDED)}."
        )
    if Path(name).exists():
        check_folder(name)
    else:
        _check_hub(name)
    return name


def identity(name: str) -> dict[str, str]:
    """What a step's key knows a model by: other weights under the same name are another model.

    Of a folder, a digest of its small files and of the length and both ends of its weights; of a hub
    id, the commit. An error if there is no such model.
    """
    place = find(name)
    if not Path(place).exists():
        return {"name": name, "content": Path(_check_hub(name)).parent.name}
    digest = hashlib.sha256()
    # A model card may be edited; everything else in the folder may decide what is loaded.
    for file in sorted(path for path in Path(place).iterdir() if path.is_file() and path.suffix != ".md"):
        size = file.stat().st_size
        digest.update(f"{file.name} {size} ".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_END_BYTES))
            if size > _END_BYTES:
                stream.seek(max(_END_BYTES, size - _END_BYTES))
                digest.update(stream.read())
    return {"name": name if name in EMBEDDED else Path(name).name, "content": digest.hexdigest()[:20]}


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
