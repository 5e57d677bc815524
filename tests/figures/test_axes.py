"""Scales keep the order of values, ticks are round and few, labels do not overlap."""

import math
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from figures.axes import DAY, Scale, bounds, clamped, date_ticks, day, race, spread, ticks

values = st.floats(-1e6, 1e6)
times = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


@given(st.lists(values, min_size=2, max_size=20))
def test_a_scale_keeps_the_order_and_stays_on_its_pixels(given: list[float]) -> None:
    scale = Scale(*bounds(given), 40, 300)
    placed = [scale(value) for value in sorted(given)]
    assert placed == sorted(placed)
    assert all(40 <= x <= 300 for x in placed)


def test_a_scale_can_run_backwards_and_stops_at_its_ends() -> None:
    scale = Scale(0, 1, 200, 100)
    assert [scale(value) for value in (-5, 0, 0.25, 1, 7)] == [200, 200, 175, 100, 100]


@given(st.lists(values, min_size=1, max_size=20))
def test_bounds_leave_room_around_all_values(given: list[float]) -> None:
    low, high = bounds(given)
    assert low < min(given)
    assert high > max(given)


@example(42106, 1e-9, 2)  # 40000 and 45000 lie just outside of 5 % around it
@given(values, st.floats(1e-9, 1e6), st.integers(2, 12))
def test_ticks_lie_inside_and_are_few(low: float, span: float, most: int) -> None:
    low, high = bounds([low, low + span])
    found, decimals = ticks(low, high, most)
    room = (high - low) * 1e-6
    assert 0 < len(found) <= most + 2
    assert all(low - room <= value <= high + room for value in found)
    assert decimals >= 0


@pytest.mark.parametrize(
    ("low", "high", "values", "decimals"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1], 1),
        (0.701, 0.799, [0.72, 0.74, 0.76, 0.78], 2),
        (3, 47, [10, 20, 30, 40], 0),
    ],
)
def test_ticks_are_round(low: float, high: float, values: list[float], decimals: int) -> None:
    found, told = ticks(low, high, 5)
    assert found == pytest.approx(values)
    assert told == decimals


@given(times, st.floats(60, 40 * 365 * DAY), st.integers(150, 900))
def test_dates_lie_inside_in_order_and_fit(start: datetime, span: float, width: int) -> None:
    end = start + timedelta(seconds=span)
    found = date_ticks(start, end, width)
    instants = [time for time, _ in found]
    assert instants == sorted(set(instants))
    assert all(start <= time <= end for time in instants)
    assert (len(found) - 1) * 50 <= width


def test_dates_are_told_as_days_months_or_years() -> None:
    start = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)

    def said(days: float) -> list[str]:
        return [text for _, text in date_ticks(start, start + timedelta(days=days), 400)]

    assert said(0.5) == ["20 Nov 12:00", "20 Nov 18:00"]
    assert said(5) == ["21 Nov", "22 Nov", "23 Nov", "24 Nov", "25 Nov"]
    assert said(28) == ["23 Nov", "30 Nov", "7 Dec", "14 Dec"]
    assert said(130) == ["Dec", "2027", "Feb", "Mar"]
    assert said(365 * 4) == ["2027", "2028", "2029", "2030"]


def test_a_day_is_that_of_utc() -> None:
    east = timezone(timedelta(hours=9))
    assert day(datetime(2026, 1, 1, 3, tzinfo=east)) == "31 Dec 2025"


sized = st.lists(st.tuples(st.floats(-100, 600), st.floats(1, 40)), min_size=1, max_size=15)


@given(sized)
def test_labels_are_pushed_apart_in_their_order(items: list[tuple[float, float]]) -> None:
    wanted, sizes = [item[0] for item in items], [item[1] for item in items]
    placed = spread(wanted, sizes, 0, 500)
    squeeze = min(1, 500 / math.fsum(sizes))
    order = sorted(range(len(items)), key=lambda place: wanted[place])
    for one, other in pairwise(order):
        needed = (sizes[one] + sizes[other]) / 2 * squeeze
        assert placed[other] - placed[one] >= needed - 1e-6
    for middle, size in zip(placed, sizes, strict=True):
        assert middle - size * squeeze / 2 >= -1e-6
        assert middle + size * squeeze / 2 <= 500 + 1e-6


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([100, 20, 60], [20, 20, 20], 0, 200) == [100, 20, 60]


def test_two_labels_in_one_place_move_by_half() -> None:
    assert spread([50, 50], [20, 20], 0, 200) == [40, 60]


def test_nothing_to_place_is_no_error() -> None:
    assert spread([], [], 0, 100) == []


@pytest.mark.parametrize(
    ("core", "values", "part"),
    [
        ([0.8, 0.9], [0.1, 0.8, 0.9], (0.7, 0.9)),  # its width below, nothing above
        ([0.8, 0.9], [0.1, 0.8, 0.9, 5.0], (0.7, 1.0)),
        ([0.8, 0.9], [0.69, 0.8, 0.9], (0.69, 0.9)),  # not worth cutting
        ([0.8, 0.8], [0.1, 0.9], (0.1, 0.9)),  # no width to go by
        ([], [0.1, 0.9], (0.1, 0.9)),
        ([0.8, 0.9], [0.8, 0.9], (0.8, 0.9)),
    ],
)
def test_a_race_is_drawn_with_its_own_width_around_it(
    core: list[float], values: list[float], part: tuple[float, float]
) -> None:
    assert race(core, values) == pytest.approx(part)


@pytest.mark.parametrize(
    ("ends", "limits", "kept"),
    [
        ((-0.02, 1.02), (0, 1), (0, 1)),
        ((0.2, 0.8), (0, 1), (0.2, 0.8)),
        ((0.2, 1.8), None, (0.2, 1.8)),
        ((0.2, 1.8), (-math.inf, 1), (0.2, 1)),
        ((2, 3), (0, 1), (2, 3)),  # values that cannot be are drawn all the same
    ],
)
def test_an_axis_ends_where_its_values_must(
    ends: tuple[float, float], limits: tuple[float, float] | None, kept: tuple[float, float]
) -> None:
    assert clamped(ends, limits) == kept
