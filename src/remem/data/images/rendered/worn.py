"""What a posed body wears: fitted meshes, and clothes cut from the body's helper surfaces."""

from dataclasses import dataclass, replace

import numpy as np

from remem.data.images.rendered import arrays, garments
from remem.data.images.rendered.geometry import fit, normals, pose
from remem.data.images.rendered.identity import Identity
from remem.data.images.rendered.masks import neutral
from remem.data.images.rendered.outfit import Outfit
from remem.data.images.rendered.pack import BODY, body, wear
from remem.data.images.rendered.parts import Part


@dataclass(frozen=True)
class Posed:
    """A body in its pose, helpers included."""

    shape: np.ndarray  # (19158, 3) at rest, with the expression
    points: np.ndarray  # (19158, 3) in the pose
    rotations: np.ndarray
    shifts: np.ndarray
    occlusion: np.ndarray  # (19158,)
    head_size: np.ndarray  # (3,): offsets of what is worn on the head scale with it

    def item(self, name: str, kind: int, texture: str, out: float = 0.0) -> Part:
        """A mesh of the pack, fitted and posed, `out` decimetres further from the body."""
        worn = wear(name)
        size = np.ones(3, np.float32) if name.startswith("clothes_") else self.head_size
        rest = fit(self.shape, worn.refs, worn.weights, worn.offsets, size)
        points = pose(rest, worn.near, worn.share, self.rotations, self.shifts)
        facing = normals(points, worn.faces)
        seen = (self.occlusion[worn.refs] * np.clip(worn.weights, 0, 1)).sum(1)
        return Part(
            points=points + facing * np.float32(out),
            normals=facing,
            faces=worn.faces,
            kind=kind,
            texture=texture,
            uv=worn.uv,
            faces_uv=worn.faces_uv,
            occlusion=np.clip(seen, 0.15, 1),
        )


def features(who: Identity, posed: Posed, hair: np.ndarray, mouth_open: bool) -> list[Part]:
    """Eyes, brows, lashes, and in an open mouth teeth and tongue. `hair` is the hair's colour."""

    def clear(name: str, kind: int, texture: str, tint: np.ndarray) -> Part:
        part = posed.item(name, kind, texture)
        return replace(part, tint=tint, coverage=arrays.BY_TEXTURE, casts=False, both=True)

    eyes = clear("eyes_highpolyeyes", arrays.EYE, who.eye, np.full(3, 0.5))
    made = [
        replace(eyes, occlusion=0.5 + 0.5 * np.asarray(eyes.occlusion)),
        clear(who.brow, arrays.BROW, who.brow, np.minimum(hair * 0.7, 0.3)),
        clear(who.lash, arrays.BROW, who.lash, np.array([0.012, 0.009, 0.008])),
    ]
    if mouth_open:  # else they come through thin lips and the corners of the mouth
        teeth = posed.item("teeth_teeth_base", arrays.CLOTH, "teeth_teeth_base")
        back = posed.rotations[body().number["head"]] @ np.array([0, 0, -0.05], np.float32)
        made.append(replace(teeth, tint=(0.8, 0.8, 0.8), points=teeth.points + back))
        made.append(posed.item("tongue_tongue01", arrays.CLOTH, "tongue_tongue01"))
    return made


def clothes(who: Identity, outfit: Outfit, posed: Posed) -> tuple[list[Part], np.ndarray]:
    """Clothes and shoes, and a mask (19158,) of the vertices of the skin that they cover."""
    hidden, made = np.zeros(len(posed.shape), bool), []
    suit = outfit.top.startswith("clothes_")
    for name in [outfit.shoes, *([outfit.top] if suit else [])]:
        hidden[wear(name).hidden] = True
        part = posed.item(name, arrays.CLOTH, name, 0.0 if name == outfit.shoes else 0.022)
        tint = outfit.cloth if name == outfit.top else (0.8, 0.8, 0.8)
        made.append(replace(part, tint=tint, coverage=arrays.BY_TEXTURE, both=True))
    if outfit.lower in ("trousers", "shorts"):
        field = garments.trousers_field(0.97 if outfit.lower == "trousers" else 0.42)
        # Straight legs: the farther down, the farther from the skin; bare cloth on skin looks like leggings.
        loose = np.clip((garments.waist() - 1.2 - neutral()[:, 1]) / 3, 0, 1) * (0.12 if who.woman else 0.18)
        made.append(
            replace(_cut(posed, "helper-tights", field, 0.045 + loose[:, None]), tint=outfit.lower_tint)
        )
        hidden[:BODY] |= field[:BODY] > 0.18
    elif outfit.lower == "skirt":
        part = _cut(posed, "helper-skirt", garments.skirt_field(0.5), 0.02)
        made.append(replace(part, tint=outfit.lower_tint))
    if outfit.top in garments.CUTS:
        cut, field = garments.CUTS[outfit.top], garments.top_field(outfit.top)
        # A top hangs over what is worn below.
        low = np.clip(garments.waist() + 0.5 - neutral()[:, 1], 0, 0.5) * 2
        thick = (cut.thick + max(0.085 - cut.thick, 0) * low)[:, None]
        made.append(_fabric(_cut(posed, "helper-tights", field, thick)))
        hidden[:BODY] |= field[:BODY] > 0.18
        if cut.skirt:
            made.append(_fabric(_cut(posed, "helper-skirt", garments.skirt_field(cut.skirt), cut.thick)))
    return made, hidden


def _cut(posed: Posed, surface: str, field: np.ndarray, thick: float | np.ndarray) -> Part:
    """A helper surface of the body, moved outwards, where `field` is above 0."""
    faces = body().helpers[surface]
    facing = normals(posed.points, faces)
    return Part(
        points=(posed.points + facing * thick).astype(np.float32),
        normals=facing,
        faces=faces[(field[faces] > 0).any(1)],
        kind=arrays.CLOTH,
        field=field,
        coverage=arrays.BY_FIELD,
        both=True,
        occlusion=posed.occlusion,
    )


def _fabric(part: Part) -> Part:
    return replace(part, texture="fabric", uv=garments.front_uv(), faces_uv=part.faces)
