"""Models from a folder or the hub, with the results of earlier stages on top."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from remem.errors import UserError
from remem.models import kernels
from remem.models.adapters import ADAPTER
from remem.models.alike import check_adapter
from remem.models.anatomy import LAYER
from remem.models.folders import check_files, check_folder
from remem.models.foreign import blamed, boundary, bounded, config, reason
from remem.models.halves import picture_half
from remem.models.heads import head, stored
from remem.models.huggingface import INSTRUCTION, Model
from remem.models.quantised import PARAMETER_BYTES, four_bit
from remem.models.templates import template_of
from remem.models.trial import check_pattern, try_processor
from remem.outgoing import quoted

HALF = (ImportError, OSError, ValueError)  # what a processor raises that lacks its video half
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

    said = [(folder / INSTRUCTION).read_text() for folder in chain if (folder / INSTRUCTION).exists()]
    chain = [folder for folder in chain if not (folder / INSTRUCTION).exists()]
    whole = [i for i, folder in enumerate(chain) if (folder / "config.json").exists()]
    start = chain[whole[-1]] if whole else source
    adapters = chain[whole[-1] + 1 :] if whole else chain
    if Path(start).exists():
        check_folder(str(start))
        check_files(Path(start))
    check_kind(str(start))
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    how: dict[str, Any] = {"dtype": DTYPES[dtype], "trust_remote_code": False}
    place = pick_device(device)
    how |= kernels.attention(attention, dtype, place)
    if quantise == "4bit":
        how |= {"quantization_config": four_bit(str(start), DTYPES[dtype]), "device_map": {"": place}}
    processor = load_processor(str(start))
    template_of(processor)
    width = DTYPES[dtype].itemsize if quantise == "none" else PARAMETER_BYTES
    what = f"cannot load {start} as an image-text-to-text model"
    held = stored(Path(start)) if Path(start).exists() else None
    with boundary(what, "Save the model there again"), bounded(str(start), width, held):
        network, loaded = transformers.AutoModelForImageTextToText.from_pretrained(
            str(start), **how, output_loading_info=True
        )
    if loaded["missing_keys"]:
        missing = sorted(loaded["missing_keys"])
        raise UserError(
            f"{start} lacks {len(missing)} of the model's weights ({', '.join(missing[:3])}, ...), and they "
            "would be random. Save the whole model there."
        )
    if over := [key for key in loaded["unexpected_keys"] if LAYER.search(key)]:
        raise UserError(
            f"{start}: its weights hold {len(over)} of layers that its config.json does not name "
            f"({quoted(sorted(over)[0])}, ...). Put the model's own config.json there."
        )
    if loaded["unexpected_keys"]:
        warnings.warn(
            f"{start}: {len(loaded['unexpected_keys'])} of its weights have no place in the model, and are "
            f"left out ({quoted(sorted(loaded['unexpected_keys'])[0])}, ...)",
            stacklevel=2,
        )
    for folder in adapters:
        network = _merged(network, folder)
    if quantise == "none":
        network.to(place)
    network.eval()
    if checkpointing:
        network.gradient_checkpointing_enable({"use_reentrant": False})
    model = Model(network, processor, str(source))
    model.compiles, model.shards = compile, shard
    model.encoder.instruction = " ".join(said)
    return model


def _merged(network: Any, folder: Path) -> Any:
    """The network with an adapter merged into it. UserError for one that does not fit."""
    from peft import PeftConfig, PeftModel, get_peft_model_state_dict

    check_files(folder)
    said = f"the adapter {folder} does not fit its base"
    with boundary(f"{folder}: {ADAPTER} does not load", "Save the adapter again"):
        settings = PeftConfig.from_pretrained(str(folder))
    check_adapter(settings, str(folder / ADAPTER))
    check_pattern(folder, network)
    cure = f"Write the base that it was trained on into base_model_name_or_path of its {ADAPTER}."
    with boundary(said, cure), bounded(str(folder), 4), warnings.catch_warnings():
        # peft goes on with random numbers for weights that the adapter lacks.
        warnings.filterwarnings("error", message="Found missing adapter keys")
        # peft asks transformers for a name that goes with version 6.
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing")
        # Nothing is allocated before the shapes of the file were compared.
        wrapped = PeftModel.from_pretrained(network, str(folder), low_cpu_mem_usage=True)
        taken = get_peft_model_state_dict(wrapped, save_embedding_layers=True)
    for path in folder.glob("*.safetensors"):
        if left := sorted(head(path).keys() - taken.keys()):
            raise UserError(f"{said}: {len(left)} of its weights have no place ({quoted(left[0])}). {cure}")
    with boundary(said, cure):
        return wrapped.merge_and_unload()


def check_source(source: str) -> None:
    """What can be told of a folder or hub id without its weights' numbers, so that no work is lost on a wrong
    one.

    UserError for a file that is not what it should be, for a model that is not image-text-to-text, for a
    processor that lacks one half or does not take a picture, and for a template that is none.
    """
    import transformers

    if Path(source).is_dir():
        check_files(Path(source))
    check_kind(source)
    transformers.utils.logging.set_verbosity_error()
    try_processor(load_processor(source))


def check_kind(source: str) -> None:
    """UserError for a model of another kind, one that needs code of its own, and a damaged configuration."""
    import transformers

    try:
        found = config(source)
    except UserError as problem:
        if "trust_remote_code" not in str(problem.__cause__):
            raise
        raise UserError(
            f"{source} brings code of its own, which remem does not run: choose a checkpoint for "
            "transformers' own classes (its name often ends in -hf)"
        ) from problem
    if type(found) not in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        raise UserError(
            f"{source} is a {found.model_type} model, which transformers does not know to answer questions "
            "on pictures: choose an image-text-to-text model (docs/families.md)"
        )


def load_processor(source: str) -> Any:
    """The model's processor; where it is built for video too and torchvision is absent, its picture half."""
    import transformers

    if Path(source).is_dir():
        check_files(Path(source), weights=False)
    try:
        with boundary(f"the processor of {source} does not load"):
            processor = transformers.AutoProcessor.from_pretrained(source, trust_remote_code=False)
    except UserError as problem:
        processor = None
        if isinstance(problem.__cause__, HALF):
            with contextlib.suppress(UserError), boundary(source):
                processor = picture_half(source)
        if processor is None:
            why = reason(problem.__cause__ or problem)
            raise UserError(f"the processor of {source} does not load: {blamed(source)}: {why}") from problem
    if getattr(processor, "image_processor", None) is None or getattr(processor, "tokenizer", None) is None:
        raise UserError(
            f"{source} has no processor for both pictures and text: save the processor beside the model"
        )
    with boundary(f"the tokenizer of {source} does not load"):
        if processor.tokenizer.pad_token_id is None:
            processor.tokenizer.pad_token = processor.tokenizer.eos_token
    return processor


def pick_device(wanted: str) -> torch.device:
    """`auto`: the first GPU if there is one, else the CPU."""
    if wanted != "auto":
        try:
            torch.empty(0, device=wanted)
        except (RuntimeError, AssertionError, NotImplementedError) as problem:
            raise UserError(f"model.device={wanted} cannot be used here: {reason(problem)}") from problem
        return torch.device(wanted)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
