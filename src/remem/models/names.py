"""Models by name: the embedded ones, a folder, or a hub id. Needs no torch."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from remem.errors import UserError
from remem.jsonfile import Count
from remem.models.adapters import ADAPTER, base_of, check_base, is_adapter
from remem.models.folders import WEIGHTS, check_folder
from remem.models.heads import head
from remem.models.made import MADE, MANIFEST, cached
from remem.outgoing import quoted
from remem.steps.digests import file_digest

MOST_NAME = 4000  # bytes
EMBEDDED = {
    "embedded": "The LLaVA that ships with the package: rendered people, and a world that it knows.",
    "tiny": "A smaller one, of drawn people on 64 pixels: for tests and quick method work.",
}
NAMED = EMBEDDED | MADE  # models that are no folder of the user's, and no hub id


@dataclass(frozen=True, kw_only=True)
class Prints:
    """Two models with the same prints are the same model."""

    content: str  # of its files
    weights: str  # of its weights as they were loaded, adapters merged in
    parameters: Count
    family: str  # transformers' model type
    dtype: str
    adapters: list[str]  # of the adapters on it, lowest first
    tokenizer: str
    template: str
    processor: str  # of what pictures are made into


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
    _check_name(name)
    while name not in NAMED and Path(name).is_dir() and is_adapter(Path(name)):
        on.insert(0, Path(name))
        base = base_of(on[0])
        _check_name(base, str(on[0] / ADAPTER))
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


def _check_name(name: str, named_in: str = "") -> None:
    """UserError for what no system takes for the name of a file or folder."""
    if "\0" not in name and len(name.encode("utf-8", "surrogatepass")) <= MOST_NAME:
        with contextlib.suppress(OSError, ValueError):
            Path(name).exists()
            return
    said = f"{named_in}, at base_model_name_or_path: " if named_in else ""
    raise UserError(
        f"{said}{quoted(repr(name))} is no name of a model: give a folder or a hub id (owner/name)."
    )


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
        in_hub(name)
    return name


def is_made(place: Path) -> bool:
    """Whether a model was made here around somebody else's language model, by where `find` has it."""
    return (place / MANIFEST).is_file()


def identity(name: str) -> dict[str, str]:
    """What a step's key knows a model by: other weights under the same name are another model.

    Of a folder, a digest of every byte, kept for large files while these stay untouched; of a hub id, the
    commit; of an adapter, of its base and of itself. An error if there is no such model.
    """
    place, on = opened(name)
    if not Path(place).exists() and not on:
        return {"name": name, "content": Path(in_hub(name)).parent.name}
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
        return Path(in_hub(place)).parent.name
    digest = hashlib.sha256()
    _take(digest, Path(place))
    return digest.hexdigest()[:20]


def _take(digest: hashlib._Hash, folder: Path) -> None:
    # A model card may be edited; everything else in the folder may decide what is loaded.
    for file in sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".md"):
        digest.update(f"{file.name} {file_digest(file)} ".encode())


def weights_of(source: str) -> int:
    """How many weights a model's folder holds, by the heads of its safetensors files; 0 without any."""
    paths = sorted(Path(source).glob("*.safetensors"))
    return sum(weight.count for path in paths for weight in head(path).values())


def in_hub(name: str) -> str:
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
