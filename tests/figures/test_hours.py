"""Bars for hours: as tall as what came, with the part that failed at their foot."""

from datetime import UTC, datetime, timedelta

from figures import Hour, hour_bars
from figures.svg import ACCENT, FALL
from tests.figures.drawn import all_of, assert_inside, description, number, parsed

START = datetime(2026, 3, 1, 22, tzinfo=UTC)


def hours(*counts: tuple[int, int]) -> list[Hour]:
    return [Hour(START + timedelta(hours=place), *each) for place, each in enumerate(counts)]


def heights(figure: str, colour: str) -> list[float]:
    bars = [bar for bar in all_of(parsed(figure), "rect") if bar.attrib["fill"] == colour]
    return [number(bar, "height") for bar in bars]


def test_bars_are_as_tall_as_their_counts() -> None:
    figure = hour_bars("h", "t", hours((4, 0), (0, 0), (8, 2), (1, 1)))
    four, eight, one = heights(figure, ACCENT)
    assert abs(eight - 2 * four) < 0.2
    assert abs(eight - 8 * one) < 0.8
    two, failed = heights(figure, FALL)
    assert abs(four - 2 * two) < 0.2
    assert failed == one
    assert_inside(figure)


def test_hours_without_anything_are_not_read_out() -> None:
    figure = hour_bars("h", "t", hours((4, 0), (0, 0), (8, 2)))
    assert description(figure) == "1 Mar 2026 22:00 4; 2 Mar 2026 00:00 8, 2 failed."


def test_nothing_is_drawn_if_nothing_came() -> None:
    assert hour_bars("h", "t", hours((0, 0), (0, 0))) == ""
    assert hour_bars("h", "t", []) == ""


def test_counts_on_the_axis_are_whole() -> None:
    for most in (1, 2, 3, 10, 999):
        figure = hour_bars("h", "t", hours((most, 0), (0, 0)))
        marks = ["".join(text.itertext()) for text in all_of(parsed(figure), "text")]
        assert "0" in marks
        assert not [mark for mark in marks if "." in mark]


def test_it_fits_a_phone() -> None:
    for width in (320, 358, 720):
        assert_inside(hour_bars("h", "t", hours(*[(place, 0) for place in range(48)]), width=width))
