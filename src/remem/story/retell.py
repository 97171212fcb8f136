"""The report of a run folder from what is there: nothing is trained, asked or scored."""

from __future__ import annotations

from pathlib import Path

from remem import __version__, disk
from remem.disk import writing
from remem.run import code
from remem.run.context import Context, check_places, check_told, open_run
from remem.steps.folders import discard
from remem.steps.make import close_part, locked, open_part
from remem.steps.store import Order, Step, keys
from remem.types import Progress, silent


def retell(root: Path, out: Path | None = None, data: str = "", model: str = "") -> Path:
    """Writes the report into the run folder, or into `out`; returns its page.

    For a run that was not finished, that came from elsewhere, or that another version made. UserError where
    there is nothing to tell of, or the data set is not there.
    """
    from remem.report import write

    if out is not None:
        disk.folder(out)
    context, record = open_run(root, data, model)
    check_told(root)
    if context.run.data:
        check_places(root, context.run)
    if out is not None:
        with writing(out):
            return write(root, out, context.data())
    settings = {"version": __version__, "request": record["request"], "steps": "those that are there"}
    step = Step(name="report", work=_tell, settings=settings, code=code.told(), derived=True)
    order = Order(keys([step])["report"], {}, "", {})
    with writing(root, "report"), locked(root, "report"):
        discard(root / "report.part", root)
        part = open_part(root, step, order)
        _tell(part, context, silent)
        close_part(root, step, order, part)
    return root / "report" / "index.html"


def _tell(folder: Path, context: Context, progress: Progress) -> None:
    from remem.report import write

    write(context.root, folder, context.data())
