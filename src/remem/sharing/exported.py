"""One arm of a run as a whole model: its stages merged, loadable by the Auto classes, with a card."""

from __future__ import annotations

import shutil
from pathlib import Path

from remem import disk
from remem.errors import UserError, unknown
from remem.models.saving import save_processor
from remem.run.arms import arms_in
from remem.run.context import open_run
from remem.sharing.card import model_card
from remem.steps.folders import new_folder, write_atomic
from remem.steps.sealed import RECORD


def arms(root: Path) -> list[str]:
    """The arms whose model is whole."""
    return [name for name in arms_in(root) if (root / name / "model" / RECORD).is_file()]


def export(root: Path, arm: str, folder: Path) -> None:
    """Writes the model; UserError for an arm that is not there, is no model of its own, or was not made here.

    What is half-written is under `.part`.
    """
    disk.folder(folder, new=True)
    context, record = open_run(root)
    there = arms(root)
    if arm not in there:
        raise unknown(f"arm with a finished model in {root}", arm, there)
    if arm in context.run.elsewhere:
        source = context.run.elsewhere[arm].source
        raise UserError(f"{arm} was made elsewhere, and nothing of it is in this folder: take {source}")
    if context.run.model.quantise != "none":
        raise UserError(
            "a base of four bits cannot be written as a whole model: share the adapter, "
            f"{root / arm / 'model'}, or export a run without model.quantise"
        )
    with new_folder(folder) as part:
        model = context.model(*arms_in(root)[arm].chain)
        if model.encoder.instruction:
            raise UserError(
                f"{arm} is an instruction said before every question, and no model: nothing to export"
            )
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        model.network.save_pretrained(part)
        save_processor(model.processor, part)
        write_atomic(part / "README.md", model_card(root, context.run, arm, record["version"]))
