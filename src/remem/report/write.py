"""The report of a run, by what it forgets."""

from pathlib import Path

from remem.report.page import write_people
from remem.report.read import Data, read_run
from remem.report.scenes import write as write_scenes
from remem.report.sizes import write as write_sizes


def write(run_folder: Path, out: Path, dataset: Data) -> Path:
    """Write `index.html`, `tables/` and `figures/` of a run folder into `out`; returns the page's path.

    Whatever the run has not got (no gate, no goal model, no rankings, no methods) is said on the page.
    Equal inputs give equal bytes; times stand in the cost tables only.
    UserError when there is no run in the folder or a file of it is damaged.
    """
    run = read_run(run_folder, dataset)
    if run.tasks:
        return write_scenes(run, run_folder, out, dataset)
    if run.sizes:
        return write_sizes(run, out, dataset)
    return write_people(run, out, dataset)
