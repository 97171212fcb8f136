"""One person, prepared once and then posed and dressed for each picture."""

from functools import lru_cache

import numpy as np

from remem.data.images.rendered import accessories, arrays
from remem.data.images.rendered.arrays import Textures, View
from remem.data.images.rendered.geometry import fit, hair_directions, normals, pose
from remem.data.images.rendered.hair import bun_of, evened, mesh_of, strands_of
from remem.data.images.rendered.identity import Identity, body_shape
from remem.data.images.rendered.masks import neutral
from remem.data.images.rendered.outfit import Outfit, fabric
from remem.data.images.rendered.pack import BODY, Wear, body, targets, texture, wear
from remem.data.images.rendered.parts import Part, join, pack_textures, shrunk
from remem.data.images.rendered.raster import openness, project, visible
from remem.data.images.rendered.rig import EXPRESSIONS, Turns, bone_motions, joints
from remem.data.images.rendered.skin import hair_tint, skin_texture
from remem.data.images.rendered.strands import Field, grow
from remem.data.images.rendered.worn import Posed, clothes, features


@lru_cache(None)
def _copies(name: str) -> list[np.ndarray]:
    return shrunk(texture(name))


@lru_cache(64)
def _fabric_copies(
    pattern: str, cloth: tuple[float, float, float], trim: tuple[float, float, float]
) -> list[np.ndarray]:
    return shrunk(fabric(pattern, cloth, trim))


class Figure:
    """The body, skin and hair of one identity."""

    def __init__(self, who: Identity) -> None:
        self.who, b = who, body()
        self.rest = body_shape(who)
        self.joints = joints(self.rest)
        self.tint = hair_tint(who)
        self.skin = shrunk(skin_texture(who))
        self.size = _head_size(self.rest) / _head_size(b.vertices)
        self.fields = [(style.region, grow(style, who.seed)) for style in strands_of(who)]
        self.head = accessories.Head(self.rest)
        self.occlusion = self._bake()

    def _bone(self, name: str) -> np.ndarray:
        return self.joints[body().number[name]]

    def _bake(self, directions: int = 40, size: int = 176, reach: float = 3.0) -> np.ndarray:
        """(19158,): how much of the sky each vertex sees, clothes apart; the hair's mesh casts too."""
        b = body()
        faces = np.concatenate([b.faces, b.helpers["helper-tights"], b.helpers["helper-skirt"]])
        out = normals(self.rest, faces)
        casters = [Part(points=self.rest, normals=out, faces=b.faces, kind=arrays.SKIN, both=True)]
        name = mesh_of(self.who)[0]
        if name:
            casters.append(self._worn_at_rest(wear(name), name))  # cut as it is seen, or the face turns red
        soup, surfaces = join(casters, {name: 0} if name else {})
        textures = pack_textures([_copies(name)] if name else [])
        levels = np.zeros(len(soup.faces), np.float32)
        centre = (self._bone("eye.L") + self._bone("eye.R")) / 2 + [0, -0.6, -0.6]
        total, weight = np.zeros(len(self.rest), np.float32), np.full(len(self.rest), 1e-4, np.float32)
        steps = np.arange(directions) + 0.5
        turn, up = np.pi * (1 + 5**0.5) * steps, 1 - 1.7 * steps / directions
        flat = np.sqrt(1 - up * up)
        for way in np.stack([flat * np.cos(turn), up, flat * np.sin(turn)], 1).astype(np.float32):
            view = View(look_at(centre + way * 30, centre), size / 2 / reach, size / 2)
            near, _ = visible(project(soup.points, view, True), soup, surfaces, textures, levels, size, True)
            openness(self.rest, out, near, view, way, total, weight)
        return (0.15 + 0.85 * np.clip((total + 1e-4) / weight, 0, 1) ** 0.8).astype(np.float32)

    def _worn_at_rest(self, item: Wear, name: str) -> Part:
        points = fit(self.rest, item.refs, item.weights, item.offsets, self.size)
        return Part(
            points=points,
            normals=points,
            faces=item.faces,
            kind=arrays.HAIR,
            texture=name,
            uv=item.uv,
            faces_uv=item.faces_uv,
            coverage=arrays.BY_TEXTURE,
            field=self._trimmed(points, hat=""),
        )

    def parts(self, outfit: Outfit, turned: Turns, expression: str) -> tuple[list[Part], np.ndarray]:
        """All meshes of one picture, and the place between the eyes."""
        b = body()
        shape = self.rest.copy()
        for name, amount in EXPRESSIONS[expression].items():
            targets().add(shape, "face/" + name, amount)
        rotations, shifts = bone_motions(self.rest, turned)
        points = pose(shape, b.near, b.share, rotations, shifts)
        posed = Posed(shape, points, rotations, shifts, self.occlusion, self.size)
        mouth_open = "jawOpen" in EXPRESSIONS[expression]
        worn, hidden = clothes(self.who, outfit, posed)
        out = normals(points, b.faces)
        covered = hidden[b.faces].any(1)
        skin = Part(
            points=points,
            normals=out,
            faces=b.faces[~covered],
            kind=arrays.SKIN,
            texture="skin",
            uv=b.uv,
            faces_uv=b.faces_uv[~covered],
            occlusion=self.occlusion,
        )
        # Painted under-layer: where cloth covers the body, it shrinks and takes the colour of the cloth, so
        # that no gap shows.
        suit = outfit.top.startswith("clothes_")
        under = Part(
            points=points - out * np.float32(0.05),
            normals=out,
            faces=b.faces[covered],
            kind=arrays.CLOTH,
            tint=np.asarray((0.1, 0.1, 0.12) if suit else outfit.cloth) * 0.8,
            occlusion=self.occlusion * np.float32(0.6),
        )
        made = [skin, under, *worn, *features(self.who, posed, self.tint, mouth_open)]
        head = b.number["head"]
        turn, shift = rotations[head], shifts[head]
        on_head = [*self._hair(shape, outfit), *self._ornaments(shape, outfit)]
        made += [part.moved(turn, shift) for part in on_head]
        eyes = (self._bone("eye.L") + self._bone("eye.R")) / 2
        return made, turn @ eyes + shift

    def textures(self, parts: list[Part], outfit: Outfit) -> tuple[dict[str, int], Textures]:
        """Numbers of the textures that the parts name, and their texels."""
        names = list(dict.fromkeys(part.texture for part in parts if part.texture))
        chains = []
        for name in names:
            if name == "skin":
                chains.append(self.skin)
            elif name == "fabric":
                chains.append(_fabric_copies(outfit.pattern, outfit.cloth, outfit.trim))
            else:
                chains.append(_copies(name))
        return {name: n for n, name in enumerate(names)}, pack_textures(chains)

    def _hair(self, shape: np.ndarray, outfit: Outfit) -> list[Part]:
        """Hair and beard in the rest pose of the head."""
        made = []
        name, waves = mesh_of(self.who)
        if name:
            item = wear(name)
            points = fit(shape, item.refs, item.weights, item.offsets, self.size)
            if waves:
                down = np.clip((8.2 - points[:, 1]) / 1.2, 0, 1)
                swing = np.sin(points[:, 1] * 7 + np.arctan2(points[:, 0], points[:, 2]) * 3)
                points[:, 0] += waves * down * swing
                points[:, 2] += waves * down * np.cos(points[:, 1] * 7 + points[:, 0] * 2)
            facing = normals(points, item.faces)
            along = hair_directions(points, item.faces, item.uv, item.faces_uv)
            height = np.clip((points[:, 1] - 6.2) / 2, 0, 1)
            made.append(
                Part(
                    points=points,
                    normals=facing,
                    faces=item.faces,
                    kind=arrays.HAIR,
                    texture=name,
                    uv=item.uv,
                    faces_uv=item.faces_uv,
                    tint=self.tint * np.float32(evened(name)),
                    tangents=along,
                    coverage=arrays.BY_TEXTURE,
                    both=True,
                    occlusion=(0.62 + 0.3 * height).astype(np.float32),
                    field=self._trimmed(points, outfit.hat),
                )
            )
        for region, ribbons in self.fields:
            made.append(self._ribbons(region, ribbons, shape, outfit))
        at = bun_of(self.who)
        if at and not (outfit.hat and at[1] > 8.9):
            made.append(accessories.bun(at, self.rest, self.tint))
        return made

    def _ribbons(self, region: str, ribbons: Field, shape: np.ndarray, outfit: Outfit) -> Part:
        points = fit(shape, ribbons.refs, ribbons.weights, ribbons.offsets, self.size)
        field = None
        if region == "scalp":
            field = self._trimmed(points, outfit.hat)
        return Part(
            points=points,
            normals=ribbons.out,
            faces=ribbons.faces,
            kind=arrays.HAIR,
            tint=self.tint,
            tangents=ribbons.along,
            occlusion=ribbons.shade,
            both=True,
            field=field,
            casts=region == "scalp",
            coverage=arrays.OPAQUE if field is None else arrays.BY_FIELD,
        )

    def _trimmed(self, points: np.ndarray, hat: str) -> np.ndarray:
        """Above 0 where hair stays: no fringe hangs over the brows, and none grows through a hat."""
        eye = self._bone("eye.L")
        before = (points[:, 2] > eye[2] - 0.18) & (np.abs(points[:, 0]) < eye[0] * 1.75)
        stays = np.where(before, points[:, 1] - (eye[1] + 0.30), 1.0)
        if hat:
            stays = np.minimum(stays, self.head.brim + 0.10 - points[:, 1])
        return np.where(stays == 0, 1e-6, stays).astype(np.float32)

    def _ornaments(self, shape: np.ndarray, outfit: Outfit) -> list[Part]:
        look, made = self.who.look, []
        if look["glasses"] != "none":
            made += accessories.glasses(look["glasses"], shape, self._bone("eye.L"))
        if look["earrings"] != "none":
            made += accessories.earrings(look["earrings"], shape)
        if outfit.hat == "fedora":
            item = wear("clothes_fedora")
            points = fit(shape, item.refs, item.weights, item.offsets, self.size)
            made.append(
                Part(
                    points=points,
                    normals=normals(points, item.faces),
                    faces=item.faces,
                    kind=arrays.CLOTH,
                    texture="clothes_fedora",
                    uv=item.uv,
                    faces_uv=item.faces_uv,
                    both=True,
                )
            )
        elif outfit.hat:
            made += accessories.hat(outfit.hat, self.head, outfit.hat_tint)
        return made


def _head_size(rest: np.ndarray) -> np.ndarray:
    """(3,): width, height and depth of the head; offsets of what is worn on it scale with them."""
    skull = rest[:BODY][neutral()[:BODY, 1] > 6.9]
    return np.ptp(skull, axis=0).astype(np.float32)


def look_at(eye: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(3, 4) float32: from the world to the axes of a camera at `eye` that looks at `at`."""
    back = np.asarray(eye, np.float64) - np.asarray(at, np.float64)
    back /= np.linalg.norm(back)
    right = np.cross((0, 1, 0) if abs(back[1]) < 0.97 else (1, 0, 0), back)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(back, right), back])
    return np.concatenate([axes, -axes @ np.asarray(eye, np.float64)[:, None]], 1).astype(np.float32)
