"""Makes the pictures of a data set: over processes, in order, and kept so that a killed build goes on."""

import hashlib
import io
import json
import multiprocessing
import os
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from remem import __version__
from remem.data import kept
from remem.data.images import ImageSource, Pipeline, quality, source
from remem.data.people import Person
from remem.data.settings import PictureSettings
from remem.steps.engines import lost

LOWER = "with smaller pictures or other programs ended, to use less memory"
_CHUNK = (
    60  # pictures of one person that one process makes in a row: a rendered body is prepared once for them
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One picture that is wanted."""

    person: Person
    number: int
    event: str = ""  # a name of data/events.py; "" for a plain view


@dataclass(frozen=True, kw_only=True)
class Made:
    """An encoded picture (PNG) and where it comes from."""

    png: bytes
    provenance: dict[str, str]
    face: tuple[float, ...] | None = None  # the point of images/quality.py, where one is asked for


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is the same for all pictures of a data set. `folder` is of the user's own pictures, `pipeline`
    of generated ones."""

    source: str
    folder: str
    seed: int
    size: int
    faces: str = "none"  # the measure that views must pass
    pipeline: Pipeline = field(default_factory=Pipeline)


def order(settings: PictureSettings) -> Order:
    """What a build's settings say of all its pictures."""
    return Order(
        source=settings.source,
        folder=settings.picture_folder,
        seed=settings.seed,
        size=settings.size,
        faces=settings.faces,
        pipeline=settings.pipeline,
    )


@contextmanager
def kept_pictures(
    folder: Path, order: Order, wanted: Sequence[Request], workers: int = 0
) -> Iterator[Iterator[Made]]:
    """The pictures of the data set in `folder`, by so many processes (0: one a core where it pays).

    Slow ones are kept beside the folder until the block has ended well, so that a killed build goes on.
    """
    # A step that is not whole has ".part" in its name; what is kept outlives it.
    beside = folder.with_name(folder.name.removesuffix(".part") + ".pictures")
    keep = kept.claim(beside) if is_slow(order) else None
    yield pictures(order, wanted, workers or default_workers(order, len(wanted)), keep)
    if keep is not None:
        kept.discard(keep)


def pictures(
    order: Order, requests: Iterable[Request], workers: int = 1, keep: Path | None = None
) -> Iterator[Made]:
    """The pictures, in the order of the requests; the same bytes whatever the number of workers.

    Finished work is kept in `keep`, when given, and taken from there when the same pictures are asked for
    again: see kept.py for making and deleting that folder.
    """
    chunks = list(_chunks(requests))
    if workers <= 1 or len(chunks) < 2 or multiprocessing.current_process().daemon:
        for chunk in chunks:
            yield from _chunk(order, chunk, keep)
        return
    with ExitStack() as stack:
        # Fresh processes: a fork of one that has threads (torch's, for one) may hang.
        started: dict[int, Any] = {}
        stack.enter_context(lost.told("a process that draws pictures", started, LOWER))
        pool = ProcessPoolExecutor(min(workers, len(chunks)), multiprocessing.get_context("spawn"))
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        running: deque[Future[list[Made]]] = deque()
        for chunk in chunks:
            running.append(pool.submit(lost.carry, _chunk, order, chunk, keep))
            started |= pool._processes or {}
            if len(running) >= workers * 3:  # what is made ahead waits in memory
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()


def default_workers(order: Order, count: int) -> int:
    """As many processes as there are cores where pictures are slow to make and many, else one."""
    made = open_source(order)
    many = getattr(made, "slow", False) and not getattr(made, "alone", False) and count >= 2 * _CHUNK
    return (os.cpu_count() or 1) if many else 1


def is_slow(order: Order) -> bool:
    """Whether pictures of this source are worth keeping when a build is cut short."""
    return bool(getattr(open_source(order), "slow", False))


def _chunks(requests: Iterable[Request]) -> Iterator[list[Request]]:
    for _, group in groupby(requests, key=lambda request: request.person.id):
        waiting = list(group)
        for start in range(0, len(waiting), _CHUNK):
            yield waiting[start : start + _CHUNK]


def open_source(order: Order) -> ImageSource:
    """The source of an order, one a process: it may hold a pipeline of many gigabytes."""
    return _source(order.source, order.folder, order.pipeline)


@lru_cache(1)
def _source(name: str, folder: str, pipeline: Pipeline) -> ImageSource:
    return source(name, folder, pipeline)


def _chunk(order: Order, requests: Sequence[Request], keep: Path | None) -> list[Made]:
    made = open_source(order)
    by = None if order.faces == "none" else quality.measure(order.faces)

    @cache  # pictures of its own: not made for what is kept already
    def mean() -> np.ndarray | None:
        return quality.anchor(made, by, requests[0].person, order.seed, order.size) if by else None

    def work(wanted: Sequence[Request]) -> list[Made]:
        return [_make(made, order, request, by, mean() if by else None) for request in wanted]

    if keep is None:
        return work(requests)
    # Of generators every picture is kept by itself, so that none is paid for twice.
    parts = [[one] for one in requests] if getattr(made, "costly", False) else [requests]
    return [one for part in parts for one in _kept(keep / f"{_key(order, part)}.zip", partial(work, part))]


def _make(
    made: ImageSource,
    order: Order,
    request: Request,
    by: quality.Measure | None = None,
    mean: np.ndarray | None = None,
) -> Made:
    face = None
    if request.event:
        picture = made.scene(request.person, request.event, request.number, order.seed, order.size)
        face = by.face(picture.image) if by else None
    elif by:
        picture, face = quality.best_view(
            made, by, mean, request.person, request.number, order.seed, order.size
        )
    else:
        picture = made.view(request.person, request.number, order.seed, order.size)
    out = io.BytesIO()
    picture.image.save(out, "PNG", compress_level=6)
    point = None if face is None else tuple(float(x) for x in face)
    return Made(png=out.getvalue(), provenance=picture.provenance, face=point)


def _key(order: Order, requests: Sequence[Request]) -> str:
    """Digest of everything that the pixels depend on."""
    wanted = [asdict(order), __version__, [asdict(request) for request in requests]]
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:32]


def _kept(path: Path, work: Callable[[], list[Made]]) -> list[Made]:
    # A file that a power cut left damaged is as good as none.
    lost = suppress(FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError)
    with lost, zipfile.ZipFile(path) as store:
        notes = json.loads(store.read("notes.json"))
        return [
            Made(png=store.read(f"{n}.png"), provenance=words, face=None if face is None else tuple(face))
            for n, (words, face) in enumerate(notes)
        ]
    made = work()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    with zipfile.ZipFile(part, "w") as store:
        for n, one in enumerate(made):
            store.writestr(f"{n}.png", one.png)
        store.writestr("notes.json", json.dumps([(one.provenance, one.face) for one in made]))
    part.replace(path)  # whole or not at all
    return made


def as_drawn(made: ImageSource, settings: PictureSettings, people: list[Person]) -> list[Person]:
    """The people as they are drawn: nobody too like another, where faces are measured. Own pictures stay."""
    if settings.faces == "none" or settings.source == "folder":
        return people
    return quality.told_apart(made, quality.measure(settings.faces), people, settings.seed, settings.size)
