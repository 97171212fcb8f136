"""Processors written to the same bytes wherever and however they were loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# What transformers writes down of how a tokenizer was loaded: by an environment variable, from a folder.
_OF_LOADING = ("is_local", "local_files_only", "name_or_path")


def save_processor(processor: Any, folder: Path) -> None:
    """As `save_pretrained`, without what is true of this machine or this process alone."""
    processor.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    if path.exists():
        config = json.loads(path.read_text("utf-8"))
        kept = {name: value for name, value in config.items() if name not in _OF_LOADING}
        path.write_text(json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
