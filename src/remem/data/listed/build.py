"""A data set in the shape of ReMem from a list of people: read, looked through, asked about, written.

Whatever is wrong with the list is told before a file is written, and a set with an error that `lint` finds is
never left under its name.
"""

import shutil
import tempfile
from pathlib import Path

from remem import disk
from remem.data.lint import ERROR, lint
from remem.data.listed.plan import Plan
from remem.data.listed.settings import ListSettings
from remem.data.listed.writing import write
from remem.data.load import load
from remem.data.writing import KEPT
from remem.disk import writing
from remem.errors import UserError
from remem.types import Progress, silent


def build(source: Path, folder: Path, settings: ListSettings, progress: Progress = silent) -> list[str]:
    """Writes the data set into `folder`, which must not exist; returns what is worth knowing, in a sentence
    each. Equal lists, pictures and settings give equal bytes. UserError for whatever is wrong."""
    settings.check()
    disk.folder(folder, new=True)
    with tempfile.TemporaryDirectory() as spool:
        with writing(Path(spool)):
            plan = Plan(source, settings, Path(spool), progress)
        with writing(folder, kept=KEPT):
            folder.parent.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
            try:
                write(plan, part)
                _sound(source, part)
                part.chmod(0o755)
                part.rename(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    return plan.notes


def _sound(source: Path, folder: Path) -> None:
    """UserError for the first error that `remem lint` would name."""
    for finding in lint(load(folder), images=False):
        if finding.level == ERROR:
            raise UserError(
                f"{source}: the data set would have an error, {finding.where} {finding.message}. Nothing was "
                "written. Change the row that it comes from."
            )
