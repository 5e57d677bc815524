"""Values over sizes that grow by factors."""

from itertools import pairwise

import pytest

from figures import Curve, Mark, curve_chart
from figures.curves import power_text
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts

MAIN = Curve("held out", [(100, 0.5), (200, 0.6), (400, 0.7)], [(0.4, 0.6), (0.5, 0.7), (0.6, 0.8)])
OTHER = Curve("learned", [(100, 1.0), (200, 0.9), (400, 0.8)])
AXES = ("rows", "accuracy")
SWEEP = Curve("held out", [(30, 0.2), (240, 400.0), (960, 0.02)])
FITTED = Curve("learned", [(30, 0.1), (240, 1e-27), (960, 1e-30)])


def chart(width: int = 520, **more: object) -> str:
    return curve_chart("c", "t", MAIN, OTHER, axes=AXES, width=width, **more)  # type: ignore[arg-type]


def test_equal_factors_are_equally_far_apart_and_higher_values_higher_up() -> None:
    dots = all_of(parsed(chart()), "circle")
    first, second, third = (number(dot, "cx") for dot in dots)
    assert second - first == pytest.approx(third - second, abs=0.2)
    heights = [number(dot, "cy") for dot in dots]
    assert heights == sorted(heights, reverse=True)


def test_each_point_has_its_interval_and_its_size() -> None:
    root = parsed(chart())
    upright = [line for line in all_of(root, "line") if number(line, "x1") == number(line, "x2")]
    for dot in all_of(root, "circle"):
        x, y = number(dot, "cx"), number(dot, "cy")
        assert any(
            number(line, "x1") == x and number(line, "y2") < y < number(line, "y1")
            for line in upright
        )
    assert {"100", "200", "400"} <= set(texts(root))


@pytest.mark.parametrize("width", [352, 520, 720])
def test_everything_stays_inside(width: int) -> None:
    assert_inside(chart(width))
    mark = Mark(240, "fits every row")
    assert_inside(
        curve_chart("c", "t", SWEEP, FITTED, axes=AXES, mark=mark, by_powers=True, width=width)
    )


def test_the_description_tells_both_curves_and_the_mark() -> None:
    figure = curve_chart(
        "c", "t", SWEEP, FITTED, axes=AXES, mark=Mark(240, "fits every row"), by_powers=True
    )
    assert description(figure) == (
        "held out: at 30 0.200; at 240 400; at 960 0.0200. "
        "learned: at 30 0.100; at 240 1e−27; at 960 1e−30. Line at 240: fits every row."
    )
    assert description(chart()).startswith("held out: at 100 0.500; at 200 0.600; at 400 0.700.")


def test_powers_of_ten_are_the_scale_and_what_is_below_lies_on_the_ground() -> None:
    root = parsed(curve_chart("c", "t", SWEEP, FITTED, axes=AXES, by_powers=True, width=520))
    assert {"0.01", "0.1", "1", "10", "100", "1,000"} <= set(texts(root))
    axis = max(number(line, "y1") for line in all_of(root, "line"))
    ends = [number(line, "y2") for line in all_of(root, "line")]
    assert max(ends) <= axis + 4


def test_numbers_of_sizes_do_not_lie_on_each_other() -> None:
    sizes = [8, 15, 30, 60, 120, 180, 210, 240, 270, 300, 360, 480, 960]
    sweep = Curve("a", [(size, 1.0 + size) for size in sizes])
    mark = Mark(240, "fits every row")
    root = parsed(curve_chart("c", "t", sweep, Curve("b", []), axes=AXES, mark=mark, width=352))
    numbers = {f"{size}" for size in sizes}
    places = {text.text: number(text, "x") for text in all_of(root, "text") if text.text in numbers}
    assert {"240", "960"} <= set(places), "the marked one and the last one have theirs"
    assert 4 <= len(places) < len(sizes)
    ordered = sorted(places.values())
    assert all(right - left > 20 for left, right in pairwise(ordered))


def test_one_point_is_drawn_and_none_gives_no_figure() -> None:
    one = Curve("a", [(50, 0.5)], [(0.4, 0.6)])
    assert_inside(curve_chart("c", "t", one, Curve("b", []), axes=AXES, width=352))
    assert curve_chart("c", "t", Curve("a", []), OTHER, axes=AXES) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0412, "0.0412"), (2.2139, "2.21"), (12_345.6, "12,346"), (1e-9, "1e−09")],
)
def test_a_number_of_any_size_has_about_three_figures(value: float, text: str) -> None:
    assert power_text(value) == text
