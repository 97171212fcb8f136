"""Builds what a release uploads, and tries it as its user will: elsewhere, in an empty environment.

    python scripts/release.py [--dist dist] [--parts]

1. sdist and wheel (`python -m build`), checked by twine;
2. what is in the wheel, by folder; an error where it is larger than `MOST`;
3. a new virtual environment, the wheel installed with constraints.txt;
4. `remem --version`, then `remem run tiny` in an empty folder, to the report.

Needs the extra `release` and a package index. Some minutes, most of them the installation of torch.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST = 28_000_000  # bytes of the wheel; docs/decisions/0041-site-and-release.md says what they are
PARTS = (  # what makes the wheel large; all else is code
    "remem/data/images/people_pack/",
    "remem/models/weights/embedded/",
    "remem/models/weights/tiny/",
    "remem/studies/tuning/shipped/",
)


def called(what: str, command: Sequence[str | Path], folder: Path, **more: str) -> None:
    """Runs a command; its output is shown where it fails."""
    begun = time.monotonic()
    # PYTHONPATH would put the checkout in front of what was installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(
            f"release: {what} failed with exit status {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    print(f"{time.monotonic() - begun:6.0f} s  {what}", flush=True)


def build(dist: Path) -> tuple[Path, Path]:
    """sdist and wheel, checked. The wheel is built from the sdist, so that the sdist is known to be whole."""
    before = [path.name for path in dist.glob("*") if path.suffix in (".whl", ".gz")]
    if before:
        raise SystemExit(
            f"release: {dist} holds {', '.join(sorted(before))}: delete it, or choose another --dist"
        )
    called("sdist and wheel", [sys.executable, "-m", "build", "--outdir", dist, ROOT], ROOT)
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    called("twine check", [sys.executable, "-m", "twine", "check", "--strict", sdist, wheel], ROOT)
    return sdist, wheel


def parts(wheel: Path) -> Counter[str]:
    """What the wheel's bytes are, packed, by part."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(wheel) as packed:
        for one in packed.infolist():
            part = next((part for part in PARTS if one.filename.startswith(part)), "all else")
            found[part] += one.compress_size
    return found


def told(sdist: Path, wheel: Path) -> str:
    """Sizes as lines, in megabytes."""
    size = wheel.stat().st_size
    lines = [
        f"{sdist.stat().st_size / 1e6:6.1f} MB {sdist.name}",
        f"{size / 1e6:6.1f} MB {wheel.name}, of which",
    ]
    lines += [f"{count / 1e6:6.1f} MB   {part}" for part, count in parts(wheel).most_common()]
    if size > MOST:
        raise SystemExit(
            "\n".join(lines)
            + f"\nrelease: the wheel has more than {MOST:,} bytes. Take something out, or raise "
            "MOST in scripts/release.py and say why in decision 41."
        )
    return "\n".join(lines)


def tried(wheel: Path, folder: Path) -> Path:
    """Installs the wheel alone and runs the tiny recipe. Returns the report's page."""
    called("empty environment", [sys.executable, "-m", "venv", folder / "venv"], folder)
    at = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    install = [at / "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel]
    called("wheel installed", install, folder, PIP_DISABLE_PIP_VERSION_CHECK="1")
    away = folder / "away"
    away.mkdir()
    called("remem --version", [at / "remem", "--version"], away)
    called(
        "remem run tiny", [at / "remem", "run", "tiny"], away, OMP_WAIT_POLICY="PASSIVE", HF_HUB_OFFLINE="1"
    )
    page = away / "runs" / "tiny" / "report" / "index.html"
    if not page.is_file():
        raise SystemExit(f"release: remem run tiny left no report at {page}")
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    """All of it, or the sizes alone."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--dist", type=Path, default=ROOT / "dist", help="where sdist and wheel go")
    asked.add_argument("--parts", action="store_true", help="build and measure, and install nothing")
    given = asked.parse_args(arguments)
    sdist, wheel = build(given.dist.resolve())
    print(told(sdist, wheel), flush=True)
    if not given.parts:
        with tempfile.TemporaryDirectory() as folder:
            tried(wheel, Path(folder))
        print(f"release: {wheel.name} installs and runs", flush=True)


if __name__ == "__main__":
    main()
