"""What is asked for, made ready: the run, the user's data set looked through, worker processes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from remem.cli.console import err, warn
from remem.errors import UserError
from remem.outgoing import quoted

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.run.settings import Run


MOST = 1024  # processes or threads: each takes memory of its own before it does anything
# What a model that is taken as taught must know: a fact that is answered in half of its wordings is known.
_KNOWN = ("gate.one_hop=0.5", "gate.multi_hop=0.5")
SMALL = 20_000_000  # weights, below which several processes are faster than several threads


def allow(folders: Sequence[Path] | None, plugins: Sequence[str] | None = None) -> None:
    """Lets the pictures of a data set lie in these folders, in every process of this run, and loads what the
    user names as plugins."""
    from remem.run.plugins import load, named

    load(named(plugins or ()))
    if folders:
        from remem.data.imagecell import allow as allow_pictures

        allow_pictures(folders)


def asked_for(data: str, model: str, settings: list[str] | None) -> list[str]:
    """These options as settings; what --set says comes last."""
    named = {"data": data, "model.name": model}
    return [*(f"{key}={value}" for key, value in named.items() if value), *(settings or [])]


class Wanted(NamedTuple):
    """A run that is asked for."""

    name: str  # of the recipe, or the folder
    root: Path
    run: Run
    data_set: Dataset | None  # the user's own
    fingerprint: str  # of that
    ignore_gate: bool


def folder_of(recipe: str) -> Path | None:
    """The run folder that stands in place of a recipe; a recipe's name wins over a folder's."""
    from remem.run.recipes import RECIPES

    return Path(recipe) if recipe and recipe not in RECIPES and (Path(recipe) / "run.json").exists() else None


def wanted(
    recipe: str,
    folder: Path | None,
    data: str,
    model: str,
    settings: list[str] | None,
    tuned: Path | None,
    ignore_gate: bool,
    taught: str = "",
) -> Wanted:
    """What these options ask for: a recipe's run, or a run that is there already.

    `taught`: the model that is taken as it is for the one that knows. What it knows is measured and told, and
    no gate stops the run.
    """
    from remem.run import recipes

    root = folder_of(recipe)
    if taught and (model or root is not None):
        raise UserError("--taught names the model of a new run: leave out --model, and name a recipe")
    if root is None:
        name = recipe or recipes.usual(model or taught)
        said = [*(_KNOWN if taught else ()), *asked_for(data, model or taught, settings)]
        run, data_set, fingerprint = chosen_run(name, said, tuned, not recipe)
        if taught:
            run = _as_taught(run)
            ignore_gate = True
        return Wanted(name, folder or Path("runs") / Path(name).stem, run, data_set, fingerprint, ignore_gate)
    if folder is not None or tuned is not None:
        raise UserError(f"{root} is the folder of a run: leave out --out and --settings, or name a recipe")
    run, ignored = _asked_before(root, data, model)
    run = changed_by(run, settings)
    data_set = _loaded(run) if run.data else None
    return Wanted(
        recipe, root, run, data_set, data_set.fingerprint if data_set else "", ignored or ignore_gate
    )


def _as_taught(run: Run) -> Run:
    """The run with its model taken as taught."""
    from remem.run.settings import Given
    from remem.story.resolve import check_given

    run = replace(
        run,
        model=replace(run.model, rehearse=0.0),
        given=(Given(role="taught", source=run.model.name),),
    )
    check_given(run)
    return run


def requested(run: Run, root: Path) -> Wanted:
    """A run over models that were made elsewhere: whatever the gate says of them, they are judged.

    UserError for what cannot be judged, before the data set's pictures are looked through.
    """
    from remem.models import find
    from remem.story.resolve import check_given

    check_given(run)
    for one in run.given:
        find(one.source)
    data_set = _loaded(run)
    return Wanted(run.recipe, root, run, data_set, data_set.fingerprint, True)


def _asked_before(root: Path, data: str, model: str) -> tuple[Run, bool]:
    """The run that a folder was last asked for, with its places on this machine."""
    from remem.run import places
    from remem.run.context import check_places, read_run_record
    from remem.run.plugins import check_named
    from remem.run.settings import restore

    record = read_run_record(root)
    check_named(record)
    given = {key: value for key, value in (("data", data), ("model.name", model)) if value}
    run = restore(places.located(record["request"]["run"], places.read(root) | given))
    check_places(root, run)
    return run, bool(record["request"]["ignore_gate"])


def changed_by(run: Run, settings: list[str] | None) -> Run:
    """The run with what --set says."""
    from remem.run.overrides import override

    return override(run, settings or [])


def base_of(recipe: str) -> Run:
    """The run of a recipe, or of a recipe file (NAME.toml)."""
    from remem.run import files, recipes

    return files.run_of(Path(recipe)) if recipe.endswith(files.ENDING) else recipes.recipe(recipe)


def chosen_run(
    recipe: str, settings: list[str], tuned: Path | None, usual: bool = False
) -> tuple[Run, Dataset | None, str]:
    """The run that is asked for, the user's own data set where it has one, and that set's fingerprint.

    `usual`: nobody named the recipe, so that the model's size decides what of it is fit.
    """
    from remem.run.overrides import override
    from remem.studies.tuning.chosen import put, read

    base = base_of(recipe)
    chosen = override(base, settings)
    if usual:
        chosen = _of_its_size(base, chosen, settings)
    data_set = _loaded(chosen) if chosen.data else None
    fingerprint = data_set.fingerprint if data_set else ""
    if tuned:
        chosen, notes = put(chosen, read(tuned), fingerprint)
        for note in notes:
            warn(note)
        chosen = override(chosen, settings)  # what --set says of a method comes after the file
    return chosen, data_set, fingerprint


def _of_its_size(base: Run, chosen: Run, settings: list[str]) -> Run:
    """The run with settings that fit the model's size; what --set says comes after them."""
    from remem.models import EMBEDDED
    from remem.models.names import opened, weights_of
    from remem.run.bysize import of_its_size
    from remem.run.overrides import override

    if chosen.model.name in (*EMBEDDED, base.model.name):
        return chosen
    place, _ = opened(chosen.model.name)
    if Path(place).exists():
        weights = weights_of(place)
    else:  # of the hub: by its configuration
        from remem.estimate.sizes import sizes

        weights = sizes(place, chosen.model.adapt).total
    fit, said = of_its_size(replace(base, model=replace(base.model, name=chosen.model.name)), weights)
    if said:
        warn(said)
    return override(fit, settings) if said else chosen


def _loaded(chosen: Run) -> Dataset:
    from remem.run.context import opened

    try:
        return opened(chosen, Path())
    except UserError as error:
        if not chosen.forget.tasks:
            raise
        raise UserError(
            f"{error}\nPictures of people in events that are not cut into tasks yet, such as the published "
            f"set, are cut first: remem build pebench FOLDER --data {chosen.data}"
        ) from error


def examine(chosen: Run, data: Dataset, ignore_gate: bool) -> None:
    """Looks for what would spoil a run in the user's own data, before anything is trained on it."""
    from remem.cli.console import Line
    from remem.run.beforehand import look_through

    def note(sentence: str) -> None:
        err.say("[yellow]note[/] {}", quoted(sentence))

    opened, tried = (Line(f"pictures {done}", every_s=5) for done in ("checked", "tried"))
    for sentence in look_through(chosen, data, ignore_gate, note, opened, tried):
        warn(sentence)


def share(workers: int, threads: int, chosen: Run) -> tuple[int, int]:
    """Worker processes, and threads of each. A small model gains more from processes than from threads."""
    from remem.steps import parallel

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for option, given in (("--workers", workers), ("--threads", threads)):
        if not 0 <= given <= MOST:
            raise UserError(f"{option} {given}: give 0 (automatic) or more, {MOST} at most")
    if parallel.world() > 1:  # they share each step instead
        return 1, threads
    named = {chosen.model.name, *(one.source for one in chosen.given)}
    small = all(map(_small, named)) and chosen.model.device in ("auto", "cpu")
    processes = workers or (min(cores, 8) if small else 1)
    # One thread a process for the embedded model, however many processes: the same bytes every time.
    return processes, threads or (1 if small else max(1, cores // processes))


def _small(name: str) -> bool:
    """Whether a model is one of ours, or as small."""
    from remem.models import EMBEDDED, find
    from remem.models.names import weights_of

    return name in EMBEDDED or 0 < weights_of(find(name)) < SMALL
