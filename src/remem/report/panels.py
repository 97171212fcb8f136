"""Small charts side by side: means with intervals over the members of a sweep, one line for each kind."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from remem.report import svg, words

WIDTH, HEIGHT = 510, 250
NARROW = 380
TICKS = 4


@dataclass(frozen=True)
class Mark:
    """One mean; `place` counts the members from 0."""

    place: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Series:
    label: str
    colour: int  # which of the palette's --m0 … --m7
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Panel:
    title: str
    share: bool  # a scale from 0 to 1, shown in hundredths; else the values' own unit and range
    series: tuple[Series, ...]


def panels(title: str, axis: str, members: list[str], drawn: list[Panel], joined: bool) -> svg.Figure:
    """Two panels a row in the wide drawing, one in the narrow one. `joined`: the members stand on a scale."""
    description = "; ".join(_spoken(panel, members) for panel in drawn)
    drawings = []
    for columns, width in ((2, WIDTH), (1, NARROW)):
        parts = [
            svg.element(
                "g",
                *_panel(panel, width, axis, members, joined),
                transform=f"translate({number % columns * (width + 20)},{number // columns * (HEIGHT + 24)})",
            )
            for number, panel in enumerate(drawn)
        ]
        rows = math.ceil(len(drawn) / columns)
        whole = columns * width + (columns - 1) * 20, rows * (HEIGHT + 24)
        drawings.append(svg.drawing(*whole, title, description, *parts))
    return svg.Figure(title, description, *drawings)


def _spoken(panel: Panel, members: list[str]) -> str:
    lines = []
    for series in panel.series:
        values = ", ".join(f"{members[m.place]}: {_value(m.mean, panel.share)}" for m in series.marks)
        lines.append(f"{series.label}, {values}")
    return f"{panel.title}: {'; '.join(lines) or 'nothing measured'}"


def _value(value: float, share: bool) -> str:
    return words.score(value) if share else f"{value:.3g}".replace("-", "−")


def _panel(panel: Panel, width: int, axis: str, members: list[str], joined: bool) -> list[Markup]:
    left, right, top, bottom = 46, width - 66, 40, HEIGHT - 40
    ends = [v for s in panel.series for m in s.marks for v in (m.mean, m.low, m.high) if v is not None]
    low, high = (0.0, 1.0) if panel.share or not ends else _range(min(ends), max(ends))
    up = svg.Axis(low, high, bottom, top)
    step = (right - left) / max(1, len(members))
    parts = [svg.text(left, 16, panel.title, class_="label")]
    for number in range(TICKS + 1):
        value = low + (high - low) * number / TICKS
        shown = words.score(value, 0) if panel.share else f"{value:.3g}".replace("-", "−")
        parts.append(svg.line(left, up(value), right, up(value), class_="grid"))
        parts.append(svg.text(left - 8, up(value) + 4, shown, class_="tick", text_anchor="end"))
    parts.append(svg.line(left, bottom, right, bottom, class_="axis"))
    for place, member in enumerate(members):
        x = left + step * (place + 0.5)
        parts.append(svg.text(x, bottom + 17, member, class_="tick", text_anchor="middle"))
    parts.append(svg.text(right, bottom + 34, axis, class_="axis-title", text_anchor="end"))
    if not ends:
        parts.append(svg.text(left + 8, (top + bottom) / 2, "nothing measured", class_="tick"))
    for number, series in enumerate(panel.series):
        shift = (number - (len(panel.series) - 1) / 2) * 9  # intervals must not hide each other
        parts += _series(series, panel.share, left, step, shift, up, joined, number)
    ended = sorted((up(s.marks[-1].mean), s.label, s.colour) for s in panel.series if s.marks)
    base = -math.inf
    for y, label, colour in ended:
        base = max(y, base + 14)  # names of lines that end together stand below each other
        style = f"fill:var(--m{colour})"
        parts.append(svg.text(right + 4, base + 4, label, class_="label", style=style))
    return parts


def _range(low: float, high: float) -> tuple[float, float]:
    """Round ends around the values."""
    span = high - low or abs(high) or 1.0
    unit = 10 ** math.floor(math.log10(span))
    return math.floor(low / unit) * unit, math.ceil(high / unit) * unit


def _series(
    series: Series,
    share: bool,
    left: float,
    step: float,
    shift: float,
    up: svg.Axis,
    joined: bool,
    number: int,
) -> list[Markup]:
    at = [(left + step * (mark.place + 0.5) + shift, mark) for mark in series.marks]
    parts: list[Markup] = []
    if joined and len(at) > 1:
        points = " ".join(f"{x:.1f},{up(mark.mean):.1f}" for x, mark in at)
        parts.append(svg.element("polyline", points=points, class_="trend"))
    for x, mark in at:
        interval = "no interval"
        inside = []
        if mark.low is not None and mark.high is not None:
            interval = f"{_value(mark.low, share)}–{_value(mark.high, share)}"
            inside.append(svg.line(x, up(mark.low), x, up(mark.high), class_="interval"))
        shape = (
            svg.element("circle", cx=x, cy=up(mark.mean), r=5)
            if number % 2 == 0  # shape as well as colour tells the kinds apart
            else svg.element("rect", x=x - 4.5, y=up(mark.mean) - 4.5, width=9, height=9, class_="square")
        )
        told = svg.element("title", f"{series.label}: {_value(mark.mean, share)} ({interval})")
        parts.append(svg.element("g", told, *inside, shape, class_="mark"))
    return [svg.element("g", *parts, style=f"--c:var(--m{series.colour})", class_="series")]
