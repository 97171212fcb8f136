"""Are pictures of one person alike, and of two people not? A face embedding answers, or our own measure.

"dlib" is King's face embedding (dlib-ml, JMLR 2009; network of 2017, public domain) with the five-point
predictor: the extra `faces`. The package's 68-point predictor is not free for all uses and is not used.
"own" needs nothing: coarse colours of the middle of the picture. It is rough, and finds gross faults.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from remem.data.images.source import MEASURES, ImageSource, Picture
from remem.data.people import Person
from remem.errors import UserError, unknown

_TRIES = 4  # of one view
_REDRAWN = 5  # of one person
_NEXT = 1_000_000  # added to a view's number for its next seed
_ANCHORS = 4  # views that stand for a person


class Measure(Protocol):
    """Turns a picture into a point; near points are one person."""

    name: str
    far: float  # a view farther than this from its person is made again
    near: float  # two people nearer than this are too alike

    def face(self, image: Image.Image) -> np.ndarray | None:
        """The point of the largest face; None when none is seen."""
        ...


class Own:
    """Coarse colours of the middle of the picture, light taken out. A face is a patch of skin's colour."""

    name, far, near = "own", 9.0, 0.35

    def face(self, image: Image.Image) -> np.ndarray | None:
        """(108,) float64, or None when hardly any pixel has a colour that skin may have."""
        wide, high = image.size
        middle = image.convert("RGB").crop((round(wide * 0.2), 0, round(wide * 0.8), round(high * 0.7)))
        pixels = np.asarray(middle.resize((36, 36), Image.Resampling.BOX), np.float64)
        r, g, b = pixels[..., 0], pixels[..., 1], pixels[..., 2]
        skin = (r > g) & (g >= b * 0.95) & (r - b > 18) & (r < b * 3.2)
        if skin.mean() < 0.04:
            return None
        coarse = pixels.reshape(6, 6, 6, 6, 3).mean((1, 3))
        return ((coarse / coarse.mean() - 1) * 2).ravel()


class Dlib:
    """dlib's 128 numbers; the authors call two faces nearer than 0.6 the same person."""

    name, far, near = "dlib", 0.62, 0.36

    def __init__(self) -> None:
        if find_spec("dlib") is None or find_spec("face_recognition_models") is None:
            raise UserError("faces=dlib needs a face embedding. Install it with: pip install remem[faces]")
        import dlib

        # The package's own code needs setuptools; its files are all that is wanted.
        spec = find_spec("face_recognition_models")
        assert spec is not None
        assert spec.origin is not None
        models = Path(spec.origin).parent / "models"
        self._find: Any = dlib.get_frontal_face_detector()
        self._points: Any = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._embed: Any = dlib.face_recognition_model_v1(
            str(models / "dlib_face_recognition_resnet_model_v1.dat")
        )

    def face(self, image: Image.Image) -> np.ndarray | None:
        """(128,) float64, or None where the frontal detector finds nothing."""
        side = max(512, *image.size)  # the detector misses faces below 80 pixels
        pixels = np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))
        found = self._find(pixels, 0)
        if not len(found):
            return None
        largest = max(found, key=lambda box: box.area())
        return np.array(self._embed.compute_face_descriptor(pixels, self._points(pixels, largest)))


@lru_cache(None)
def measure(name: str) -> Measure:
    """The measure of that name. UserError for one that is unknown or not installed."""
    if name not in MEASURES[1:]:
        raise unknown("measure of faces", name, MEASURES[1:])
    return Own() if name == "own" else Dlib()


@dataclass(frozen=True, kw_only=True)
class Rating:
    """How well the people of a set are told apart. Distances are those of the measure."""

    measure: str
    pictures: int
    faceless: float  # share of pictures without a visible face
    same: float  # mean distance of two pictures of one person
    different: float  # mean distance of pictures of two people
    auc: float  # chance that a pair of one person is nearer than a pair of two; 1 is perfect, 0.5 useless


def rate(name: str, faces: Sequence[tuple[str, np.ndarray | None]], most: int = 3000) -> Rating:
    """The rating of (person, face) pairs; at most `most` faces are compared, evenly spread.

    NaN where nothing can be compared: fewer than two faces of a person, or only one person.
    """
    seen = [(person, face) for person, face in faces if face is not None]
    chosen = seen[:: max(1, -(-len(seen) // most))]
    who = np.array([person for person, _ in chosen])
    points = np.array([face for _, face in chosen]) if chosen else np.zeros((0, 1))
    square = (points**2).sum(1)
    distance = np.sqrt(np.maximum(square[:, None] + square[None] - 2 * points @ points.T, 0))
    upper = np.triu_indices(len(chosen), 1)
    same = (who[:, None] == who[None])[upper]
    d = distance[upper]
    return Rating(
        measure=name,
        pictures=len(faces),
        faceless=1 - len(seen) / len(faces) if faces else float("nan"),
        same=float(d[same].mean()) if same.any() else float("nan"),
        different=float(d[~same].mean()) if (~same).any() else float("nan"),
        auc=_auc(d[same], d[~same]),
    )


def _auc(near: np.ndarray, far: np.ndarray) -> float:
    """Mann and Whitney's statistic: ties count half."""
    if not len(near) or not len(far):
        return float("nan")
    ordered = np.sort(far)
    below, up_to = np.searchsorted(ordered, near, "left"), np.searchsorted(ordered, near, "right")
    return float(1 - (below + up_to).mean() / 2 / len(far))


def anchor(source: ImageSource, by: Measure, person: Person, seed: int, size: int) -> np.ndarray | None:
    """The mean face of a person, over views that no data set shows; None when no face is ever seen."""
    found = [by.face(source.view(person, -1 - n, seed, size).image) for n in range(_ANCHORS)]
    seen = [face for face in found if face is not None]
    return np.mean(seen, 0) if seen else None


def best_view(
    source: ImageSource,
    by: Measure,
    mean: np.ndarray | None,
    person: Person,
    number: int,
    seed: int,
    size: int,
) -> tuple[Picture, np.ndarray | None]:
    """A view in which the person is recognised: made again with the next seed, up to four times.

    Where none of them passes, the one nearest to the person; its face is None when no face is seen in any.
    """
    best: tuple[float, Picture, np.ndarray | None] | None = None
    for attempt in range(_TRIES):
        picture = source.view(person, number + attempt * _NEXT, seed, size)
        face = by.face(picture.image)
        off = float("inf") if face is None else 0.0 if mean is None else float(np.linalg.norm(face - mean))
        if best is None or off < best[0]:
            made = replace(picture, provenance={**picture.provenance, "attempt": str(attempt)})
            best = (off, made, face)
        if off <= by.far:
            break
    assert best is not None
    return best[1], best[2]


def told_apart(
    source: ImageSource, by: Measure, people: Sequence[Person], seed: int, size: int
) -> list[Person]:
    """The people as they are to be drawn: whoever is too like someone before them is drawn as another.

    Only the `id` that seeds the drawing differs ("p003~1"); who they are stays. After five attempts the least
    alike is taken.
    """
    means: list[np.ndarray] = []
    chosen = []
    for person in people:
        best: tuple[float, Person, np.ndarray] | None = None
        for again in range(_REDRAWN):
            drawn = replace(person, id=f"{person.id}~{again}") if again else person
            mean = anchor(source, by, drawn, seed, size)
            gap = (
                min((float(np.linalg.norm(mean - m)) for m in means), default=float("inf"))
                if mean is not None
                else -1.0
            )
            if mean is not None and (best is None or gap > best[0]):
                best = (gap, drawn, mean)
            if gap >= by.near:
                break
        if best is not None:
            means.append(best[2])
        chosen.append(best[1] if best is not None else person)
    return chosen
