"""The chart of quality against bytes: in order, inside its frame, and with labels that can be read."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.report.selection import scatter
from helmert.selection.scorecard import Cell, Estimate, Quantisation, Scorecard
from tests.report.selection.cards import BITS, PRIMARY


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[Cell, ...]:
    """Up to forty cells of one candidate at any quality, some on the front."""
    keys = [(dims, kind) for dims in (8, 32, 64, 128, 256, 512, 1024, 3072) for kind in BITS]
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=40, unique=True))
    made = []
    for dims, kind in chosen:
        low, value, high = sorted(draw(st.tuples(*[st.floats(min_value=0, max_value=1)] * 3)))
        made.append(cell(dims, kind, Estimate(value=value, low=low, high=high), front=draw(st.booleans())))
    return tuple(made)


def cell(dims: int, kind: Quantisation, quality: Estimate, *, front: bool) -> Cell:
    return Cell(
        candidate="minilm",
        dims=dims,
        quantisation=kind,
        bytes_per_vector=dims * BITS[kind] / 8,
        quality={PRIMARY: quality},
        loss=Estimate(value=0.0, low=0.0, high=0.0),
        on_front=front,
    )


def room(label: scatter.Label) -> tuple[float, float, float, float]:
    width = scatter.LETTER * len(label.text)
    left = label.x - {"middle": width / 2, "start": 0.0, "end": width}[label.anchor]
    return left, label.y - 4 - scatter.LINE / 2, left + width, label.y - 4 + scatter.LINE / 2


@settings(max_examples=40)
@given(sweeps())
def test_marks_stay_in_the_frame_and_labels_off_each_other(bare: Scorecard, cells: tuple[Cell, ...]) -> None:
    (panel,) = scatter.panels(replace(bare, sweep=cells))
    for spot in panel.spots:
        assert scatter.LEFT <= spot.x <= scatter.WIDTH - scatter.RIGHT
        assert scatter.TOP <= spot.high <= spot.y <= spot.low <= scatter.HEIGHT - scatter.BOTTOM
    boxes = [room(spot.label) for spot in panel.spots if spot.label]
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] + 0.2 or other[2] <= one[0] + 0.2
        assert apart or one[3] <= other[1] + 0.2 or other[3] <= one[1] + 0.2
    for left, top, right, bottom in boxes:
        assert 0 <= left <= right <= scatter.WIDTH + 0.1
        assert -0.1 <= top <= bottom <= scatter.HEIGHT


@settings(max_examples=40)
@given(sweeps())
def test_more_bytes_lie_further_right_and_better_lies_higher(bare: Scorecard, cells: tuple[Cell, ...]) -> None:
    (panel,) = scatter.panels(replace(bare, sweep=cells))
    spots = {spot.title: spot for spot in panel.spots}
    assert len(spots) == len(cells)
    drawn = [(each, spots[scatter.title(each, PRIMARY)]) for each in cells]
    for (one, left), (other, right) in combinations(drawn, 2):
        assert (one.bytes_per_vector < other.bytes_per_vector) <= (left.x <= right.x)
        assert (one.quality[PRIMARY].value < other.quality[PRIMARY].value) <= (left.y >= right.y)


@settings(max_examples=40)
@given(sweeps())
def test_the_line_of_the_front_rises_through_cells_on_it(bare: Scorecard, cells: tuple[Cell, ...]) -> None:
    (panel,) = scatter.panels(replace(bare, sweep=cells))
    points = [tuple(map(float, point.split(","))) for point in panel.line.split()]
    on_front = {(spot.x, spot.y) for spot in panel.spots if spot.front}
    assert set(points) <= on_front
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))
    assert all(later[1] <= earlier[1] for earlier, later in pairwise(points))
    assert bool(points) == bool(on_front)


def test_all_panels_share_their_axes_and_follow_the_rows(card: Scorecard) -> None:
    made = scatter.panels(card)
    assert [panel.name for panel in made] == ["multilingual-e5", "minilm", "wordllama"]
    assert len({(panel.across, panel.up) for panel in made}) == 1


def test_cells_of_a_real_sweep_on_the_front_are_mostly_labelled(card: Scorecard) -> None:
    for panel in scatter.panels(card):
        front = [spot for spot in panel.spots if spot.front]
        assert sum(spot.label is not None for spot in front) >= 0.6 * len(front)


def test_no_sweep_has_no_panels(bare: Scorecard) -> None:
    assert scatter.panels(bare) == ()
