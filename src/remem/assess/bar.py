"""A share from 0 to 1 with its interval, as a small drawing that prints in black and grey."""

from markupsafe import Markup

from remem.formats import hundredths
from remem.report import svg

WIDTH, HEIGHT = 168, 20  # px
REACH = 0.08  # how far past 0 and 1 the axis goes; what lies further is cut, with an arrow


def bar(
    share: float | None, low: float | None = None, high: float | None = None, tick: float | None = None
) -> Markup:
    """A bar from 0 (from `tick`, where there is one) to the share, a whisker over the interval.

    Nothing where there is no share. The number stands beside it in the table: here it is the description.
    """
    if share is None:
        return Markup("")
    across = svg.Axis(-REACH, 1 + REACH, 0, WIDTH)
    start, end = sorted((across(_cut(tick or 0)), across(_cut(share))))
    middle = HEIGHT / 2
    parts = [
        svg.element("rect", x=across(0), y=middle - 4, width=across(1) - across(0), height=8, class_="whole"),
        svg.element("rect", x=start, y=middle - 4, width=max(end - start, 1.5), height=8, class_="part"),
    ]
    if tick is not None:
        parts.append(svg.line(across(tick), 1, across(tick), HEIGHT - 1, class_="tick"))
    if low is not None and high is not None:
        parts += _whisker(across, low, high, middle)
    said = f"{hundredths(share)} of 100" + (
        f", interval {hundredths(low)} to {hundredths(high)}" if low is not None and high is not None else ""
    )
    return svg.element(
        "svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=said, class_="bar"
    )


def _whisker(across: svg.Axis, low: float, high: float, middle: float) -> list[Markup]:
    left, right = across(_cut(low)), across(_cut(high))
    parts = [svg.line(left, middle, right, middle, class_="halo"), svg.line(left, middle, right, middle)]
    for end, value, out in ((left, low, -1), (right, high, 1)):
        if _cut(value) == value:
            parts.append(svg.line(end, middle - 5, end, middle + 5))
        else:  # an arrow: it goes on
            points = f"{end:.1f},{middle} {end - 5 * out:.1f},{middle - 4} {end - 5 * out:.1f},{middle + 4}"
            parts.append(svg.element("polygon", points=points))
    return parts


def _cut(value: float) -> float:
    return min(max(value, -REACH), 1 + REACH)
