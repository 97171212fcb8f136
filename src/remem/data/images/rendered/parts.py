"""A picture's meshes, and their joining into the arrays that the kernels read."""

from dataclasses import dataclass, field, replace

import numpy as np
from numba import njit

from remem.data.images.rendered import arrays
from remem.data.images.rendered.arrays import Soup, Surfaces, Textures

_CLEAR = np.float32(1e-3)  # what a clear texel weighs
_NO_UV = np.zeros((1, 2), np.float32)
#            skin  hair  cloth eye   brow  smooth glass
_ROUGH = (0.47, 0.40, 0.80, 0.12, 0.80, 0.30, 0.08)
_GLOSS = (0.03, 0.04, 0.02, 0.04, 0.01, 0.05, 0.06)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One mesh in the place where it is seen."""

    points: np.ndarray  # (n, 3)
    normals: np.ndarray
    faces: np.ndarray
    kind: int
    tint: np.ndarray | tuple[float, float, float] = (1.0, 1.0, 1.0)
    texture: str = ""
    uv: np.ndarray = field(default_factory=lambda: _NO_UV)
    faces_uv: np.ndarray | None = None
    occlusion: np.ndarray | None = None
    field: np.ndarray | None = None
    tangents: np.ndarray | None = None
    coverage: int = arrays.OPAQUE
    casts: bool = True
    both: bool = False
    rough: float | None = None
    gloss: float | None = None

    def moved(self, turn: np.ndarray, shift: np.ndarray) -> "Part":
        """The same part after a rotation (3, 3) and a shift (3,)."""
        tangents = None if self.tangents is None else (self.tangents @ turn.T).astype(np.float32)
        return replace(
            self,
            points=(self.points @ turn.T + shift).astype(np.float32),
            normals=(self.normals @ turn.T).astype(np.float32),
            tangents=tangents,
        )


def join(parts: list[Part], textures: dict[str, int]) -> tuple[Soup, Surfaces]:
    """All parts as one soup of triangles; `textures` are the numbers of texture names."""
    first = np.cumsum([0] + [len(p.points) for p in parts])
    first_uv = np.cumsum([0] + [len(p.uv) for p in parts])

    def some(values: list[np.ndarray | None], default: float, wide: int = 0) -> np.ndarray:
        shape = (wide,) if wide else ()
        made = [
            np.full((len(p.points), *shape), default, np.float32) if v is None else np.asarray(v, np.float32)
            for p, v in zip(parts, values, strict=True)
        ]
        return np.concatenate(made)

    soup = Soup(
        points=np.concatenate([p.points for p in parts]).astype(np.float32, copy=False),
        normals=np.concatenate([p.normals for p in parts]).astype(np.float32, copy=False),
        tangents=some([p.tangents for p in parts], 0, 3),
        occlusion=some([p.occlusion for p in parts], 1),
        field=some([p.field for p in parts], 0),
        uv=np.concatenate([p.uv for p in parts]).astype(np.float32, copy=False),
        faces=np.concatenate([p.faces + start for p, start in zip(parts, first, strict=False)]).astype(
            np.int32
        ),
        faces_uv=np.concatenate(
            [
                (np.zeros_like(p.faces) if p.faces_uv is None else p.faces_uv) + start
                for p, start in zip(parts, first_uv, strict=False)
            ]
        ).astype(np.int32),
        part=np.repeat(np.arange(len(parts), dtype=np.int32), [len(p.faces) for p in parts]),
    )
    kinds = np.array([p.kind for p in parts], np.int32)
    surfaces = Surfaces(
        kind=kinds,
        texture=np.array([textures[p.texture] if p.texture else -1 for p in parts], np.int32),
        tint=np.array([p.tint for p in parts], np.float32),
        rough=np.array([_ROUGH[p.kind] if p.rough is None else p.rough for p in parts], np.float32),
        gloss=np.array([_GLOSS[p.kind] if p.gloss is None else p.gloss for p in parts], np.float32),
        coverage=np.array([p.coverage for p in parts], np.int32),
        casts=np.array([p.casts for p in parts], np.int32),
        both=np.array([p.both for p in parts], np.int32),
    )
    return soup, surfaces


def shrunk(picture: np.ndarray) -> list[np.ndarray]:
    """Eight copies of a texture (height, width, 4), each half the one before; colours weighted by opacity."""
    copies, now = [np.ascontiguousarray(picture)], picture.astype(np.float32)
    while len(copies) < 8 and min(now.shape[:2]) > 4:
        now = _halved(now)
        copies.append((now + 0.5).clip(0, 255).astype(np.uint8))
    return copies + [copies[-1]] * (8 - len(copies))


@njit(cache=True, nogil=True)
def _halved(picture):  # type: ignore[no-untyped-def]
    """(height, width, 4) -> half of each, float32; sums in numpy's order, so that they are its sums."""
    out = np.empty((picture.shape[0] // 2, picture.shape[1] // 2, 4), np.float32)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            a, b = picture[2 * y, 2 * x], picture[2 * y, 2 * x + 1]
            c, d = picture[2 * y + 1, 2 * x], picture[2 * y + 1, 2 * x + 1]
            wa, wb, wc, wd = a[3] + _CLEAR, b[3] + _CLEAR, c[3] + _CLEAR, d[3] + _CLEAR
            weight = (wa + wb) + (wc + wd)
            for i in range(3):
                out[y, x, i] = (((a[i] * wa + b[i] * wb) + c[i] * wc) + d[i] * wd) / weight
            out[y, x, 3] = ((a[3] + b[3]) + (c[3] + d[3])) / np.float32(4)
    return out


def pack_textures(chains: list[list[np.ndarray]]) -> Textures:
    """Chains from `shrunk`, end to end."""
    levels, flat, start = np.zeros((max(1, len(chains)), 8, 3), np.int64), [np.zeros((1, 4), np.uint8)], 1
    for number, chain in enumerate(chains):
        for level, copy in enumerate(chain):
            if level and copy is chain[level - 1]:
                levels[number, level] = levels[number, level - 1]
                continue
            levels[number, level] = (start, copy.shape[1], copy.shape[0])
            flat.append(copy.reshape(-1, 4))
            start += copy.shape[0] * copy.shape[1]
    return Textures(texels=np.concatenate(flat), levels=levels)
