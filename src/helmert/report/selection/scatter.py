"""Quality against bytes: one panel for each candidate, all with the same axes, drawn in pixels so that labels can be
kept from lying on each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helmert.report import figures
from helmert.report.axis import Axis
from helmert.report.selection.quality import spread
from helmert.selection.scorecard import Cell, Quantisation, Scorecard

WIDTH, HEIGHT = 420.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 42.0, 16.0, 12.0, 40.0
LETTER = 6.3
"""Width of a character of a label."""
LINE = 12.0
"""Height of a label."""
RADIUS = 5.0
NAMES: dict[Quantisation, str] = {
    "float32": "f32",
    "float16": "f16",
    "int8": "int8",
    "binary": "bin",
    "binary+rescore": "bin+r",
}
"""Short names for labels; the legend has the long ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Text beside a mark."""

    x: float
    y: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One cell of the sweep."""

    x: float
    y: float
    low: float
    high: float
    """Where the whisker ends; y grows downwards, so low lies below high."""
    shape: Quantisation
    front: bool
    title: str
    """Everything about it in words, shown when pointed at."""
    label: Label | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A tick with its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One candidate's chart."""

    name: str
    spots: tuple[Spot, ...]
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]
    line: str
    """Points of the front's line."""
    summary: str
    """The chart in a sentence, for those who do not see it."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The axes that all panels share: bytes on a logarithmic scale, quality on a straight one."""

    bytes: Axis
    quality: Axis

    @classmethod
    def of(cls, cells: Sequence[Cell], primary: str) -> _Frame:
        widths = [math.log2(cell.bytes_per_vector) for cell in cells]
        return cls(Axis(min(widths) - 0.5, max(widths) + 0.8), spread([cell.quality[primary] for cell in cells]))

    def x(self, count: float) -> float:
        return round(LEFT + self.bytes.place(math.log2(count)) / 100 * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - self.quality.place(value) / 100 * (HEIGHT - TOP - BOTTOM), 1)

    def across(self) -> tuple[Mark, ...]:
        """Powers of two, at most six."""
        first, last = math.ceil(self.bytes.low), math.floor(self.bytes.high)
        step = max(1, math.ceil((last - first) / 5))
        return tuple(
            Mark(at=self.x(2.0**power), text=figures.size(2**power) if power < 10 else f"{2**power:,} B")
            for power in range(first, last + 1, step)
        )

    def up(self) -> tuple[Mark, ...]:
        return tuple(
            Mark(at=round(HEIGHT - BOTTOM - tick.x / 100 * (HEIGHT - TOP - BOTTOM), 1), text=tick.text)
            for tick in self.quality.ticks(signed=False)
        )


def panels(card: Scorecard) -> tuple[Panel, ...]:
    """A panel for each candidate of the sweep, in the order of the scorecard's rows."""
    drawn = [cell for cell in card.sweep if card.primary in cell.quality and cell.bytes_per_vector > 0]
    if not drawn:
        return ()
    frame = _Frame.of(drawn, card.primary)
    rows = [row.name for row in card.rows]
    names = sorted(
        {cell.candidate for cell in drawn}, key=lambda name: (rows.index(name) if name in rows else 999, name)
    )
    return tuple(_panel(name, [cell for cell in drawn if cell.candidate == name], frame, card) for name in names)


def _panel(name: str, cells: Sequence[Cell], frame: _Frame, card: Scorecard) -> Panel:
    primary = card.primary
    places = {id(cell): (frame.x(cell.bytes_per_vector), frame.y(cell.quality[primary].value)) for cell in cells}
    labels = _labels(cells, places, primary)
    spots = [
        Spot(
            x=places[id(cell)][0],
            y=places[id(cell)][1],
            low=frame.y(cell.quality[primary].low),
            high=frame.y(cell.quality[primary].high),
            shape=cell.quantisation,
            front=cell.on_front,
            title=title(cell, primary),
            label=labels.get(id(cell)),
        )
        for cell in sorted(cells, key=lambda cell: cell.on_front)
    ]
    rising = list(_rising(cells, primary))
    return Panel(
        name=name,
        spots=tuple(spots),
        across=frame.across(),
        up=frame.up(),
        line=" ".join(f"{places[id(cell)][0]},{places[id(cell)][1]}" for cell in rising),
        summary=f"{name}: {primary} against bytes for each vector, {len(cells)} ways to store it. The front: "
        + "; ".join(title(cell, primary) for cell in rising),
    )


def _rising(cells: Iterable[Cell], primary: str) -> Iterable[Cell]:
    """The cells of the front from the cheapest on, each with a higher mean than those before it."""
    top = -math.inf
    for cell in sorted(cells, key=lambda cell: (cell.bytes_per_vector, -cell.quality[primary].value)):
        if cell.on_front and cell.quality[primary].value > top:
            top = cell.quality[primary].value
            yield cell


def title(cell: Cell, primary: str) -> str:
    """Everything about one mark in words."""
    stored = f"{cell.dims:,} dims, {cell.quantisation}, {cell.bytes_per_vector:,.10g} bytes"
    return f"{stored}: {primary} {figures.level(cell.quality[primary])}"


def _labels(cells: Sequence[Cell], places: dict[int, tuple[float, float]], primary: str) -> dict[int, Label]:
    """A label for each cell that has room for one beside it; cells on the front are served first."""
    taken = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in places.values()]
    made: dict[int, Label] = {}
    order = sorted(cells, key=lambda cell: (not cell.on_front, -cell.quality[primary].value, -cell.dims))
    for cell in order:
        text = f"{cell.dims} {NAMES[cell.quantisation]}"
        for label, box in _positions(*places[id(cell)], text):
            if _inside(box) and not any(_overlap(box, other) for other in taken):
                made[id(cell)] = label
                taken.append(box)
                break
    return made


Box = tuple[float, float, float, float]


def _positions(x: float, y: float, text: str) -> Iterable[tuple[Label, Box]]:
    """Above, below, right and left of a mark, with the room the text takes."""
    width, gap = LETTER * len(text), RADIUS + 3
    for anchor, left, middle in (
        ("middle", x - width / 2, y - gap - LINE / 2),
        ("middle", x - width / 2, y + gap + LINE / 2),
        ("start", x + gap, y),
        ("end", x - gap - width, y),
        ("start", x + gap - 2, y - gap),
        ("end", x - gap - width + 2, y - gap),
        ("start", x + gap - 2, y + gap),
        ("end", x - gap - width + 2, y + gap),
    ):
        at = {"middle": x, "start": left, "end": left + width}[anchor]
        box = (left, middle - LINE / 2, left + width, middle + LINE / 2)
        yield Label(x=round(at, 1), y=round(middle + 4, 1), anchor=anchor, text=text), box


def _inside(box: Box) -> bool:
    return box[0] >= LEFT and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT - BOTTOM


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
