"""Commands with arguments that cannot be, in odd places: each verb, in this process.

What would take long is not done: a case that gets so far is accepted. Refused is one message, exit status 1,
no control characters, and nothing that a refused command leaves behind. Never accepted may be what can be no
argument at all.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from fuzz.campaign import ACCEPTED, REFUSED, Case, Garbled, Silent, readable
from remem import cli
from remem.data import BuildSettings, build

CASES = 2000
SLOW = (  # what is not done: accepted is whatever comes so far
    "remem.story.pipeline.carry_out",
    "remem.studies.diagnosis.study.carry_out",
    "remem.studies.tuning.study.carry_out",
    "remem.embedded.pretrain.pretrain",
    "remem.models.families.save",
    "remem.data.shapes.build",
    "remem.cli.ending.conclude",
    "remem.estimate.foresee",
    "huggingface_hub.snapshot_download",
    "huggingface_hub.HfApi",
)
PATHS = ("OUT", "DATA", "LIST", "RUN", "FILE")
VERBS = {  # each with arguments that are right
    "run": "tiny --out OUT --workers 1 --threads 1 --set learn.epochs=1 --track tensorboard",
    "learn": "tiny --out OUT --data DATA --dry-run --on-card h100",
    "forget": "tiny --out OUT --model tiny --need train:cpus=1 --on ray --workers 2",
    "evaluate": "tiny --out OUT --format json --settings tiny",
    "report": "RUN --out OUT --format csv",
    "attack": "RUN --attacks quick --workers 1",
    "assess": "--data DATA --model a=tiny --taught tiny --out OUT --attacks none --forget forget1",
    "audit": "--before tiny --after tiny --people LIST --person Bo --out OUT --seed 1 --attacks none",
    "status": "RUN --format json",
    "verify": "RUN --signed-by FILE --format csv",
    "build": "remem OUT --people 3 --qa 10 --images 2 --seed 1 --one-hop 0.5 --source drawn",
    "lint": "DATA --allow-pictures RUN",
    "gallery": "DATA --out OUT --views 2",
    "people": "LIST OUT --forget 0.5 --strangers 2 --wordings 2 --size 32 --candidates 8 --seed 1",
    "strangers": "DATA --count 1 --seed 1",
    "list": "settings tiny learn --format json",
    "pretrain": "OUT --model tiny",
    "make-tiny-model": "llava OUT --seed 0",
    "diagnose": "OUT --quick --counts 5,10 --shares 0,0.5 --seeds 0 --workers 1 --sweep qa --recipe tiny",
    "trace": "RUN --arm taught --items 2 --rows 2 --over value --split forget1",
    "tune": "tiny --out OUT --trials 1 --seeds 1 --over lr=1e-4,1e-3 --tie 0.1 --keep kept:em --at-least 0.5",
    "compare": "RUN --out OUT --settings FILE",
    "export": "RUN taught OUT",
    "push": "DATA owner/name --dry-run",
    "pull": "owner/name OUT",
    "export-results": "RUN OUT",
}
NEVER = ("", "\0", "a\0b", "a\udce9b", "LONG", "LONGER", "CIRCLE", "NOWHERE", "PIPE", "BELOW")  # as paths
NUMBERS = (
    *("-1", "0", "1", "2", "1e9", "99999999999999999999", "9" * 5000, "nan", "inf", "1_0", "٣", "0x1", "1.5"),
    *("0.5", "-0.0", "1e-400", "4294967296", "2147483648", "1,1", "0,1,", "5,10,20", "+1", "1 "),
)
WORDS = (
    *("a=b", "=", "==", ",", ",,", "-", "--", "---", "~", "~root", "$HOME", "*", "[", "{}", "null", "true"),
    *("../..", "/", ".", "..", "\x1b[2J", "a\nb", "\u202e", "\ufeff", "é", "e\u0301", "😀", "[red]x[/]"),
    *("%s", "a" * 3000, "'; rm", "--help", "--version", "https://x/y", "a/b/c", "a@b", "C:\\x", " ", "\t"),
    *("tiny", "demo", "pebench", "auto", "all", "quick", "none", "forget1", "taught", "npo", "csv", "ray"),
)
COUNTS = ("--workers", "--threads", "--views", "--count", "--items", "--rows", "--trials", "--people", "--qa")
COUNTS += ("--images", "--strangers", "--wordings", "--size", "--candidates")
SETTINGS = (
    *("seed=-1", "learn.batch=0", "methods=", "x", "learn.lr=1e999", "npo.beta=[[[", "data=", "a.b.c=1"),
    *(
        "model.name=",
        "model.device=gpu",
        "forget.seeds=[]",
        "build.people=1e9",
        "people=0",
        "methods=npo,npo",
    ),
    *(
        "train:gpus=nan",
        "ask:memory=-1",
        "train:cpus=99999999999999999999",
        "lr=",
        "npo.beta=0.1,",
        "time=1e3",
    ),
)
ODD = st.one_of(
    st.sampled_from(NEVER), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.sampled_from(WORDS),
    st.sampled_from(SETTINGS), st.sampled_from(PATHS), st.text(max_size=12),
)  # fmt: skip
DOES = (*["put"] * 12, "drop", "twice", "add", "swap")
AROUND = {  # the variables of a shell, and what is odd of them
    "COLUMNS": ("0", "-1", "x", "99999999999"),
    "HOME": (None, "", "/nowhere", "FILE"),
    "XDG_CACHE_HOME": ("FILE", "/proc/x", "LONG"),
    "TMPDIR": ("/nowhere", "FILE"),
    "LC_ALL": ("C", "xx_YY"),
    "TERM": ("dumb", "", "x"),
    "REMEM_JUDGE_URL": ("x", "ftp://y"),
    "WORLD_SIZE": ("1",),
}


class Far(BaseException):
    """A command has come so far that it would begin its work."""


def cases() -> st.SearchStrategy[Case]:
    changes = st.tuples(st.sampled_from(DOES), st.integers(0, 12), ODD).map(list)
    around = st.sampled_from(sorted(AROUND)).flatmap(
        lambda name: st.sampled_from(AROUND[name]).map(lambda value: {name: value})
    )
    return st.fixed_dictionaries(
        {
            "verb": st.sampled_from([*sorted(VERBS)]),
            "changes": st.lists(changes, min_size=1, max_size=3),
            "around": st.one_of(st.just({}), st.just({}), around),
        }
    )


def run(case: Case, folder: Path) -> str:
    known = _known()
    places = _places(folder)
    for name in ("DATA", "LIST", "FILE"):
        (shutil.copytree if (known / name).is_dir() else shutil.copy)(known / name, folder / name)
    (folder / "RUN").mkdir()
    arguments = VERBS[case["verb"]].split()
    impossible = [_change(arguments, *one) for one in case["changes"]]
    argv = [case["verb"], *(places.get(one, one) for one in arguments)]
    before = _tree(folder)
    numbers = [value for name, value in pairwise(argv) if name in COUNTS]
    status, said, wrong = _command(argv, folder, {k: places.get(v, v) for k, v in case["around"].items()})
    _plain(said + wrong)
    if status == 0:
        if any(impossible) and set(argv) & {places.get(one, one) for one in filter(None, impossible)}:
            raise Silent(f"an argument that can be none was taken: {case['verb']}")
        for value in numbers if not {"--help", "--version"} & set(argv) else ():
            if not re.fullmatch(r"\s*\+?\d[\d_]{0,5}\s*", value):
                raise Silent(f"{value[:40]!r} was taken for a number by {case['verb']}")
        return ACCEPTED
    if status == 1 and not wrong and re.search(r"^(error|FAIL)", said, re.MULTILINE):
        return REFUSED  # lint and verify say what they found as what was asked for
    if status not in (1, 2):
        raise Garbled(f"exit status {status}: {wrong[-2000:]}")
    if len(re.findall(r"^remem: ", wrong, re.MULTILINE)) != 1:
        raise Garbled(f"not one message: {wrong[-2000:]!r}")
    readable(wrong[wrong.rindex("remem: ") :])
    if (after := _tree(folder)) != before:
        raise Garbled(f"left behind by a refused {case['verb']}: {sorted(set(after) ^ set(before))[:5]}")
    return REFUSED


def _change(arguments: list[str], does: str, at: int, value: str) -> str | None:
    """Changes an argument; gives the value where it stands for a path and can be none."""
    at %= len(arguments)
    if does == "drop":
        arguments.pop(at) if len(arguments) > 1 else None
    elif does == "twice":
        arguments.append(arguments[at])
    elif does == "add":
        arguments.insert(at, value)
    elif does == "swap":
        arguments[at], arguments[-1] = arguments[-1], arguments[at]
    else:
        values = [n for n, one in enumerate(arguments) if not one.startswith("--")]  # options' names stay
        if not values:
            return None
        at = next((n for n in values if n >= at), values[0])
        written = arguments[at] == "OUT"
        arguments[at] = value
        return value if written and value in NEVER else None
    return None


@functools.cache
def _known() -> Path:
    """What the commands are given, where nothing is broken."""
    root = Path(tempfile.mkdtemp(prefix="remem-fuzz-commands-"))
    settings = BuildSettings(people=3, qa=10, images=2, test_qa=2, test_images=1, size=16, strangers=0)
    build(root / "DATA", settings)
    (root / "LIST").write_text("person,attribute,value,forget\nAnn Lee,city,Rome,yes\nBo Ray,city,Oslo,\n")
    (root / "FILE").write_text("mine")
    return root


def _places(folder: Path) -> dict[Any, str]:
    (folder / "CIRCLE").symlink_to("CIRCLE")
    (folder / "NOWHERE").symlink_to("gone")
    os.mkfifo(folder / "PIPE")
    found = {name: str(folder / name) for name in (*PATHS, "CIRCLE", "NOWHERE", "PIPE")}
    found |= {"LONG": str(folder / ("n" * 300)), "LONGER": str(folder.joinpath(*["d" * 200] * 30))}
    return found | {"BELOW": str(folder / "FILE" / "x")}


def _tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _command(argv: list[str], folder: Path, around: dict[str, str | None]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_there(folder))
        stack.enter_context(mock.patch.dict(os.environ, {k: v for k, v in around.items() if v is not None}))
        for gone in [name for name, value in around.items() if value is None]:
            os.environ.pop(gone, None)
        for name in SLOW:
            stack.enter_context(mock.patch(name, side_effect=Far))
        stack.enter_context(mock.patch("sys.argv", ["remem", *argv]))
        stack.enter_context(mock.patch("sys.stdin", None))
        tempfile.tempdir = None  # it is known from the first time on
        stack.callback(setattr, tempfile, "tempdir", None)
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        try:
            cli.main()
            status: Any = 0
        except SystemExit as end:
            status = end.code
        except Far:
            status = 0
    return int(status or 0), out.getvalue(), err.getvalue()


@contextlib.contextmanager
def _there(folder: Path) -> Iterator[None]:
    here = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)


def _plain(said: str) -> None:
    """Garbled for what steers a terminal; a traceback is one."""
    if "Traceback (most recent call last)" in said:
        raise AssertionError(said[-5000:])
    if odd := re.search(r"[^\t\n\x20-\x7e\x80-\U0010ffff]|[\x80-\x9f\u202a-\u202e\u2066-\u2069]", said):
        raise Garbled(f"a control character {odd[0]!r}: {said[-500:]!r}")
