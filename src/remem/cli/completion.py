"""What the shell completes (`remem --install-completion`): names of recipes and lists, keys of --set.

Nothing is imported for it until a key is pressed; then it takes as long as `remem list`.
"""

from __future__ import annotations

import typer


def recipes(incomplete: str) -> list[str]:
    """Recipes; none of them: the shell completes files and folders."""
    from remem.run.recipes import RECIPES

    return [name for name in RECIPES if name.startswith(incomplete)]


def lists(incomplete: str) -> list[str]:
    """What `remem list` lists."""
    from remem.cli.catalogue import LISTS

    return [name for name in (*LISTS, "settings") if name.startswith(incomplete)]


def attacks(incomplete: str) -> list[str]:
    """Names of attacks, with commas between."""
    from remem.attacks import ATTACKS

    return _further(incomplete, [*ATTACKS, "all", "none"])


def settings(context: typer.Context, incomplete: str) -> list[str]:
    """KEY= of the recipe that stands on the line, and after methods= and attacks= their names."""
    from remem.attacks import ATTACKS
    from remem.cli.request import base_of
    from remem.cli.values import of_run
    from remem.errors import UserError
    from remem.methods import METHODS

    key, equals, names = incomplete.partition("=")
    if equals:
        known = {"methods": [*METHODS], "attacks": [*ATTACKS, "all", "none"]}.get(key, [])
        return [f"{key}={one}" for one in _further(names, known)]
    try:
        run = base_of(context.params.get("recipe") or "demo")
    except UserError:  # the folder of a run, or a slip: the keys are the same
        run = base_of("demo")
    return [f"{row[0]}=" for row in of_run(run) if row[0].startswith(incomplete)]


def _further(text: str, names: list[str]) -> list[str]:
    done, comma, last = text.rpartition(",")
    return [f"{done}{comma}{name}" for name in names if name.startswith(last) and name not in done.split(",")]
