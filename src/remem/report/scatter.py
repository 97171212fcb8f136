"""The two figures of points: what still leaks, and what forgetting cost."""

from dataclasses import dataclass

from markupsafe import Markup

from remem.report import svg, words
from remem.scoring.estimate import Estimate

PAD = 0.05  # room beyond 0 and 1, so that points on the edge are whole


@dataclass(frozen=True)
class Point:
    label: str
    role: str  # "base", "taught", "goal" or "method"
    colour: int  # which of the method colours
    x: Estimate
    y: Estimate
    note: str = ""


@dataclass(frozen=True)
class Level:
    """A horizontal reference line."""

    label: str
    value: float
    style: str


@dataclass(frozen=True)
class Zone:
    """A shaded corner with its name: everything up to x and from y upwards."""

    label: str
    x: float
    y: float


def scatter(
    *,
    title: str,
    x_title: str,
    y_title: str,
    points: list[Point],
    levels: list[Level],
    zone: Zone | None,
    path: bool,
    sizes: tuple[tuple[int, int], tuple[int, int]] = ((600, 470), (380, 400)),
) -> svg.Figure:
    """Points with intervals on two scores in [0, 1], in a wide and a narrow drawing.

    `path` draws the way from taught to goal, which an ideal method would end on.
    """
    description = "; ".join(
        f"{p.label}: {x_title} {words.score(p.x.mean)}, {y_title} {words.score(p.y.mean)}" for p in points
    )
    drawings = []
    for width, height in sizes:
        parts = _draw(width, height, x_title, y_title, points, levels, zone, path)
        drawings.append(svg.drawing(width, height, title, description, *parts))
    return svg.Figure(title, description, *drawings)


def _draw(
    width: int,
    height: int,
    x_title: str,
    y_title: str,
    points: list[Point],
    levels: list[Level],
    zone: Zone | None,
    path: bool,
) -> list[Markup]:
    bounds = svg.Box(44, 30, width - 12, height - 48)
    across = svg.Axis(-PAD, 1 + PAD, bounds.left, bounds.right)
    up = svg.Axis(-PAD, 1 + PAD, bounds.bottom, bounds.top)
    parts: list[Markup] = []
    taken: list[svg.Box] = []
    if zone:
        parts += _zone(zone, across, up, bounds, taken)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(svg.line(bounds.left, up(tick), bounds.right, up(tick), class_="grid"))
        parts.append(
            svg.text(bounds.left - 8, up(tick) + 4, words.score(tick, 0), class_="tick", text_anchor="end")
        )
        parts.append(
            svg.text(
                across(tick), bounds.bottom + 18, words.score(tick, 0), class_="tick", text_anchor="middle"
            )
        )
    parts.append(svg.line(bounds.left, bounds.bottom, bounds.right, bounds.bottom, class_="axis"))
    parts.append(svg.text(bounds.right, height - 8, x_title + " →", class_="axis-title", text_anchor="end"))
    parts.append(svg.text(2, 14, "↑ " + y_title, class_="axis-title"))
    marks = [_mark(point, across, up, taken) for point in points]
    parts += _levels(levels, up, bounds, taken)
    if path:
        ends = {p.role: p for p in points if p.role in ("taught", "goal")}
        if len(ends) == 2:
            (x1, y1), (x2, y2) = (_at(ends[role], across, up) for role in ("taught", "goal"))
            parts.append(svg.line(x1, y1, x2, y2, class_="path"))
    parts += marks
    parts += [svg.place(*_at(point, across, up), point.label, taken, bounds) for point in points]
    return parts


def _at(point: Point, across: svg.Axis, up: svg.Axis) -> tuple[float, float]:
    return across(point.x.mean or 0.0), up(point.y.mean or 0.0)


def _mark(point: Point, across: svg.Axis, up: svg.Axis, taken: list[svg.Box]) -> Markup:
    x, y = _at(point, across, up)
    taken.append(svg.Box(x - 7, y - 7, x + 7, y + 7))
    colour = {"style": f"--c:var(--m{point.colour})"} if point.role == "method" else {}
    parts = [
        svg.element(
            "title",
            f"{point.label}: {words.score(point.x.mean)} ({_ends(point.x)}), "
            f"{words.score(point.y.mean)} ({_ends(point.y)}){point.note}",
        )
    ]
    if point.x.low is not None and point.x.high is not None:
        parts.append(svg.line(across(point.x.low), y, across(point.x.high), y, class_="interval"))
        taken.append(svg.Box(across(point.x.low), y - 2, across(point.x.high), y + 2))
    if point.y.low is not None and point.y.high is not None:
        parts.append(svg.line(x, up(point.y.low), x, up(point.y.high), class_="interval"))
        taken.append(svg.Box(x - 2, up(point.y.high), x + 2, up(point.y.low)))
    shape = svg.star(x, y, 9.5) if point.role == "goal" else svg.element("circle", cx=x, cy=y, r=6)
    return svg.element("g", *parts, shape, class_=f"mark {point.role}", **colour)


def _ends(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return words.ends(estimate)


def _levels(levels: list[Level], up: svg.Axis, bounds: svg.Box, taken: list[svg.Box]) -> list[Markup]:
    """Dashed lines, each named at its right end; names that would touch move above or below their line."""
    parts = []
    for level in sorted(levels, key=lambda level: -level.value):
        y = up(level.value)
        parts.append(svg.line(bounds.left, y, bounds.right, y, class_=f"level {level.style}"))
        taken.append(svg.Box(bounds.left, y - 1, bounds.right, y + 1))
        size = len(level.label) * 11.5 * svg.CHARACTER
        spots = [
            svg.Box(right - size, base - 11, right, base + 2)
            for right in (bounds.right - 4, bounds.right - 170)
            for base in (y - 5, y + 14)
        ]
        spot = min(spots, key=lambda box: sum(box.overlap(other) for other in taken))
        taken.append(spot)
        parts.append(
            svg.text(
                spot.right,
                spot.bottom - 2,
                level.label,
                class_=f"level-name {level.style}",
                text_anchor="end",
            )
        )
    return parts


def _zone(zone: Zone, across: svg.Axis, up: svg.Axis, bounds: svg.Box, taken: list[svg.Box]) -> list[Markup]:
    right, bottom = across(zone.x), up(zone.y)
    first, _, second = zone.label.partition(",")
    parts = [
        svg.element(
            "rect",
            x=bounds.left,
            y=bounds.top,
            width=right - bounds.left,
            height=bottom - bounds.top,
            class_="zone",
        )
    ]
    for row, words_ in enumerate((first + ",", second.strip())):
        base = bottom - 24 + 15 * row
        parts.append(svg.text(bounds.left + 8, base, words_, class_="zone-name"))
        taken.append(svg.Box(bounds.left + 8, base - 11, bounds.left + 8 + len(words_) * 7, base + 3))
    return parts
