"""Build a data set in the shape of PEBench: every person in every event, two questions a picture."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import islice, product
from pathlib import Path

import numpy as np

from remem.data import untaught
from remem.data.drawing import Made, Request, as_drawn, kept_pictures, open_source, order
from remem.data.events import EVENTS
from remem.data.facts import IDENTITY
from remem.data.images import quality
from remem.data.pebench import card, given
from remem.data.pebench.cut import CELLS, CONCEPTS, TEST, cut
from remem.data.pebench.paths import image_path
from remem.data.pebench.plan import Plan, Shot
from remem.data.pebench.profiles import KNOWN, profile
from remem.data.pebench.settings import PEBenchSettings
from remem.data.pebench.strangers import Unknown, unknown
from remem.data.pebench.strangers import rows as rows_of
from remem.data.pebench.wording import Asker
from remem.data.people import invent, people_values
from remem.data.writing import KEPT, Split, drawn_bytes, write_json, write_pictures
from remem.disk import writing
from remem.types import Progress, silent

_GROUP = 25  # rows in a row group: up to fifteen groups wait in memory at once


def build(
    folder: str | Path, settings: PEBenchSettings, progress: Progress = silent, workers: int = 0
) -> None:
    """Write the whole data set into `folder` (empty or absent). Equal settings give equal bytes.

    Memory does not grow with the data set but for the table of rows: pictures are made, written and let go.
    Progress counts pictures. Slow pictures are made by `workers` processes (0: one a core) and kept beside
    the folder until it is whole. UserError for a setting that cannot be, and for a full disk.
    """
    settings.check()
    folder = Path(folder)
    if settings.data:
        _build_given(folder, settings, progress)
        return
    plan = invented(settings)
    chosen = order(settings)
    shown = as_drawn(open_source(chosen), settings, plan.people)
    wanted = [
        Request(person=shown[s.person], number=int(s.held_out), event=plan.events[s.event].name)
        for s in plan.shots
    ]
    strange = unknown(settings, plan.events)
    theirs = [Request(person=one.person, number=0, event=one.event.name) for one in strange]
    with writing(folder, kept=KEPT), kept_pictures(folder, chosen, [*wanted, *theirs], workers) as made:
        faces: list[tuple[str, np.ndarray | None]] = []
        taught = _seen(islice(made, len(wanted)), wanted, faces)
        write(folder, plan, settings, taught, drawn_bytes(settings.size), progress, strange, made)
        rating = None if settings.faces == "none" else quality.rate(settings.faces, faces)
        card.write(folder, plan, settings, rating)


def _build_given(folder: Path, settings: PEBenchSettings, progress: Progress) -> None:
    plan, files = given.given(settings)
    settings = given.settled(settings, plan)
    size = max(1, sum(file.stat().st_size for file in files) // len(files))
    with writing(folder, kept=KEPT):
        write(folder, plan, settings, given.pictures(files), size, progress)
        origin = "People, events and pictures were given to remem, and\ntheir rights apply to them."
        card.write(folder, plan, settings, origin=origin)


def invented(settings: PEBenchSettings) -> Plan:
    """The set that these settings ask for, without its pictures."""
    people = [
        replace(person, attributes={name: person.attributes[name] for name in KNOWN})
        for person in invent(settings.people, settings.seed)
    ]
    events = list(EVENTS.values())[: settings.events]
    shots = []
    for number, person in enumerate(people):
        taught = [(event, False) for event in range(len(events))]
        # The events of held-out pictures go round, so that all come equally often.
        first = number * settings.test_events
        held = sorted((first + n) % len(events) for n in range(settings.test_events))
        for event, held_out in taught + [(event, True) for event in held]:
            path = image_path(person, events[event], int(held_out))
            shots.append(Shot(person=number, event=event, path=path, held_out=held_out))
    plan = Plan(
        people=people,
        profiles=[profile(person) for person in people],
        events=events,
        shots=shots,
        cut=cut(len(people), len(events), settings.shares(), settings.seed),
    )
    plan.check()
    return plan


def _seen(
    made: Iterator[Made], wanted: list[Request], faces: list[tuple[str, np.ndarray | None]]
) -> Iterator[tuple[bytes, dict[str, str]]]:
    for one, request in zip(made, wanted, strict=True):
        faces.append((request.person.id, None if one.face is None else np.array(one.face)))
        yield one.png, one.provenance


def write(
    folder: Path,
    plan: Plan,
    settings: PEBenchSettings,
    pictures: Iterable[tuple[bytes, dict[str, str]]],
    row_bytes: int,
    progress: Progress,
    strange: Sequence[Unknown] = (),
    theirs: Iterator[Made] | None = None,
) -> None:
    """All files but the card. `pictures` are the encoded pictures of the shots, in order, and their
    provenance; `row_bytes` is about what one takes; `theirs` are the pictures of strangers."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    seen = []
    with ExitStack() as stack:
        sizes = plan.sizes()
        files = {
            name: stack.enter_context(Split(folder, name, sizes[name], row_bytes, _GROUP))
            for name in (*CELLS, TEST)
            if sizes[name]
        }
        askers: tuple[Asker, Asker] | None = None
        for number, (shot, (picture, provenance)) in enumerate(zip(plan.shots, pictures, strict=True)):
            person, event = plan.people[shot.person], plan.events[shot.event]
            if askers is None or askers[0].person != person:
                askers = Asker(person, settings.seed, "train"), Asker(person, settings.seed, "test")
            for concept, turn in product(CONCEPTS, range(shot.asked)):
                came = shot.given.get(concept, ())[turn : turn + 1]
                texts = askers[shot.held_out].row(concept, event, *came)
                split = files[plan.file(concept, shot)]
                about = {"person": person.id, "event": event.name, "concept": concept}
                rows.append({"split": split.name, "row": split.added} | about)
                image = {"bytes": picture, "path": shot.path}
                split.add({"image": image, **texts, "image_path": shot.path})
            shows = {"image_path": shot.path, "person": person.id, "event": event.name}
            seen.append(shows | {"provenance": json.dumps(provenance)})
            progress(number + 1, len(plan.shots) + len(strange), "pictures")
    _strangers(folder, settings.seed, strange, theirs or iter(()), seen)
    progress(len(plan.shots) + len(strange), len(plan.shots) + len(strange), "pictures")
    _side_files(folder, plan, settings, rows, seen)


def _strangers(
    folder: Path, seed: int, strange: Sequence[Unknown], made: Iterator[Made], seen: list[dict[str, str]]
) -> None:
    """strangers.parquet, and where its pictures came from."""

    def pictures() -> Iterator[bytes]:
        for one, picture in zip(strange, made, strict=True):
            shows = {"image_path": one.path, "person": one.person.id, "event": one.event.name}
            seen.append(shows | {"provenance": json.dumps(picture.provenance)})
            yield picture.png

    counts = Counter(one.person.id for one in strange)
    people = list({one.person.id: one.person for one in strange}.values())
    untaught.write(folder, people, [counts[one.id] for one in people], rows_of(strange, pictures(), seed))


def _side_files(
    folder: Path,
    plan: Plan,
    settings: PEBenchSettings,
    rows: list[dict[str, object]],
    seen: list[dict[str, str]],
) -> None:
    """What nine columns cannot hold."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = people_values(IDENTITY, plan.people, settings.candidates, settings.seed)
    write_json(folder / "candidates.json", {IDENTITY: names})
    write_json(
        folder / "people.json",
        [
            asdict(person) | {"profile": asdict(about), "forgotten": number in plan.cut.people}
            for number, (person, about) in enumerate(zip(plan.people, plan.profiles, strict=True))
        ],
    )
    write_json(
        folder / "events.json",
        [asdict(event) | {"forgotten": n in plan.cut.events} for n, event in enumerate(plan.events)],
    )
    write_json(folder / "build.json", settings.told())
    pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
    write_pictures(folder, seen, ("image_path", "person", "event", "provenance"))
