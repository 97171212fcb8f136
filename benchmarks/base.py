"""What an embedded base says: its marks on its own exam, and twenty captions of pictures that it never saw.

python benchmarks/base.py [MODEL]      embedded (the default), tiny, or a folder made by `remem pretrain`
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from remem.embedded.basecard import examine
from remem.embedded.recipes import recipe
from remem.models import find
from remem.models.base import Question
from remem.models.loading import load
from remem.world import cast, talk
from remem.world.pictures import Shot, picture
from remem.world.scenes import invent_scene

CAPTIONS = 20


def marks(folder: Path) -> None:
    clock = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        found = examine(folder, 100_000, Path(scratch))
    for mark in found:
        ends = "" if mark.low is None else f"  ({mark.low:.3f} to {mark.high:.3f})"
        mean = "–" if mark.mean is None else f"{mark.mean:.3f}"
        print(f"{mark.split:<11} {mark.metric:<16} {mean}{ends}  n = {mark.items}")
    print(f"asked and marked in {time.perf_counter() - clock:.0f} s\n")


def captions(folder: Path, source: str, size: int) -> None:
    model = load(folder)
    for number in range(CAPTIONS):
        rng = Random(number)
        person = cast.faces(CAPTIONS, 99)[number] if number % 2 else None
        scene = None if number % 4 == 1 else invent_scene(99, "captions", number, with_person=bool(person))
        shot = Shot(person=person, number=number, scene=scene)
        made = picture(shot, source, 99, size)
        said = talk.caption(scene, person, made.provenance, rng)
        asked = Question(str(number), said.question, image=lambda made=made: made.image)
        answer = model.generate([model.encode(asked)], 64)[0].text
        print(f"{number + 1:>2} truth  {said.answer}\n   says   {answer}")


if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else "embedded"
    folder = Path(find(name))
    made_by = recipe(name if name in ("embedded", "tiny") else "embedded")
    marks(folder)
    captions(folder, made_by.world.source, made_by.world.size)
