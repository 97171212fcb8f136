"""The pack of meshes, textures, panoramas and props beside this package, unpacked when first asked for."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from remem.data.opening import own

PACK = Path(__file__).parent.parent / "people_pack"
STEP = 5e-4  # decimetres: shape targets are stored as whole multiples of it
BODY = 13380  # vertices of the skin; those after them are helpers that clothes hold on to


@dataclass(frozen=True)
class Body:
    """The base mesh (decimetres, y up, facing +z) and its skeleton."""

    vertices: np.ndarray  # (19158, 3) float32
    uv: np.ndarray
    faces: np.ndarray  # (n, 3) int32, skin only
    faces_uv: np.ndarray
    helpers: dict[str, np.ndarray]  # "helper-tights" -> faces
    bones: list[str]  # parents come before their children
    parents: np.ndarray
    joints: np.ndarray  # (bones, 8): the vertices whose mean is the head of the bone
    near: np.ndarray  # (vertices, 4) int32: the bones that each vertex follows
    share: np.ndarray  # (vertices, 4) float32, sums to 1
    lips: np.ndarray  # (1024, 1024) float32 in [0, 1], in the layout of uv

    @cached_property
    def number(self) -> dict[str, int]:
        return {bone: n for n, bone in enumerate(self.bones)}


@dataclass(frozen=True)
class Targets:
    """Named displacements of some vertices, to be mixed into a shape."""

    place: dict[str, slice]
    index: np.ndarray  # int32
    moves: np.ndarray  # (n, 3) float32, decimetres

    def add(self, vertices: np.ndarray, name: str, amount: float) -> None:
        """Move `vertices` in place. A target that the pack lacks is a mistake in this package: KeyError."""
        if abs(amount) > 1e-4:
            part = self.place[name]
            vertices[self.index[part]] += np.float32(amount) * self.moves[part]


@dataclass(frozen=True)
class Wear:
    """A mesh fitted to the body: each vertex hangs on three of the body's."""

    refs: np.ndarray  # (n, 3) int32
    weights: np.ndarray  # (n, 3) float32
    offsets: np.ndarray  # (n, 3) float32
    faces: np.ndarray
    faces_uv: np.ndarray
    uv: np.ndarray
    hidden: np.ndarray  # vertices of the body that it covers
    near: np.ndarray  # (n, 4) bones, from those of the three vertices
    share: np.ndarray


@lru_cache(1)
def body() -> Body:
    """The base mesh. The other data of its file are read by `targets`."""
    with np.load(PACK / "shape.npz") as z:
        groups = [str(name) for name in z["groups"]]
        faces, group = z["faces"].astype(np.int32), z["group"]
        skin = group == groups.index("body")
        return Body(
            vertices=z["vertices"],
            uv=z["uv"],
            faces=np.ascontiguousarray(faces[skin]),
            faces_uv=np.ascontiguousarray(z["faces_uv"].astype(np.int32)[skin]),
            helpers={name: faces[group == n] for n, name in enumerate(groups)},
            bones=[str(name) for name in z["bones"]],
            parents=z["parents"].astype(np.int32),
            joints=z["joints"].astype(np.int32),
            near=z["near"].astype(np.int32),
            share=z["share"].astype(np.float32) / z["share"].sum(1, keepdims=True, dtype=np.float32),
            lips=z["lips"].astype(np.float32) / 255,
        )


@lru_cache(1)
def targets() -> Targets:
    """All shape targets of the pack."""
    with np.load(PACK / "shape.npz") as z:
        names, sizes = z["target_names"], z["target_sizes"]
        ends = np.cumsum(sizes)
        place = {
            str(n): slice(e - s, e) for n, s, e in zip(names, sizes.tolist(), ends.tolist(), strict=True)
        }
        steps = np.cumsum(z["target_index"].astype(np.int64))
        # Indices are stored as differences, begun anew with each target.
        before = np.repeat(np.concatenate([[0], steps[ends[:-1] - 1]]), sizes)
        moves = z["target_steps"].astype(np.float32) * np.float32(STEP)
    return Targets(place=place, index=(steps - before).astype(np.int32), moves=moves)


@lru_cache(None)
def wear(name: str) -> Wear:
    """A fitted mesh by name: "hair_bob01", "clothes_shoes01", "eyes_highpolyeyes" ..."""
    with np.load(PACK / "wear.npz") as z:
        of = {
            key: z[f"{name}/{key}"]
            for key in ("refs", "weights", "offsets", "faces", "faces_uv", "uv", "hidden")
        }
    refs = of["refs"].astype(np.int32)
    near, share = _follow(refs, of["weights"])
    return Wear(
        refs=refs,
        weights=of["weights"],
        offsets=of["offsets"],
        faces=of["faces"].astype(np.int32),
        faces_uv=of["faces_uv"].astype(np.int32),
        uv=of["uv"],
        hidden=of["hidden"].astype(np.int32),
        near=near,
        share=share,
    )


def _follow(refs: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four bones that matter most to vertices that hang on three others."""
    b = body()
    table = np.zeros((len(refs), len(b.bones)), np.float32)
    amounts = np.clip(weights, 0, 1)[..., None] * b.share[refs]
    rows = np.repeat(np.arange(len(refs)), 12)
    np.add.at(table, (rows, b.near[refs].ravel()), amounts.ravel())
    near = np.argsort(-table, 1, kind="stable")[:, :4]
    share = np.take_along_axis(table, near, 1)
    return near.astype(np.int32), (share / np.maximum(share.sum(1, keepdims=True), 1e-6)).astype(np.float32)


@lru_cache(None)
def texture(name: str) -> np.ndarray:
    """(height, width, 4) uint8."""
    return np.asarray(own(PACK / "textures" / f"{name}.webp", "RGBA"))


@lru_cache(None)
def panorama(name: str) -> np.ndarray:
    """(256, 512, 3) float32: linear light all around, 1 being the median; lamps go up to 400."""
    code = np.asarray(own(PACK / "panoramas" / f"{name}.webp", "RGB")).astype(np.float32)
    return np.minimum(np.where(code > 0, 2 ** ((code - 1) / 254 * 19 - 10), 0), 400).astype(np.float32)


@lru_cache(None)
def prop(symbol: str) -> Image.Image:
    """A thing, as a 160-pixel picture with transparency."""
    return own(PACK / "props" / f"{ord(symbol[0]):x}.webp", "RGBA")
