"""What is asked beside the data set: the world that a model knows, and people who were never taught."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from remem.data.general import GENERAL, HERE, is_general
from remem.errors import UserError
from remem.models import EMBEDDED, find, is_made
from remem.run.settings import Run


def exam_folder(run: Run) -> Path | None:
    """Where the questions about the rest of the world lie; None where the model comes with none.

    A model that is made here around somebody else's language model comes with those of general knowledge.
    """
    if run.evaluate.world == "none":
        return None
    if run.evaluate.world == GENERAL:
        return HERE
    if run.evaluate.world == "auto":
        places = [Path(find(name)) for name in _models(run)]  # of a hub id: asked of the hub
        own = _own_world(places)
        return HERE if own is None and any(map(is_made, places)) else own
    name = run.evaluate.world
    place = Path(find(name)) / "world" if name in EMBEDDED else Path(name)
    if not place.is_dir():
        raise UserError(
            f"evaluate.world={run.evaluate.world}: there is no such folder. Give one, or set "
            "auto, general or none."
        )
    return place


def rehearsal_folder(run: Run) -> Path | None:
    """Where the lessons lie that stage 1 goes over; None where it does not, or the model comes with none."""
    return _own_world(Path(find(name)) for name in _models(run)) if run.model.rehearse else None


def _own_world(places: Iterable[Path]) -> Path | None:
    return next((place / "world" for place in places if (place / "world").is_dir()), None)


def _models(run: Run) -> tuple[str, ...]:
    return (run.model.name, *(one.source for one in run.given))


def world_identity(place: Path | None) -> dict[str, str]:
    """What the keys know such a folder by; empty where there is none."""
    from remem.data.digest import digest

    if place is None:
        return {}
    beside = (".md", ".py", ".pyc")  # a card; and the package that the general exam ships in
    files = [path for path in sorted(place.rglob("*")) if path.is_file() and path.suffix not in beside]
    return {"world": digest((str(path.relative_to(place)), path) for path in files)}


def exam_identity(run: Run, fingerprint: str) -> dict[str, str]:
    """What the keys know a run's exam by: of general knowledge nothing is asked that the user's own data set,
    of this fingerprint, asks about."""
    place = exam_folder(run)
    found = world_identity(place)
    return found | {"apart": fingerprint} if place and run.data and is_general(place) else found


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
