"""What a folder with a model or an adapter must be before transformers or peft reads it. Needs no torch.

They raise whatever their code meets in a file that is not as they wrote it, wait for pipes, read shards from
where an index points, and build as many layers as a number says. Here each of these is one error that names
the file, and the field where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from remem import jsonfile
from remem.errors import UserError
from remem.models.heads import head

WEIGHTS = Path(__file__).parent / "weights"  # of the models that come with the package
# Read whole; tokenizer.json and vocab.json, which are large, are left to who reads them.
SETTINGS = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
    "chat_template.json",
    "adapter_config.json",
)
INDICES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
READ = (".json", ".jinja", ".safetensors", ".bin", ".model", ".txt")
WHOLE = ("_ids", "_tracked", "_index", "_mask", "_buckets")  # ends of names of what is made of whole numbers
MOST_LAYERS = 10_000
MOST_TEXT = 4 << 20  # bytes of a template
MOST_SETTINGS = 32 << 20  # bytes of a file of settings
MOST_WORDS = 256 << 20  # bytes of a tokenizer: the largest have a sixth
CURE = "Save it there again, or download it again."

Kind = TypeVar("Kind")


def check_folder(name: str) -> None:
    """An error if this folder has no model or no processor."""
    folder = Path(name)
    for file, what in (("config.json", "model"), ("tokenizer_config.json", "tokenizer")):
        if not (folder / file).exists():
            raise UserError(f"{folder} holds no {file}, so no {what}: save the model and its processor there")
    if not any((folder / file).exists() for file in ("preprocessor_config.json", "processor_config.json")):
        raise UserError(
            f"{folder} has a model but no processor for pictures: run processor.save_pretrained on that "
            "folder. A model that reads text alone cannot be used."
        )


def check_files(folder: Path, weights: bool = True) -> None:
    """UserError for a file that is no file, settings that are none, and weights that are not what they say.

    `weights`: whether these are looked at, too.
    """
    quantised = False
    for path in sorted(folder.iterdir()):
        if path.suffix not in READ or path.name.startswith("."):
            continue
        jsonfile.regular(path, CURE)
        if path.suffix in (".jinja", ".json", ".txt"):
            _check_size(path, MOST_TEXT if path.suffix == ".jinja" else MOST_WORDS)
        if path.name in ("tokenizer.json", "vocab.json"):
            _check_begin(path)
        if path.name in SETTINGS:
            found = settings(path, dict[str, Any])
            check_numbers(found, path)
            quantised |= "quantization_config" in found
        if path.name in INDICES:
            _check_index(path)
    for path in sorted(folder.glob("*.safetensors")) if weights else ():
        for name, weight in head(path).items():
            if weight.whole and not quantised and not name.endswith(WHOLE):
                raise UserError(f"{path}: the weight {name} is made of whole numbers ({weight.kind}). {CURE}")


def settings(path: Path, kind: type[Kind], cure: str = CURE) -> Kind:
    """A file of settings, as `jsonfile.read`; UserError, before it is read, for one that is far too large."""
    jsonfile.regular(path, cure)
    _check_size(path, MOST_SETTINGS)
    return jsonfile.read(path, kind, cure, nan=True)


def _check_size(path: Path, most: int) -> None:
    if path.stat().st_size > most:
        raise UserError(f"{path} is larger than {most >> 20} MB: that is no such file. {CURE}")


def check_numbers(found: dict[str, Any], path: Path) -> None:
    """UserError for numbers that no model has: NaN, and so many layers that they would be built for ever."""
    for way, value in _leaves(found):
        place = f"{path}, at {'.'.join(map(str, way))}"
        if isinstance(value, float) and math.isnan(value):
            raise UserError(f"{place}: NaN is no number. {CURE}")
        if path.name == "config.json" and isinstance(value, int) and abs(value) >= 1 << 63:
            raise UserError(f"{place}: {value} is too large. {CURE}")
        many = any(word in str(way[-1]) for word in ("layer", "depth")) and not isinstance(value, str)
        if many and isinstance(value, int | float) and abs(value) > MOST_LAYERS:
            raise UserError(f"{place}: {value} are more layers than any model has. {CURE}")


def _leaves(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    inside = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inside is None:
        yield way or ("",), value
        return
    for key, one in inside:
        yield from _leaves(one, (*way, key))


def _check_begin(path: Path) -> None:
    """UserError for a large file that is no JSON from its first letter on: its readers take half a minute."""
    with path.open("rb") as file:
        begin = file.read(1024).lstrip()
    if not begin.startswith(b"{"):
        raise UserError(f"{path} is not readable JSON: it does not begin with a brace. {CURE}")


def _check_index(path: Path) -> None:
    """UserError for an index of shards that are not in its folder."""
    index = settings(path, dict[str, Any])
    shards = index.get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise UserError(f"{path}, at weight_map: it does not say in which file each weight lies. {CURE}")
    for name, file in shards.items():
        if not isinstance(file, str) or not _plain(file):
            raise UserError(
                f"{path}, at weight_map, {name}: {jsonfile.shown(file)} is no file of this folder. {CURE}"
            )
    for file in sorted(set(shards.values())):
        jsonfile.regular(path.parent / file, CURE)


def _plain(file: str) -> bool:
    """Whether it is a file's name, and no way to elsewhere."""
    return (
        0 < len(file.encode("utf-8", "surrogatepass")) < 256
        and Path(file).name == file
        and file.isprintable()
    )
