"""Four states of an answer: one stacked bar for each arm."""

from dataclasses import dataclass

from markupsafe import Markup

from remem.report import svg, words
from remem.scoring.metrics import STATES

ROW = 34  # px from bar to bar


@dataclass(frozen=True)
class Bar:
    label: str
    shares: tuple[float | None, ...]  # one for each of STATES


def state_bars(title: str, bars: list[Bar]) -> svg.Figure:
    description = "; ".join(f"{bar.label}: {_spoken(bar)}" for bar in bars)
    height = 34 + ROW * len(bars)
    drawings = [svg.drawing(width, height, title, description, *_draw(width, bars)) for width in (1040, 380)]
    return svg.Figure(title, description, *drawings)


def _spoken(bar: Bar) -> str:
    return ", ".join(
        f"{state} {words.score(share, 0)}" for state, share in zip(STATES, bar.shares, strict=True)
    )


def _draw(width: int, bars: list[Bar]) -> list[Markup]:
    start = 20 + max(len(bar.label) for bar in bars) * svg.FONT * svg.CHARACTER
    across = svg.Axis(0, 1, start, width - 8)
    parts = [
        svg.text(across(tick), 14, words.score(tick, 0), class_="tick", text_anchor="middle")
        for tick in (0, 0.25, 0.5, 0.75, 1)
    ]
    for row, bar in enumerate(bars):
        top = 26 + ROW * row
        parts.append(svg.text(start - 12, top + 16, bar.label, class_="label", text_anchor="end"))
        if all(share is None for share in bar.shares):
            parts.append(svg.text(start, top + 16, "not scored", class_="tick"))
            continue
        parts += _segments(bar, top, across)
    return parts


def _segments(bar: Bar, top: float, across: svg.Axis) -> list[Markup]:
    parts, done = [], 0.0
    for state, share in zip(STATES, bar.shares, strict=True):
        if not share:
            continue
        left, right = across(done), across(done + share)
        done += share
        parts.append(
            svg.element(
                "rect",
                svg.element("title", f"{bar.label}: {words.score(share)} % {state}"),
                x=left,
                y=float(top),
                width=max(right - left - 1.5, 0.5),
                height=24,
                rx=2,
                class_=f"state-{state}",
            )
        )
        if right - left > 26:
            middle = (left + right) / 2
            parts.append(
                svg.text(
                    middle, top + 16.5, words.score(share, 0), class_=f"on-{state}", text_anchor="middle"
                )
            )
    return parts
