"""The page of a trace: for each swap, what it costs each arm, and which piece put back makes up for it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from remem.outgoing import csv_text
from remem.report import words
from remem.report.heat import Map, heat_maps
from remem.report.svg import Figure, standalone
from remem.report.template import environment
from remem.scoring.stats import Interval, interval
from remem.studies.tracing.groups import GROUPS, TITLES

KINDS = {"hidden": "Hidden state", "attention": "Attention output", "mlp": "MLP output"}
SWAPS = {"image": "Another person's picture", "name": "Another person's name"}
Rows = list[dict[str, Any]]
Facts = Mapping[str, Hashable]  # item id -> which fact it asks for


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The mean effect of one kind of output, layer and group of tokens."""

    arm: str
    swap: str
    kind: str
    layer: int
    group: str
    effect: float | None  # nats; mean over items
    low: float | None
    high: float | None
    share: float | None  # summed effects over summed costs of the swap; None where that costs nothing
    over: str
    people: int
    items: int


@dataclass(frozen=True)
class Told:
    """One arm under one swap, on the page."""

    arm: str
    sentences: list[str]
    figure: Figure


def write(out: Path, traced: dict[str, tuple[dict[str, Any], Rows]], facts: Facts) -> Path:
    """Writes index.html, trace.csv, trace.json and figures/ into `out`; returns the page's path."""
    (out / "figures").mkdir(parents=True, exist_ok=True)
    sections: list[tuple[str, list[Told]]] = []
    cells: list[Cell] = []
    costs: list[dict[str, Any]] = []
    for swap, title in SWAPS.items():
        parts = {arm: [row for row in rows if row["swap"] == swap] for arm, (_, rows) in traced.items()}
        cost = {arm: _cost(rows, facts) for arm, rows in parts.items() if rows}
        found = {arm: _cells(arm, swap, parts[arm], cost[arm], facts) for arm in cost}
        most = max((abs(one.effect or 0) for inside in found.values() for one in inside), default=0)
        told = []
        for arm, inside in found.items():
            costs.append({"arm": arm, "swap": swap, **asdict(cost[arm])})
            figure = _figure(arm, title, inside, most)
            (out / "figures" / f"{swap}-{arm}.svg").write_text(standalone(figure), "utf-8")
            told.append(Told(words.arm(arm), _sentences(inside, cost[arm]), figure))
            cells += inside
        if told:
            sections.append((title, told))
    _tables(out, cells, costs)
    page = out / "index.html"
    abouts = {arm: about for arm, (about, _) in traced.items()}
    html = environment().get_template("tracing.html")
    page.write_text(html.render(sections=sections, abouts=abouts, words=words), "utf-8")
    return page


def _tables(out: Path, cells: list[Cell], costs: list[dict[str, Any]]) -> None:
    table = csv_text([field.name for field in fields(Cell)], (asdict(cell).values() for cell in cells))
    (out / "trace.csv").write_text(table, "utf-8")
    whole = {"costs": costs, "cells": [asdict(cell) for cell in cells]}
    (out / "trace.json").write_text(json.dumps(whole, indent=1, allow_nan=False) + "\n", "utf-8")


def _cost(rows: Rows, facts: Facts) -> Interval:
    """What the swap takes from the answer's log-prob, nats: the same in all rows of an item."""
    items = {row["id"]: row for row in rows}.values()
    return _over([row["clean"] - row["corrupted"] for row in items], list(items), facts)


def _over(nats: list[float], rows: Rows, facts: Facts) -> Interval:
    who, asked = [row["person"] for row in rows], [facts[row["id"]] for row in rows]
    return interval(nats, who, facts=asked, bounds=(None, None))


def _cells(arm: str, swap: str, rows: Rows, cost: Interval, facts: Facts) -> list[Cell]:
    inside: dict[tuple[str, int, str], Rows] = defaultdict(list)
    for row in rows:
        inside[row["kind"], row["layer"], row["group"]].append(row)
    # Where the swap may cost nothing, a share of the cost would be noise over noise.
    lowest = cost.low if cost.low is not None else cost.mean
    costly = lowest is not None and lowest > 0
    found = []
    for (kind, layer, group), here in inside.items():
        mean = _over([row["effect"] for row in here], here, facts)
        gap = sum(row["clean"] - row["corrupted"] for row in here)
        found.append(
            Cell(
                arm=arm,
                swap=swap,
                kind=kind,
                layer=layer,
                group=group,
                effect=mean.mean,
                low=mean.low,
                high=mean.high,
                share=sum(row["effect"] for row in here) / gap if costly and gap > 0 else None,
                over=mean.over,
                people=mean.people,
                items=mean.items,
            )
        )
    return found


def _figure(arm: str, title: str, cells: list[Cell], most: float) -> Figure:
    there = [group for group in GROUPS if any(cell.group == group for cell in cells)]
    layers = 1 + max(cell.layer for cell in cells)
    value = {(cell.kind, cell.group, cell.layer): cell.effect for cell in cells}
    maps = [
        Map(
            name,
            tuple(TITLES[group] for group in there),
            tuple(tuple(value.get((kind, group, layer)) for layer in range(layers)) for group in there),
        )
        for kind, name in KINDS.items()
    ]
    return heat_maps(f"{words.arm(arm)}: {title}", "nats", maps, most)


def _sentences(cells: list[Cell], cost: Interval) -> list[str]:
    """What the heat maps show, from fixed rules."""
    ends = f" ({cost.low:.1f} to {cost.high:.1f})" if cost.low is not None and cost.high is not None else ""
    over = f"over {words.count(cost.items, 'item')} about {words.count(cost.people, 'person', 'people')}"
    text = f"The swap costs {cost.mean:.1f} nats{ends}".replace("-", "−") + f" {over}"
    if all(cell.share is None for cell in cells):
        return [f"{text}: it is not shown to make the answer less likely, so there is nothing to put back."]
    who = "image" if cells[0].swap == "image" else "name"
    leaves = _first(cells, who, lambda share: share < 0.5)
    arrives = _first(cells, "last", lambda share: share >= 0.5)
    told = [
        f"{text}.",
        f"The hidden state at the {TITLES[who]} brings half of it back to the last layer."
        if leaves is None
        else f"The hidden state at the {TITLES[who]} brings back less than half from layer {leaves} on.",
    ]
    if arrives is not None:
        told.append(f"At the last token it brings back half or more from layer {arrives} on.")
    for kind, name in (("attention", "attention"), ("mlp", "MLP")):
        best = max((cell for cell in cells if cell.kind == kind), key=lambda cell: cell.effect or 0.0)
        if best.share is not None and best.low is not None and best.low > 0:
            told.append(
                f"Of all {name} outputs layer {best.layer}'s at the {TITLES[best.group]} brings back most: "
                f"{words.score(best.share, 0)} %."
            )
    return told


def _first(cells: list[Cell], group: str, holds: Callable[[float], bool]) -> int | None:
    """The first layer from which on this holds of the hidden state's share at a group."""
    shares = sorted(
        (c.layer, c.share) for c in cells if (c.kind, c.group) == ("hidden", group) and c.share is not None
    )
    found: int | None = None
    for layer, share in reversed(shares):
        if not holds(share):
            break
        found = layer
    return found
