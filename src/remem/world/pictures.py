"""The pictures of the world: made once, by several processes, and kept in one memory-mapped file."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from remem import __version__, disk
from remem.data.drawing import LOWER
from remem.data.images import source
from remem.data.people import Person
from remem.seeds import derive
from remem.steps.engines import lost
from remem.types import Progress, silent
from remem.world.scenes import Scene, empty

if TYPE_CHECKING:
    from remem.data.images import Picture

_CHUNK = 240  # pictures that one process makes in a row


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture that is wanted: a view of someone, someone in a scene, or a scene with nobody."""

    person: Person | None
    number: int
    scene: Scene | None = None


@dataclass(frozen=True)
class Album:
    """Pictures and what is known of each."""

    pixels: np.ndarray  # (pictures, size, size, 3) uint8, memory-mapped
    words: list[dict[str, str]]  # the provenance of each


def album(shots: Sequence[Shot], name: str, seed: int, size: int, folder: Path, progress: Progress = silent,
          workers: int = 2) -> Album:  # fmt: skip
    """The pictures of these shots, from `folder` where they were made before.

    Shots of one person are best given in a row: a rendered body is prepared once for them. A killed run
    goes on at the last finished chunk; the same shots give the same pixels whatever the number of workers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chunks = list(_chunks(shots))
    paths = [folder / f"{_key(name, seed, size, chunk)}.npz" for chunk in chunks]
    left = [(chunk, path) for chunk, path in zip(chunks, paths, strict=True) if not path.exists()]
    progress(len(chunks) - len(left), len(chunks), "pictures of the world")
    if left:
        spawn, started = multiprocessing.get_context("spawn"), dict[int, Any]()
        losing = lost.told("a process that draws pictures", started, LOWER)
        with losing, ProcessPoolExecutor(min(workers, len(left)), spawn) as pool:
            jobs = [pool.submit(lost.carry, _make, name, seed, size, chunk, path) for chunk, path in left]
            started |= pool._processes or {}
            for done, job in enumerate(jobs):
                job.result()
                progress(len(chunks) - len(left) + done + 1, len(chunks), "pictures of the world")
    whole = folder / f"{hashlib.sha256(''.join(p.stem for p in paths).encode()).hexdigest()[:24]}.npy"
    words: list[dict[str, str]] = []
    if not whole.exists():
        part = whole.with_suffix(".part")
        pixels = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(len(shots), size, size, 3))
        disk.reserve(part)
        at = 0
        for path in paths:
            with np.load(path) as kept:
                pixels[at : at + len(kept["pixels"])] = kept["pixels"]
                at += len(kept["pixels"])
        pixels.flush()
        part.replace(whole)
    for path in paths:
        with np.load(path) as kept:
            words += json.loads(str(kept["words"]))
    return Album(np.load(whole, mmap_mode="r"), words)


def picture(shot: Shot, name: str, seed: int, size: int) -> Picture:
    """One picture, with what varies in it."""
    from remem.data.images import Picture

    who = shot.person.id if shot.person else "nobody"
    lot = derive(seed, "world picture", who, shot.number)
    made = _source(name)
    if shot.person is None:
        assert shot.scene is not None
        return Picture(image=empty(shot.scene, lot, size), provenance={"scene": shot.scene.place})
    if shot.scene is None:
        return made.view(shot.person, shot.number, seed, size)
    return made.staged(shot.person, shot.scene.staging(Random(lot)), seed, lot, size)


@lru_cache(1)
def _source(name: str) -> Any:
    """One a process: prepared bodies are kept from picture to picture."""
    return source(name)


def _chunks(shots: Sequence[Shot]) -> Iterator[list[Shot]]:
    """Runs of about _CHUNK shots that do not cut a person in two."""
    waiting: list[Shot] = []
    for who, group in groupby(shots, key=lambda shot: shot.person.id if shot.person else ""):
        for shot in group:
            waiting.append(shot)
            if not who and len(waiting) >= _CHUNK:
                yield waiting
                waiting = []
        if len(waiting) >= _CHUNK:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _key(name: str, seed: int, size: int, chunk: Sequence[Shot]) -> str:
    wanted = [name, seed, size, __version__, [asdict(shot) for shot in chunk]]
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:24]


def _make(name: str, seed: int, size: int, chunk: Sequence[Shot], path: Path) -> None:
    made = [picture(shot, name, seed, size) for shot in chunk]
    pixels = np.stack([np.asarray(one.image, np.uint8) for one in made])
    part = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez(part, pixels=pixels, words=json.dumps([one.provenance for one in made]))
    part.replace(path)
