"""Models by name: the embedded one, a folder, or a hub id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.models.folders import check_folder
from remem.models.names import EMBEDDED, NAMED, find, identity, is_made, opened

if TYPE_CHECKING:
    from remem.models.huggingface import Model

__all__ = ["EMBEDDED", "NAMED", "check_folder", "find", "identity", "is_made", "open_model"]


def open_model(name: str, chain: Sequence[Path] = (), *, judged: bool = False, **how: Any) -> Model:
    """A model with the results of earlier stages on top; `how`: see `loading.load`.

    One that did not come with the package is tried: UserError where it cannot answer a question. `judged`:
    weights that are no numbers are taken, for who says so of it.
    """
    from remem.models.loading import load
    from remem.models.trial import try_model, try_processor

    source, adapters = opened(name)
    model = load(source, [*adapters, *chain], **how)
    if name not in EMBEDDED and not chain:
        try_processor(model.processor)
        try_model(model, name, numbers=not judged)
    return model
