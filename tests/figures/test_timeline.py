"""Times on an axis: in their order, with now, and with where moved ones were."""

from datetime import UTC, datetime, timedelta

import pytest

from figures import Moment, timeline
from figures.svg import DASHED, PAPER
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_dots_are_in_the_order_of_the_times() -> None:
    moments = [Moment("Closes", START + 9 * DAY), Moment("Opens", START)]
    figure = timeline("t", "Times", moments, START + 3 * DAY)
    opens, closes = (number(each, "cx") for each in all_of(parsed(figure), "circle"))
    (now,) = [each for each in all_of(parsed(figure), "line") if "stroke-dasharray" in each.attrib]
    assert now.attrib["stroke-dasharray"] == DASHED
    assert abs((number(now, "x1") - opens) / (closes - opens) - 1 / 3) < 0.01
    assert description(figure) == (
        "Opens 1 Mar 2026, 12:00 UTC; Closes 10 Mar 2026, 12:00 UTC; now 4 Mar 2026, 12:00 UTC."
    )


def test_a_moved_time_has_a_ring_where_it_was() -> None:
    moved = Moment("Closes", START + 9 * DAY, was=START + 5 * DAY)
    figure = timeline("t", "Times", [Moment("Opens", START), moved], START)
    ring, dot = list(all_of(parsed(figure), "circle"))[1:]
    assert ring.attrib["fill"] == PAPER
    assert number(ring, "cx") < number(dot, "cx")
    assert "Closes 10 Mar 2026, 12:00 UTC, before 6 Mar 2026, 12:00 UTC" in description(figure)


@pytest.mark.parametrize("width", [320, 358, 720])
def test_the_readers_own_time_is_below_and_all_stays_inside(width: int) -> None:
    moments = [
        Moment("Opens", START, local="13:00 in Europe/Berlin"),
        Moment("The end of uploads that began in time", START + 90 * DAY),
    ]
    figure = timeline("t", "Times", moments, START + 90 * DAY, width=width)
    assert "13:00 in Europe/Berlin" in texts(parsed(figure))
    assert_inside(figure)


def test_one_time_that_is_now_is_drawn_too() -> None:
    assert_inside(timeline("t", "Times", [Moment("Opens", START)], START))
