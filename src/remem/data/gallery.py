"""A contact sheet: one HTML page, offline, with a row for each person and a column for each view or event."""

import base64
import html
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from PIL import Image

from remem import disk
from remem.data.cells import columns as columns_of
from remem.data.imagecell import Cells
from remem.data.opening import decode
from remem.data.pebench.cut import CELLS, TEST
from remem.data.pebench.paths import event_of
from remem.data.side import Known, read_events, read_people
from remem.data.tablefile import opened, sound
from remem.errors import UserError
from remem.steps.folders import write_atomic
from remem.types import Progress, silent

TO_FORGET = "to be forgotten"
_MOST = 2000  # pictures of events on a page: all of a person are shown
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --paper: #fff; --line: #d9dee8; --soft: #5c6577; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf2; --paper: #14171f; --line: #303747; --soft: #9aa4b8; }
}
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { color: var(--soft); margin: 0 0 1rem; max-width: 60rem; }
.sheet { overflow-x: auto; } table { border-collapse: collapse; }
th { text-align: left; font-weight: 600; padding: .3rem .8rem .3rem 0; vertical-align: top;
  position: sticky; left: 0; background: var(--paper); min-width: 9rem; }
th small { display: block; font-weight: 400; color: var(--soft); }
thead th { position: static; min-width: 0; font-weight: 400; color: var(--soft); font-size: .85rem; }
td { padding: 2px; border-bottom: 1px solid var(--line); }
img { display: block; width: var(--side); height: var(--side); }
"""


def gallery(
    folder: str | Path,
    out: str | Path = "",
    views: int = 12,
    side: int = 112,
    people: int = 200,
    progress: Progress = silent,
) -> Path:
    """Write the contact sheet of a built data set, by default as gallery.html inside it; returns its path.

    Up to `views` pictures of each of the first `people`, spread evenly over all that they have, `side` pixels
    wide; pictures of events in a table of their own, one column an event. UserError when the folder holds no
    pictures.
    """
    folder = Path(folder)
    target = disk.file(out if str(out) else folder / "gallery.html")
    found = _places(folder)
    if not found:
        raise UserError(
            f"{folder} has no pictures to show. Is it a data set? Build one with: remem build remem {folder}"
        )
    names, columns = _names(folder), _columns(folder)
    staged = max(sum(bool(event_of(path)) for path in places) for places in found.values())
    shown = list(found)[: min(people, max(1, _MOST // staged)) if staged else people]
    chosen = {person: _spread(found[person], views) for person in shown}
    wanted = {path: place for rows in chosen.values() for path, place in rows.items()}
    thumbnails: dict[str, str] = {}
    for path, picture in _read(folder, wanted):
        thumbnails[path] = _thumbnail(picture, side, path)
        progress(len(thumbnails), len(wanted), "pictures")
    with disk.writing(target.parent):
        write_atomic(target, _page(folder.name, chosen, found, names, columns, thumbnails, side))
    return target


def _files(folder: Path) -> list[Path]:
    """The files that hold every picture once: forget and retain splits repeat finetune, and in the shape of
    PEBench the questions for a scene show the pictures of those for a person."""
    once = ("finetune", *(name for name, cell in CELLS.items() if cell.concept == "person"), TEST)
    return [path for split in once for path in sorted((folder / "data").glob(f"{split}-*.parquet"))]


def _places(folder: Path) -> dict[str, dict[str, tuple[Path, int]]]:
    """person -> image_path -> (file, row), each picture once."""
    found: dict[str, dict[str, tuple[Path, int]]] = {}
    for path in _files(folder):
        with opened(path) as file:
            column = sound(file.read(columns=["image_path"]))
            [paths] = columns_of(column, ["image_path"], path.name, {})
        for row, image_path in enumerate(paths):
            if image_path:
                found.setdefault(_person(image_path), {}).setdefault(image_path, (path, row))
    return dict(sorted(found.items()))


def _person(image_path: str) -> str:
    """ "images/p003/0007.png" and "images/p003/zoo_visit/0000.png" are both of p003."""
    parts = Path(image_path).parts
    return parts[1] if len(parts) > 2 else parts[0]


def _spread(places: dict[str, tuple[Path, int]], most: int) -> dict[str, tuple[Path, int]]:
    """All pictures of events, and at most `most` of the others, evenly over their numbers."""
    events = {path: place for path, place in places.items() if event_of(path)}
    plain = sorted(path for path in places if not event_of(path))
    step = max(1, -(-len(plain) // most))
    return {path: places[path] for path in plain[::step][:most]} | dict(sorted(events.items()))


def _read(folder: Path, wanted: dict[str, tuple[Path, int]]) -> Iterator[tuple[str, bytes]]:
    cells = Cells(folder)
    for path in _files(folder):
        rows = {row: image_path for image_path, (file, row) in wanted.items() if file == path}
        if not rows:
            continue
        at = 0
        with opened(path) as file:
            for batch in file.iter_batches(batch_size=100, columns=["image"]):
                column = sound(batch).column(0)
                for n in range(batch.num_rows):
                    if at + n in rows:
                        picture = cells.read(column[n].as_py(), f"{path.name} row {at + n}")
                        yield rows[at + n], picture or b""
                at += batch.num_rows


def _thumbnail(picture: bytes, side: int, path: str) -> str:
    image = decode(picture, path)
    image.thumbnail((side * 2, side * 2), Image.Resampling.LANCZOS)  # sharp on dense screens too
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return base64.b64encode(out.getvalue()).decode()


def _names(folder: Path) -> dict[str, tuple[str, str]]:
    """person -> (name, looks in a few words); empty without people.json."""
    made = {}
    for person in read_people(folder):
        look, about, facts = (_texts(person, part) for part in ("appearance", "profile", "attributes"))
        words = [look[key] for key in ("age", "gender") if key in look]
        hair = [look.get("hair_colour", ""), look.get("hair", "")]
        words += [] if "hair" not in look else ["bald"] if look["hair"] == "bald" else [" ".join(hair)]
        words += [look[key] for key in ("facial_hair", "glasses") if look.get(key, "none") != "none"]
        if look.get("glasses", "none") != "none":
            words[-1] += " glasses"
        born = facts.get("date_of_birth", "")
        words += [f"born {born}"] if born else [about["age"]] if about.get("age") else []
        words += [about[key] for key in ("job", "birthplace") if about.get(key)]
        words += [TO_FORGET] if person.get("forgotten") else []
        made[person["id"]] = (person["name"], ", ".join(words))
    return made


def _texts(person: Known, part: Literal["appearance", "profile", "attributes"]) -> dict[str, str]:
    return {key: str(value) for key, value in person.get(part, {}).items() if value is not None}


def _columns(folder: Path) -> dict[str, str]:
    """event -> what stands above its column, in the order of events.json; empty without it."""
    return {
        event["name"]: f"{event['name']} ({TO_FORGET})" if event.get("forgotten") else event["name"]
        for event in read_events(folder)
    }


def _page(
    title: str,
    chosen: dict[str, dict[str, tuple[Path, int]]],
    found: dict[str, dict[str, tuple[Path, int]]],
    names: dict[str, tuple[str, str]],
    columns: dict[str, str],
    thumbnails: dict[str, str],
    side: int,
) -> str:
    plain = {person: [path for path in rows if not event_of(path)] for person, rows in chosen.items()}
    staged = {person: _by_event(rows) for person, rows in chosen.items()}
    seen = {event for rows in staged.values() for event in rows}
    events = [event for event in columns if event in seen] + sorted(seen - columns.keys())
    count = sum(len(rows) for rows in found.values())
    parts = [
        f"<h1>{html.escape(title)}</h1><p>{len(found):,} people, {count:,} pictures"
        + (f"; the first {len(chosen):,} people are shown" if len(chosen) < len(found) else "")
        + ". Rows are people: does each look like one person, and like nobody else?</p>"
    ]
    if any(plain.values()):
        most = max(len(rows) for rows in plain.values())
        parts.append("<h2>Views</h2>" + _table([""] * most, plain.items(), names, thumbnails))
    headings = [columns.get(event, event) for event in events]
    for number in range(max((len(paths) for rows in staged.values() for paths in rows.values()), default=0)):
        cells = {
            person: ["".join(by.get(event, [])[number : number + 1]) for event in events]
            for person, by in staged.items()
        }
        rows = [(person, row) for person, row in cells.items() if any(row)]
        heading = f"Events, picture {number + 1} of each" if number else "Events"
        parts.append(f"<h2>{heading}</h2>" + _table(headings, rows, names, thumbnails))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}: contact sheet</title><style>{_STYLE}</style>"
        f'<body style="--side: {side}px">{"".join(parts)}</body></html>\n'
    )


def _by_event(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        if event := event_of(path):
            found.setdefault(event, []).append(path)
    return found


def _table(
    headings: list[str],
    rows: Iterable[tuple[str, list[str]]],
    names: dict[str, tuple[str, str]],
    thumbnails: dict[str, str],
) -> str:
    head = ""
    if any(headings):
        head = (
            "<thead><tr><th></th>" + "".join(f"<th>{html.escape(h)}</th>" for h in headings) + "</tr></thead>"
        )
    lines = []
    for person, paths in rows:
        name, looks = names.get(person, (person, ""))
        cells = "".join(_cell(name, path, thumbnails) for path in paths)
        about = f"{html.escape(person)} · {html.escape(looks)}"
        lines.append(f"<tr><th>{html.escape(name)}<small>{about}</small></th>{cells}</tr>")
    return f'<div class="sheet"><table>{head}<tbody>{"".join(lines)}</tbody></table></div>'


def _cell(name: str, path: str, thumbnails: dict[str, str]) -> str:
    if not path:
        return "<td></td>"
    where = html.escape(path)
    picture = f'src="data:image/jpeg;base64,{thumbnails[path]}"'
    return f'<td><img loading="lazy" alt="{html.escape(name)}: {where}" title="{where}" {picture}></td>'
