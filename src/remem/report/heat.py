"""Heat maps of a trace: layers across, groups of tokens down, one map for each kind of output."""

from dataclasses import dataclass

from markupsafe import Markup

from remem.report import svg

ROW = 26  # px
WORDED = 9  # layers, up to which numbers stand in the cells


@dataclass(frozen=True)
class Map:
    title: str
    rows: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]  # [row][layer]; None: not measured


def heat_maps(title: str, unit: str, maps: list[Map], most: float) -> svg.Figure:
    """The maps side by side in the wide drawing, below each other in the narrow one.

    `most` is the value of full colour, so that several figures can be compared; negative cells have another
    colour.
    """
    description = "; ".join(_spoken(one, unit) for one in maps)
    room = _room(maps)
    height = 64 + ROW * max(len(one.rows) for one in maps)
    drawings = []
    for columns, width in ((len(maps), 1040), (1, 380)):
        each = (width - room) / columns
        parts = []
        for number, one in enumerate(maps):
            across, down = room + number % columns * each, number // columns * height
            inside = _map(one, each, most)
            if number % columns == 0:
                inside += _names(one)
            place = f"translate({across:.1f},{down})"
            parts.append(svg.element("g", *inside, transform=place))
        whole = height * -(-len(maps) // columns)
        drawings.append(svg.drawing(width, whole, title, description, *parts))
    return svg.Figure(title, description, *drawings)


def _room(maps: list[Map]) -> float:
    return 14 + max((len(row) for one in maps for row in one.rows), default=0) * svg.FONT * svg.CHARACTER


def _spoken(one: Map, unit: str) -> str:
    found = [
        (value, row, layer)
        for row, cells in zip(one.rows, one.cells, strict=True)
        for layer, value in enumerate(cells)
        if value is not None
    ]
    if not found:
        return f"{one.title}: nothing measured"
    value, row, layer = max(found)
    return f"{one.title}: greatest {_number(value)} {unit} at layer {layer}, {row}"


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")


def _names(one: Map) -> list[Markup]:
    return [
        svg.text(-8, 28 + ROW * number + 16, row, class_="tick", text_anchor="end")
        for number, row in enumerate(one.rows)
    ]


def _map(one: Map, width: float, most: float) -> list[Markup]:
    layers = max((len(cells) for cells in one.cells), default=1)
    size = (width - 24) / layers
    parts = [svg.text(0, 16, one.title, class_="label")]
    for number, (row, cells) in enumerate(zip(one.rows, one.cells, strict=True)):
        top = 28 + ROW * number
        parts += [
            _cell(size * layer, top, size, value, most, f"layer {layer}, {row}", layers <= WORDED)
            for layer, value in enumerate(cells)
        ]
    bottom = 28 + ROW * len(one.rows)
    every = max(1, -(-layers // 8))
    for layer in range(0, layers, every):
        x = size * (layer + 0.5)
        parts.append(svg.text(x, bottom + 14, str(layer), class_="tick", text_anchor="middle"))
    parts.append(svg.text(width - 24, bottom + 28, "layer →", class_="axis-title", text_anchor="end"))
    return parts


def _cell(
    x: float, y: float, size: float, value: float | None, most: float, where: str, worded: bool
) -> Markup:
    shown = "not measured" if value is None else _number(value)
    strength = 0.0 if value is None or most <= 0 else min(1.0, abs(value) / most)
    kind = "none" if value is None else "loss" if value < 0 else "gain"
    parts = [
        svg.element("title", f"{where}: {shown}"),
        svg.element(
            "rect",
            x=x,
            y=float(y),
            width=size - 1,
            height=float(ROW - 1),
            class_=f"heat {kind}",
            style=f"fill-opacity:{strength:.2f}" if value is not None else None,
        ),
    ]
    if worded and value is not None:
        style = "on-dark" if strength > 0.6 else "on-paper"
        parts.append(
            svg.text(x + size / 2, y + 17, shown, class_=f"heat-value {style}", text_anchor="middle")
        )
    return svg.element("g", *parts)
