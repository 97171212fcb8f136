"""The boundary to transformers and peft where they read what others have made.

They raise whatever their code meets in files that are not as they wrote them: here, and here alone, all of it
is taken for a fault of the files. As little of ours as can be runs inside, so that no mistake of ours passes
for one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from remem.errors import UserError
from remem.memory import short as out_of_memory
from remem.models.folders import check_files, check_numbers, settings
from remem.models.names import in_hub
from remem.outgoing import quoted

# Their text alone does not say what happened.
BARE = (KeyError, IndexError, AttributeError, TypeError, ZeroDivisionError, AssertionError, RecursionError)
MOST_MODULES = 300_000
FAR = 1.5  # times the machine's memory
OVER, BESIDE = 4, 50_000_000  # times what the files hold, and as many weights: of tied ones, and of buffers


@contextlib.contextmanager
def boundary(said: str, cure: str = "") -> Iterator[None]:
    """Whatever is raised inside becomes a UserError: what is said, why, and the cure."""
    try:
        yield
    except (UserError, torch.OutOfMemoryError):
        raise
    except Exception as problem:
        if isinstance(problem, MemoryError) or (isinstance(problem, RuntimeError) and out_of_memory(problem)):
            raise UserError(
                f"{said}: there is not enough memory. Use bfloat16, or a smaller model."
            ) from problem
        raise UserError(f"{said}: {reason(problem)}{_end(cure)}") from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # of what is written in Rust
            raise
        raise UserError(f"{said}: {reason(problem)}{_end(cure)}") from problem


def reason(problem: BaseException) -> str:
    """What an error says first, on one line; a line that announces more brings the next along."""
    lines = [line.strip() for line in str(problem).strip().split("\n") if line.strip()] or [""]
    text = f"{lines[0]} {lines[1]}" if lines[0].endswith(":") and len(lines) > 1 else lines[0]
    if "ignore_mismatched_sizes" in text:  # it speaks of a report that was printed elsewhere
        text = "its weights have other shapes than config.json asks for"
    if isinstance(problem, BARE) or not text:
        text = f"{type(problem).__name__} {text}".strip()
    return quoted(text)


def _end(cure: str) -> str:
    return f". {cure}" if cure else ""


def config(source: str) -> Any:
    """The configuration of a folder or hub id. UserError, with file and field, where there is none."""
    import transformers

    from remem.models.eyes import register

    register()
    if Path(source).is_dir():
        check_files(Path(source), weights=False)
    else:
        path = Path(in_hub(source))
        check_numbers(settings(path, dict[str, Any]), path)
    with boundary(f"{source}: config.json does not load"):
        return transformers.AutoConfig.from_pretrained(source, trust_remote_code=False)


def blamed(source: str) -> str:
    """Which files of a processor that does not load are at fault, as far as its parts tell."""
    import transformers as t

    parts: tuple[tuple[str, Any], ...] = (
        ("config.json", t.AutoConfig),
        ("its tokenizer (tokenizer.json, tokenizer_config.json)", t.AutoTokenizer),
        ("its picture processor (preprocessor_config.json or processor_config.json)", t.AutoImageProcessor),
    )
    for named, kind in parts:
        try:
            with boundary(named):
                kind.from_pretrained(source, trust_remote_code=False)
        except UserError:
            return named
    return "processor_config.json"


@contextlib.contextmanager
def bounded(source: str, width: float | None = None, stored: int | None = None) -> Iterator[None]:
    """UserError, before memory is taken, for a model that is built inside and has modules without end.

    `width`: bytes of a weight: UserError, too, where all need far more than this machine has. `stored`: how
    many weights its files hold: UserError, too, where far more are built, which would be drawn at random and
    then refused one by one.
    """
    import psutil
    from torch.nn.modules.module import (
        register_module_buffer_registration_hook,
        register_module_module_registration_hook,
        register_module_parameter_registration_hook,
    )

    most = FAR * (psutil.virtual_memory().total + psutil.swap_memory().total)
    modules, weights = 0, 0

    def built(*_: Any) -> None:
        nonlocal modules
        modules += 1
        if modules > MOST_MODULES:
            raise UserError(f"{source}: config.json asks for more than {MOST_MODULES:,} modules. Mend it.")

    def weighed(module: Any, name: str, weight: Any) -> None:
        nonlocal weights
        if weight is None or not weight.is_meta:
            return
        weights += weight.numel()
        if width is not None and weights * width > most:
            raise UserError(
                f"{source}: config.json asks for more than {weights * width / 2**30:,.0f} GiB of weights, "
                "far more than this machine holds. Mend it, or use a smaller model."
            )
        if stored is not None and weights > OVER * stored + BESIDE:
            raise UserError(
                f"{source}: config.json asks for more than {weights:,} weights, and its files hold "
                f"{stored:,}. Put the model's own config.json there."
            )

    hooks: tuple[Any, ...] = (
        register_module_module_registration_hook(built),
        register_module_parameter_registration_hook(weighed),
        register_module_buffer_registration_hook(weighed),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
