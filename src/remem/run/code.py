"""Which code decides what a step holds: numbers of rooms, digests of files."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from remem.attacks import QUICK
from remem.rooms import NUMBERS
from remem.run import plugins
from remem.scoring.metrics import OWN
from remem.steps.code import folder_digest, reached, syntax_digest

_OF_ALL = ("scene", "targets", "carry")  # of the attacks' files: what all of them go through
Code = dict[str, str | int]


def rooms(*names: str) -> Code:
    """The hand-kept numbers of these rooms."""
    return {f"room {name}": NUMBERS[name] for name in names}


def built(source: str = "") -> Code:
    """`source`: of pictures, where it may be a plugin's."""
    own = plugins.code_of("source", source)
    return rooms("data") | ({f"source {source}": own} if own else {})


def parted() -> Code:
    """Of what is rehearsed and what is held out."""
    files = ("remem.data.rehearsed", "remem.data.neighbours", "remem.data.forgotten")
    return rooms("data") | {f"file {name}": syntax_digest(name) for name in files}


def taught(rehearses: bool) -> Code:
    return rooms("data", "models", "training", *(("world",) if rehearses else ()))


def unlearnt(method: str) -> Code:
    return rooms("data", "models", "training") | {
        f"method {method}": plugins.code_of("method", method) or syntax_digest(f"remem.methods.{method}")
    }


def asked(world: bool = False) -> Code:
    return rooms("data", "models", "asking", *(("world",) if world else ()))


def files(attack: str) -> list[str]:
    """The attacks' files that one is made of: its own, and whatever they import from there."""
    return [name.rpartition(".")[2] for name in reached(f"remem.attacks.{attack}")]


def attacked(attack: str) -> Code:
    """Of an attack; one that is made of others depends on all."""
    added = plugins.code_of("attack", attack)
    if attack == QUICK:
        own = folder_digest("remem.attacks")
    else:
        own = added or syntax_digest(f"remem.attacks.{attack}")
    world = ("world",) if attack == "unrelated" else ()  # its plain sentences
    return (
        rooms("data", "models", "asking", "training", *world)
        | {"text": syntax_digest("remem.text"), "file facts": syntax_digest("remem.scoring.facts")}
        | {f"attack {attack}": own}
        | {
            f"attack file {name}": syntax_digest(f"remem.attacks.{name}")
            for name in sorted({*_OF_ALL, *(() if added else files(attack))} - {attack})
        }
        | dict(_metrics())
    )


@cache
def _metrics() -> tuple[tuple[str, str], ...]:
    spec = find_spec("remem.scoring.metrics")
    assert spec is not None
    assert spec.origin is not None
    files = sorted(Path(spec.origin).parent.glob("*.py"))
    return tuple(
        (f"metric file {one.stem}", syntax_digest(f"remem.scoring.metrics.{one.stem}")) for one in files
    )


def taken() -> Code:
    """Of what is known of a model that was made elsewhere."""
    files = ("remem.models.prints", "remem.asking.soundness")
    return rooms("data", "models") | {f"file {name}": syntax_digest(name) for name in files}


def scored() -> Code:
    own = {f"metric {key}": plugins.code_of("metric", key) for key in OWN}
    return rooms("data", "scoring") | {"text": syntax_digest("remem.text")} | dict(_metrics()) | own


def judged() -> Code:
    return rooms("scoring")


def measured() -> Code:
    """Of what PEBench adds: verdicts of judges, axes."""
    return scored() | rooms("pebench")


def told() -> Code:
    """Of the report: all of its room, the rules of the verdicts, and what attacks recover."""
    return {
        "report": folder_digest("remem.report"),
        "verdicts": syntax_digest("remem.scoring.verdicts"),
        "rules": syntax_digest("remem.scoring.rules"),
        "differences": syntax_digest("remem.scoring.differences"),
        "recovered": syntax_digest("remem.scoring.recovered"),
        "worst": syntax_digest("remem.scoring.worst"),
    }
