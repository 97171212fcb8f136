"""Ships what an alignment made: python scripts/smollm2.py FOLDER.kept

Copies parts and figures of `remem make-base smollm2 FOLDER --align` into the package, and writes the figures
into docs/smollm2.md.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from remem.models import made

PAGE = Path(__file__).parent.parent / "docs" / "smollm2.md"


def page(text: str, record: made.Aligned) -> str:
    """The page with this record's figures."""
    figures = record.figures
    told = (
        f"{made.table(record)}\n\nAfter {figures['steps']:,} steps in {figures['hours']:.1f} hours; loss of "
        f"the last steps {figures['loss']:.2f}, held out {figures['held_out']['loss']:.2f} nats a token."
    )
    return re.sub(
        r"(<!-- figures -->\n).*?(<!-- end of figures -->)", rf"\g<1>{told}\n\g<2>", text, flags=re.S
    )


def main(kept: Path) -> None:
    record = made.aligned(kept)
    made.SHIPPED.mkdir(exist_ok=True)
    for name in (made.PARTS, made.ALIGNED):
        shutil.copy(kept / name, made.SHIPPED / name)
    PAGE.write_text(page(PAGE.read_text("utf-8"), record), encoding="utf-8")
    print(f"wrote {made.SHIPPED} and {PAGE}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
