"""A share from 0 to 1 with its interval, as a small drawing that prints in black and grey."""

from markupsafe import Markup

from remem.formats import hundredths
from remem.report import svg

WIDTH, HEIGHT, THICK = 168, 20, 7  # px: of the drawing, and of the bar
REACH = 0.08  # how far past 0 and 1 the axis goes; what lies further is cut, with an arrow


def bar(
    share: float | None, low: float | None = None, high: float | None = None, tick: float | None = None
) -> Markup:
    """A bar from 0 (from `tick`, where there is one) to the share, and under it its interval as a line.

    Nothing where there is no share. The number stands beside it in the table: here it is the description.
    """
    if share is None:
        return Markup("")
    across = svg.Axis(-REACH, 1 + REACH, 0, WIDTH)
    start, end = sorted((across(_cut(tick or 0)), across(_cut(share))))
    parts = [
        svg.element("rect", x=across(0), y=2, width=across(1) - across(0), height=THICK, class_="whole"),
        svg.element("rect", x=start, y=2, width=max(end - start, 1.5), height=THICK, class_="part"),
    ]
    if tick is not None:
        parts.append(svg.line(across(tick), 0, across(tick), HEIGHT, class_="tick"))
    described = f"{hundredths(share)} of 100"
    if low is not None and high is not None:
        parts += _whisker(across, low, high)
        described += f", interval {hundredths(low)} to {hundredths(high)}"
    return svg.element(
        "svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=described, class_="bar"
    )


def _whisker(across: svg.Axis, low: float, high: float) -> list[Markup]:
    """The interval, under the bar."""
    down = THICK + 7.0
    left, right = across(_cut(low)), across(_cut(high))
    parts = [svg.line(left, down, right, down)]
    for end, value, out in ((left, low, -1), (right, high, 1)):
        if _cut(value) == value:
            parts.append(svg.line(end, down - 3.5, end, down + 3.5))
        else:  # an arrow: it goes on
            points = f"{end:.1f},{down} {end - 5 * out:.1f},{down - 3.5} {end - 5 * out:.1f},{down + 3.5}"
            parts.append(svg.element("polygon", points=points))
    return parts


def _cut(value: float) -> float:
    return min(max(value, -REACH), 1 + REACH)
