"""Training curves: one small chart for each arm, each on its own scale."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from remem.report import svg
from remem.report.read import Arm

WIDTH, HEIGHT = 240, 150
POINTS = 160  # at most; a longer log is thinned evenly


@dataclass(frozen=True)
class Curve:
    label: str
    steps: tuple[float, ...]
    losses: tuple[float, ...]
    diverged: bool


def curve(arm: Arm, label: str) -> Curve | None:
    """The arm's loss over steps, non-finite losses left out; None when nothing was logged."""
    pairs = [
        (line.step, line.loss)
        for line in arm.log
        if line.loss is not None and math.isfinite(line.loss) and line.step is not None
    ]
    if not pairs:
        return None
    stride = math.ceil(len(pairs) / POINTS)
    thin = pairs[::stride] if pairs[-1] in pairs[::stride] else [*pairs[::stride], pairs[-1]]
    return Curve(label, tuple(s for s, _ in thin), tuple(v for _, v in thin), arm.diverged)


def small_multiples(curves: list[Curve]) -> tuple[svg.Figure, list[Markup]]:
    """All curves in one drawing (for a file), and each as a drawing of its own (for the page)."""
    singles = [svg.drawing(WIDTH, HEIGHT, f"Training loss, {c.label}", _spoken(c), *_draw(c)) for c in curves]
    columns = 4
    rows = math.ceil(len(curves) / columns)
    nested = [
        svg.element("g", *_draw(c), transform=f"translate({n % columns * WIDTH},{n // columns * HEIGHT})")
        for n, c in enumerate(curves)
    ]
    description = "; ".join(f"{c.label}: {_spoken(c)}" for c in curves)
    whole = svg.drawing(
        WIDTH * min(columns, len(curves)), HEIGHT * rows, "Training loss", description, *nested
    )
    return svg.Figure("Training loss", description, whole, whole), singles


def _spoken(c: Curve) -> str:
    end = ", then diverged" if c.diverged else ""
    return f"loss from {c.losses[0]:.3g} to {c.losses[-1]:.3g} in {c.steps[-1]:,.0f} steps{end}"


def _draw(c: Curve) -> list[Markup]:
    low, high = min(c.losses), max(c.losses)
    if low == high:
        low, high = low - 0.5, high + 0.5
    across = svg.Axis(min(0, c.steps[0]), max(c.steps[-1], 1), 42, WIDTH - 14)
    up = svg.Axis(low, high, HEIGHT - 28, 36)
    points = " ".join(f"{across(s):.1f},{up(v):.1f}" for s, v in zip(c.steps, c.losses, strict=True))
    parts = [svg.text(42, 18, c.label, class_="label")]
    for value in (low, high):
        parts.append(svg.line(42, up(value), WIDTH - 14, up(value), class_="grid"))
        # In two places where more would not fit beside the axis.
        said = f"{value:.2g}" if abs(value) >= 0.01 else f"{value:.2f}"
        parts.append(svg.text(36, up(value) + 4, said, class_="tick", text_anchor="end"))
    if low < 0 < high:
        parts.append(svg.line(42, up(0), WIDTH - 14, up(0), class_="axis"))
    steps = f"{c.steps[-1]:,.0f} steps"
    parts.append(svg.text(WIDTH - 14, HEIGHT - 10, steps, class_="tick", text_anchor="end"))
    parts.append(svg.element("polyline", points=points, class_="curve diverged" if c.diverged else "curve"))
    if c.diverged:
        x, y = across(c.steps[-1]), up(c.losses[-1])
        cross = f"M{x - 5:.1f},{y - 5:.1f}l10,10m0,-10l-10,10"
        parts.append(svg.element("path", d=cross, class_="cross"))
        parts.append(svg.text(WIDTH - 14, 18, "diverged", class_="level-name leak", text_anchor="end"))
    return parts
