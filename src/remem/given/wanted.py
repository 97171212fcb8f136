"""What `remem assess` asks for, as a run over models that were made elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from remem.errors import UserError
from remem.run.overrides import override
from remem.run.settings import Given, Run
from remem.settings import Forget, ModelSettings

RECIPE = "assess"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,60}")
_TAKEN = ("base", "taught", "goal")


def run_of(
    data: str,
    models: Sequence[str],
    *,
    base: str = "",
    taught: str = "",
    goals: Sequence[str] = (),
    forget: str = "forget1",
    attacks: str = "quick",
    settings: Sequence[str] = (),
) -> Run:
    """The run that judges these models.

    `models`: NAME=WHERE each; several of one NAME are its seeds. `settings`: as --set has them. UserError for
    names that cannot be, and where nothing is to be judged.
    """
    yardsticks = (("base", base), ("taught", taught))
    given = [Given(role=role, source=_there(one)) for role, one in yardsticks if one]
    given += [Given(role="goal", source=_there(one), seed=number) for number, one in enumerate(goals)]
    seeds: dict[str, int] = {}
    for one in models:
        name, source = _named(one)
        given.append(Given(role="given", source=source, label=name, seed=seeds.setdefault(name, 0)))
        seeds[name] += 1
    if not seeds:
        raise UserError("name at least one model to judge: --model NAME=WHERE, as in --model npo=./forgotten")
    run = Run(
        recipe=RECIPE,
        data=data,
        model=ModelSettings(name=given[0].source, rehearse=0.0),
        forget=Forget(split=forget),
        given=tuple(given),
    )
    return override(run, [f"attacks={attacks or 'none'}", *settings])


def _named(text: str) -> tuple[str, str]:
    name, equals, source = text.partition("=")
    if not equals or not source.strip():
        raise UserError(f"--model {text}: write it as NAME=WHERE, as in --model npo=./forgotten")
    if not _NAME.fullmatch(name) or name.lower() in _TAKEN or re.fullmatch(r"goal-s\d+", name):
        raise UserError(
            f"--model {text}: {name!r} cannot be the name of a model: use letters, digits, dots and dashes, "
            f"and none of {', '.join(_TAKEN)}"
        )
    return name, _there(source.strip())


def _there(source: str) -> str:
    """With the home folder in place of ~, which shells leave as it is behind NAME=."""
    return str(Path(source).expanduser()) if source.startswith("~") else source
