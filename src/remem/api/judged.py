"""Models that were made elsewhere, judged from Python as `remem assess` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from remem.api.results import Results, read


def assess(
    data: str | Path,
    models: Mapping[str, str | Path | Sequence[str | Path]],
    out: str | Path,
    *,
    taught: str | Path = "",
    goals: Sequence[str | Path] = (),
    base: str | Path = "",
    forget: str = "forget1",
    attacks: str = "quick",
    settings: Mapping[str, Any] | None = None,
) -> Results:
    """Asks, scores and attacks models that other code made, as the arms of a run in `out`.

    Args:
        data: a data set: a folder, or a hub id.
        models: name -> a folder, adapter or hub id; several of one name are its seeds.
        taught: the model that knew, where unlearning began.
        goals: models taught all but what is to be forgotten; without one strangers are the floor.
        base: the model before it was taught.
        forget: the split that was to be forgotten.
        attacks: by name, commas between; "quick", "all" or "none".
        settings: any other, by the names that --set takes.

    Raises:
        UserError: for models and names that cannot be, before any work.
    """
    from remem.given.wanted import run_of
    from remem.run.beforehand import look_through
    from remem.run.context import opened
    from remem.run.overrides import pair
    from remem.steps.jobs import Nobody
    from remem.story import pipeline

    named = [
        f"{name}={one}"
        for name, where in models.items()
        for one in ([where] if isinstance(where, str | Path) else where)
    ]
    run = run_of(
        str(data),
        named,
        base=str(base),
        taught=str(taught),
        goals=[str(one) for one in goals],
        forget=forget,
        attacks=attacks,
        settings=[pair(key, value) for key, value in (settings or {}).items()],
    )
    dataset = opened(run, Path(out))
    look_through(run, dataset, True)
    pipeline.carry_out(
        Path(out), run, Nobody(), ignore_gate=True, fingerprint=dataset.fingerprint, examined=True
    )
    return read(out)
