"""Models by name: the embedded one, a folder, or a hub id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.models.names import EMBEDDED, NAMED, check_folder, find, identity, is_made, opened

if TYPE_CHECKING:
    from remem.models.huggingface import Model

__all__ = ["EMBEDDED", "NAMED", "check_folder", "find", "identity", "is_made", "open_model"]


def open_model(name: str, chain: Sequence[Path] = (), **how: Any) -> Model:
    """A model with the results of earlier stages on top; `how`: see `loading.load`."""
    from remem.models.loading import load

    source, adapters = opened(name)
    return load(source, [*adapters, *chain], **how)
