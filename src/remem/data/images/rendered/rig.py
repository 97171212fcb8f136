"""Poses and faces made: angles of bones, in degrees from the A-pose, and amounts of facial action units."""

import numpy as np

from remem.data.images.rendered.pack import body

Turns = dict[str, list[tuple[tuple[float, float, float], float]]]  # bone -> (axis, degrees), outermost first

_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
# The elbow's hinge and the upper arm's own axis, for arms that hang at 45 degrees in the frontal plane.
_HINGE = {"L": (-0.72, -0.69, 0.0), "R": (-0.72, 0.69, 0.0)}
_ALONG = {"L": (0.69, -0.72, 0.0), "R": (-0.69, -0.72, 0.0)}


def rotation(axis: tuple[float, float, float], degrees: float) -> np.ndarray:
    """(3, 3) float32, by Rodrigues' formula."""
    a = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    angle = np.deg2rad(degrees)
    k = np.array([[0, -a[2], a[1]], [a[2], 0, -a[0]], [-a[1], a[0], 0]])
    return (np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k).astype(np.float32)


def _arm(side: str, lower: float, forward: float, bend: float, twist: float = 0) -> Turns:
    """One arm: degrees lowered from the A-pose, swung forward, bent at the elbow, upper arm twisted
    inwards."""
    sign = -1 if side == "L" else 1
    return {
        # A third of the drop is the shoulder's, or sleeves would puff out over it.
        f"shoulder01.{side}": [(_Z, sign * max(lower, 0) * 0.33)],
        f"upperarm01.{side}": [
            (_X, -forward),
            (_Z, sign * (lower - max(lower, 0) * 0.33)),
            (_ALONG[side], -sign * twist),
        ],
        f"lowerarm01.{side}": [(_HINGE[side], bend)],
    }


def _legs(left: float, right: float, left_knee: float = 0, right_knee: float = 0) -> Turns:
    return {
        "upperleg01.L": [(_X, left)], "upperleg01.R": [(_X, right)],
        "lowerleg01.L": [(_X, left_knee)], "lowerleg01.R": [(_X, right_knee)],
    }  # fmt: skip


def _curl(degrees: float) -> Turns:
    """Fingers, half closed: mittens with straight fingers look like a doll's."""
    return {
        f"finger{finger}-{joint}.{side}": [(_Z,
        (-1 if side == "L" else 1) * degrees * (0.7 if finger == 2 else 1))]
        for finger in (2, 3, 4, 5) for joint in (1, 2, 3) for side in "LR"
    }  # fmt: skip


POSES: dict[str, Turns] = {
    "relaxed": {**_arm("L", 36, 2, 14), **_arm("R", 36, 2, 14), **_curl(24)},
    "easy": {**_arm("L", 37, 6, 24), **_arm("R", 33, -4, 10), **_curl(28)},
    "akimbo": {**_arm("L", 10, -2, 74, 42), **_arm("R", 10, -2, 74, 42), **_curl(34)},
    "wave": {**_arm("L", 36, 2, 14), **_arm("R", -18, 10, 96, -88), **_curl(8)},
    "cheer": {**_arm("L", -52, 14, 62, -80), **_arm("R", -52, 14, 62, -80), **_curl(34)},
    "cross": {**_arm("L", 34, 16, 78, 38), **_arm("R", 32, 12, 72, 42), **_curl(34)},
    "reach": {**_arm("L", 36, 2, 14), **_arm("R", 20, 40, 40, 20), **_curl(16)},
    "hold": {**_arm("L", 34, 10, 66, 40), **_arm("R", 34, 10, 66, 40), **_curl(34)},
    "walk": {**_arm("L", 34, 20, 26), **_arm("R", 34, -18, 18), **_legs(18, -22, 18, 6), **_curl(28)},
    "run": {**_arm("L", 32, 34, 84), **_arm("R", 32, -30, 80), **_legs(30, -52, 60, 48), **_curl(36)},
    "sit": {**_arm("L", 30, 26, 50, 12), **_arm("R", 30, 26, 50, 12), **_legs(-82, -82, 82, 82), **_curl(24)},
    "think": {**_arm("L", 34, 10, 72, 40), **_arm("R", 32, 34, 124, 14), **_curl(34)},
    "drive": {**_arm("L", 30, 34, 34, 40), **_arm("R", 30, 34, 34, 40), **_curl(40)},
    "look": {**_arm("L", 8, 58, 126, 12), **_arm("R", 8, 58, 126, 12), **_curl(40)},
}


def _both(name: str, amount: float) -> dict[str, float]:
    return {name + "Left": amount, name + "Right": amount}


EXPRESSIONS: dict[str, dict[str, float]] = {
    "calm": {},
    "smile": _both("mouthSmile", 0.7) | _both("cheekSquint", 0.4) | _both("mouthDimple", 0.3),
    "grin": {"jawOpen": 0.1} | _both("mouthSmile", 0.85) | _both("mouthUpperUp",
    0.35) | _both("mouthLowerDown", 0.2)
    | _both("cheekSquint", 0.55) | _both("eyeSquint", 0.25),
    "surprised": {"jawOpen": 0.3, "browInnerUp": 0.7} | _both("browOuterUp", 0.6) | _both("eyeWide", 0.5),
    "serious": _both("browDown", 0.35) | _both("mouthPress", 0.4),
    "sad": {"browInnerUp": 0.7} | _both("mouthFrown", 0.55),
    "talk": {"jawOpen": 0.16, "mouthFunnel": 0.3, "browInnerUp": 0.2},
    "smirk": {"mouthSmileLeft": 0.65, "mouthDimpleLeft": 0.4, "browOuterUpLeft": 0.35},
    "strain": _both("browDown", 0.3) | _both("mouthStretch", 0.3) | _both("cheekSquint", 0.4),
}  # fmt: skip


def turns(
    pose: str,
    head: tuple[float, float, float] = (0, 0, 0),
    torso: float = 0.0,
    gaze: tuple[float, float] = (0, 0),
) -> Turns:
    """A pose with the head turned (yaw, nod, tilt), the torso turned and the eyes looking aside, in
    degrees."""
    made = {bone: list(steps) for bone, steps in POSES[pose].items()}
    for bone, share in (("neck01", 0.2), ("neck02", 0.15), ("neck03", 0.15), ("head", 0.5)):
        made[bone] = [(_Y, head[0] * share), (_X, head[1] * share), (_Z, head[2] * share)]
    for bone in ("spine03", "spine02", "spine01"):
        made.setdefault(bone, []).append((_Y, torso / 3))
    for bone in ("eye.L", "eye.R"):
        made[bone] = [(_Y, gaze[0]), (_X, gaze[1])]
    return made


def joints(rest: np.ndarray) -> np.ndarray:
    """(bones, 3): where the bones begin, in a body at rest."""
    return rest[body().joints].mean(1)


def bone_motions(rest: np.ndarray, pose: Turns) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (bones, 3, 3) and shifts (bones, 3) that carry points at rest into the pose."""
    b, heads = body(), joints(rest)
    rotations, shifts = np.empty((len(heads), 3, 3), np.float32), np.empty((len(heads), 3), np.float32)
    for n, bone in enumerate(b.bones):
        own = np.eye(3, dtype=np.float32)
        for axis, degrees in pose.get(bone, ()):
            own = own @ rotation(axis, degrees)
        shift = heads[n] - own @ heads[n]
        parent = b.parents[n]
        if parent >= 0:
            shift = rotations[parent] @ shift + shifts[parent]
            own = rotations[parent] @ own
        rotations[n], shifts[n] = own, shift
    return rotations, shifts
