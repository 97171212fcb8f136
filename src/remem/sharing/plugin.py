"""How lmms-eval learns that remem can be asked: an entry point of its group `lmms_eval.models`."""

from __future__ import annotations

from typing import Any


def manifest() -> Any:
    """lmms-eval's ModelManifest of the model that it is to call `remem`."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest(model_id="remem", simple_class_path="remem.sharing.lmms.Remem")
