"""What is asked beside the data set: the world that a model knows, and people who were never taught."""

from __future__ import annotations

from pathlib import Path

from remem.errors import UserError
from remem.models import EMBEDDED, find
from remem.run.settings import Run


def exam_folder(run: Run) -> Path | None:
    """Where the questions about the rest of the world lie; None where the model comes with none."""
    if run.evaluate.world == "none":
        return None
    if run.evaluate.world == "auto":
        return _own_world(run)
    name = run.evaluate.world
    place = Path(find(name)) / "world" if name in EMBEDDED else Path(name)
    if not place.is_dir():
        raise UserError(
            f"evaluate.world={run.evaluate.world}: there is no such folder. Give one, or set auto or none."
        )
    return place


def rehearsal_folder(run: Run) -> Path | None:
    """Where the lessons lie that stage 1 goes over; None where it does not, or the model comes with none."""
    return _own_world(run) if run.model.rehearse else None


def _own_world(run: Run) -> Path | None:
    for name in (run.model.name, *(one.source for one in run.given)):
        place = Path(find(name)) / "world"
        if place.is_dir():
            return place
    return None


def world_identity(place: Path | None) -> dict[str, str]:
    """What the keys know such a folder by; empty where there is none."""
    from remem.data.digest import digest

    if place is None:
        return {}
    files = [path for path in sorted(place.rglob("*")) if path.is_file() and path.suffix != ".md"]
    return {"world": digest((str(path.relative_to(place)), path) for path in files)}


def strangers_identity(run: Run) -> dict[str, str]:
    """What the keys know the people by who are never taught; empty where nobody asks about them.

    Those of a built data set are part of it. UserError when the run insists on them and its data has none.
    """
    from remem.data import untaught
    from remem.data.digest import digest

    if asks_strangers(run):
        path = Path(run.data) / untaught.FILE
        return {"strangers": digest([(path.name, path)]) if run.data else "built"}
    if run.evaluate.membership:
        none = "evaluate.membership=true asks about people who were never taught, and"
        if run.data:
            raise UserError(f"{none} {run.data} has no {untaught.FILE}: see docs/data.md, or leave it out.")
        raise UserError(f"{none} this data set will have none: see build.strangers, build.source.")
    return {}


def asks_strangers(run: Run) -> bool:
    """Whether people are asked about who are never taught: wherever the data has them, unless told not to."""
    from remem.data import untaught

    if run.evaluate.membership is False:
        return False
    return (Path(run.data) / untaught.FILE).is_file() if run.data else bool(run.build.unknown())
