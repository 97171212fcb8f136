"""make fuzz: a campaign for each target, two at a time, and a table of what came of them.

    python -m fuzz --cases 10000 --minutes 20 --seed 7 --targets loaders,records

Each target runs in a process of its own, with a limit on its memory. What failed is appended to
tests/fuzz/kept.jsonl (`--keep`) and lies with its traceback in .fuzz/.
"""

from __future__ import annotations

import argparse
import dataclasses
import faulthandler
import json
import os
import random
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fuzz.campaign import ACCEPTED, REFUSED, TARGETS, campaign, keep, target

WHERE = Path(".fuzz")
MEMORY_GIB = 8  # of addresses beyond what a process has when its campaign begins
_MORE = 1.5  # times its share of the time: what others leave
HEAD = ("target", "seed", "cases", REFUSED, ACCEPTED, "traceback", "hang", "silent", "garbled", "slowest_s")


def main() -> int:
    given = _arguments()
    WHERE.mkdir(exist_ok=True)
    if given.one:
        return _one(given.one, given.cases, given.seed, given.minutes)
    names = given.targets.split(",") if given.targets else list(TARGETS)
    weight = {name: target(name).CASES for name in names}
    begun = time.monotonic()
    until = begun + given.minutes * 60

    def one(name: str) -> dict[str, Any]:
        share = weight[name] / sum(weight.values())
        left_s = until - time.monotonic()
        own_s = min(left_s, _MORE * share * given.workers * given.minutes * 60)
        return _apart(name, round(given.cases * share), max(own_s, 0.0) / 60, given)

    with ThreadPoolExecutor(given.workers) as pool:
        rows = list(pool.map(one, sorted(names, key=lambda name: -weight[name])))
    (WHERE / "results.json").write_text(json.dumps(rows, indent=1))
    print(_table(rows))
    failed = sum(row["cases"] - row[REFUSED] - row[ACCEPTED] for row in rows)
    cases = sum(row["cases"] for row in rows)
    print(f"{cases:,} cases in {time.monotonic() - begun:.0f} s, {failed} failed; failures in {WHERE}/")
    return 1 if failed else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000, help="of all targets together")
    parser.add_argument("--minutes", type=float, default=20.0, help="no case is begun after them")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--targets", default="", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="append what failed to tests/fuzz/kept.jsonl")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _apart(name: str, cases: int, minutes: float, given: Any) -> dict[str, Any]:
    """A target's campaign in a process of its own; the process may die of a case, and that is told."""
    how = ["--one", name, "--cases", str(cases), "--seed", str(given.seed), "--minutes", str(minutes)]
    found = WHERE / f"{name}.json"
    found.unlink(missing_ok=True)
    with (WHERE / f"{name}.log").open("w") as log:
        code = subprocess.run([sys.executable, "-m", "fuzz", *how], stdout=log, stderr=log).returncode
    if found.exists():
        row: dict[str, Any] = json.loads(found.read_text())
        if given.keep:
            _keep(row)
        return row
    case = WHERE / f"{name}.running"
    print(f"{name}: its process ended with {code} at {case.read_text() if case.exists() else 'its start'}")
    return dict.fromkeys(HEAD, 0) | {"target": name, "seed": given.seed, "cases": 1, "traceback": 1}


def _keep(row: dict[str, Any]) -> None:
    from fuzz.campaign import Failure, Tally

    tally = Tally(row["target"], row["seed"])
    tally.failures = {one["where"]: Failure(**one) for one in row["failures"]}
    keep(tally)


def _one(name: str, cases: int, start: int, minutes: float) -> int:
    target(name)  # what it imports counts as given
    faulthandler.enable()
    _limit()
    until = time.monotonic() + minutes * 60
    tally = campaign(name, cases, start, until=until, running=WHERE / f"{name}.running")
    failures = [dataclasses.asdict(one) for one in tally.failures.values()]
    row = {"target": name, "seed": start, "cases": tally.cases} | {
        key: tally.counts[key] for key in HEAD[3:9]
    }
    row |= {"slowest_s": round(tally.slowest_s, 2), "seconds": round(tally.seconds, 1), "failures": failures}
    (WHERE / f"{name}.json").write_text(json.dumps(row, indent=1))
    return 0


def _limit() -> None:
    """A bomb becomes a MemoryError, not the end of the machine."""
    if not sys.platform.startswith("linux"):
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + (MEMORY_GIB << 30)
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [HEAD, *(tuple(row[key] for key in HEAD) for row in rows)]
    text = "\n".join("  ".join(f"{cell!s:>10}" for cell in line) for line in lines)
    told = [
        f"\n{row['target']}: {one['where']}\n    {json.dumps(one['case'])[:300]}"
        for row in rows
        for one in row.get("failures", ())
    ]
    return text + "\n".join(told)


if __name__ == "__main__":
    sys.exit(main())
