"""Models from a folder or the hub, with the results of earlier stages on top."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from remem.errors import UserError
from remem.models import kernels
from remem.models.adapters import ADAPTER
from remem.models.encoding import check_template
from remem.models.halves import picture_half
from remem.models.huggingface import INSTRUCTION, Model
from remem.models.names import check_folder
from remem.models.quantised import four_bit

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def load(
    source: str | Path,
    chain: Sequence[Path] = (),
    *,
    dtype: str = "float32",
    device: str = "auto",
    quantise: str = "none",
    checkpointing: bool = False,
    attention: str = "auto",
    compile: bool = False,
    shard: bool = False,
) -> Model:
    """A model from a folder or hub id, with the results of earlier stages on top.

    Each folder of the chain is either a whole model, which replaces what came before, or an
    adapter, which is merged into it: so that the next adapter's "off" is the stage before it.
    A folder with an instruction changes nothing but what is said before every question.
    `checkpointing`: while it trains, activations are made again instead of kept; no number changes.
    `attention` and `compile`: see `kernels`; `shard`: see `shards`.
    """
    import transformers

    from remem.models.eyes import register

    register()
    said = [(folder / INSTRUCTION).read_text() for folder in chain if (folder / INSTRUCTION).exists()]
    chain = [folder for folder in chain if not (folder / INSTRUCTION).exists()]
    whole = [i for i, folder in enumerate(chain) if (folder / "config.json").exists()]
    start = chain[whole[-1]] if whole else source
    adapters = chain[whole[-1] + 1 :] if whole else chain
    check_kind(str(start))
    if Path(start).exists():
        check_folder(str(start))
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    how: dict[str, Any] = {"dtype": DTYPES[dtype], "trust_remote_code": False}
    place = pick_device(device)
    how |= kernels.attention(attention, dtype, place)
    if quantise == "4bit":
        how |= {"quantization_config": four_bit(str(start), DTYPES[dtype]), "device_map": {"": place}}
    try:
        processor = load_processor(str(start))
        network, loaded = transformers.AutoModelForImageTextToText.from_pretrained(
            str(start), **how, output_loading_info=True
        )
    except (OSError, ValueError, SafetensorError) as problem:
        raise UserError(
            f"cannot load {start} as an image-text-to-text model: {_first_line(problem)}"
        ) from problem
    if loaded["missing_keys"]:
        missing = sorted(loaded["missing_keys"])
        raise UserError(
            f"{start} lacks {len(missing)} of the model's weights ({', '.join(missing[:3])}, ...), and they "
            "would be random. Save the whole model there."
        )
    for folder in adapters:
        network = _merged(network, folder)
    if quantise == "none":
        network.to(place)
    network.eval()
    if checkpointing:
        network.gradient_checkpointing_enable({"use_reentrant": False})
    if processor.tokenizer.pad_token_id is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    model = Model(network, processor, str(source))
    model.compiles, model.shards = compile, shard
    model.encoder.instruction = " ".join(said)
    return model


def _merged(network: Any, folder: Path) -> Any:
    """The network with an adapter merged into it. UserError for one that does not fit."""
    from peft import PeftModel

    try:
        with warnings.catch_warnings():
            # peft goes on with random numbers for weights that the adapter lacks.
            warnings.filterwarnings("error", message="Found missing adapter keys")
            # peft asks transformers for a name that goes with version 6.
            warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing")
            return PeftModel.from_pretrained(network, str(folder)).merge_and_unload()
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, UserWarning, SafetensorError) as problem:
        raise UserError(
            f"the adapter {folder} does not fit its base: {_first_line(problem)[:300]} Write the base "
            f"that it was trained on into base_model_name_or_path of its {ADAPTER}."
        ) from problem


def check_source(source: str) -> None:
    """What can be told of a folder or hub id without its weights, so that no work is lost on a wrong one.

    UserError for a model that is not image-text-to-text, for a processor that lacks one half, and where there
    is no chat template.
    """
    import transformers

    check_kind(source)
    transformers.utils.logging.set_verbosity_error()
    check_template(load_processor(source))


def check_kind(source: str) -> None:
    """UserError for a model of another kind, or one that needs code of its own.

    One whose configuration does not load is left to who loads it.
    """
    import transformers

    from remem.models.eyes import register

    register()
    try:
        config = transformers.AutoConfig.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError) as problem:
        if "trust_remote_code" not in str(problem):
            return
        raise UserError(
            f"{source} brings code of its own, which remem does not run: choose a checkpoint for "
            "transformers' own classes (its name often ends in -hf)"
        ) from problem
    if type(config) not in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        raise UserError(
            f"{source} is a {config.model_type} model, which transformers does not know to answer questions "
            "on pictures: choose an image-text-to-text model (docs/families.md)"
        )


def load_processor(source: str) -> Any:
    """The model's processor; where it is built for video too and torchvision is absent, its picture half."""
    import transformers

    try:
        processor = transformers.AutoProcessor.from_pretrained(source, trust_remote_code=False)
    except (ImportError, OSError, ValueError) as problem:
        processor = picture_half(source)
        if processor is None:
            raise UserError(f"the processor of {source} does not load: {_first_line(problem)}") from problem
    if getattr(processor, "image_processor", None) is None or getattr(processor, "tokenizer", None) is None:
        raise UserError(
            f"{source} has no processor for both pictures and text: save the processor beside the model"
        )
    return processor


def pick_device(wanted: str) -> torch.device:
    """`auto`: the first GPU if there is one, else the CPU."""
    if wanted != "auto":
        try:
            torch.empty(0, device=wanted)
        except (RuntimeError, AssertionError, NotImplementedError) as problem:
            raise UserError(f"model.device={wanted} cannot be used here: {_first_line(problem)}") from problem
        return torch.device(wanted)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _first_line(problem: Exception) -> str:
    """What an error says first; a line that announces more brings the next along."""
    lines = [line.strip() for line in str(problem).strip().split("\n")] or [""]
    return f"{lines[0]} {lines[1]}" if lines[0].endswith(":") and len(lines) > 1 else lines[0]
