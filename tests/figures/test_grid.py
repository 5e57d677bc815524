"""The matrix: a cell per team and task, deeper with skill, a dash without an entry."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import podium
from figures import MatrixRow, matrix
from figures.grid import STRONGEST
from tests.figures.drawn import all_of, assert_inside, description, number, parsed, texts

CSS = Path(podium.__file__).parent / "static" / "podium" / "podium.css"


def cells(figure: str) -> list[tuple[str, float]]:
    """Custom property and depth of each coloured cell."""
    return [
        (rect.attrib["fill"], float(rect.get("fill-opacity", "1")))
        for rect in all_of(parsed(figure), "rect")
    ]


def test_the_description_tells_the_best_of_each_task() -> None:
    rows = [
        MatrixRow("A", [0.5, None]),
        MatrixRow("B", [0.75, math.nan], is_baseline=True),
    ]
    assert description(matrix("m", "t", ["First", "Second"], rows)) == (
        "2 rows, 2 tasks; First: best B (baseline) with 0.75, 2 entered; Second: no entry."
    )


def test_every_value_is_printed_and_what_is_missing_is_a_dash() -> None:
    figure = matrix("m", "t", ["First", "Second", "Third"], [MatrixRow("A", [0.5, -0.125])])
    assert texts(parsed(figure))[1:-1] == ["First", "Second", "Third", "A", "0.50", "−0.12", "–"]
    assert len(cells(figure)) == 2


def test_skill_deepens_the_colour_and_its_sign_turns_it() -> None:
    skills = [0.2, 0.6, 1.0, 5.0, -0.6, 0.0]
    drawn = cells(matrix("m", "t", list("abcdef"), [MatrixRow("A", skills)]))
    depths = [depth for _, depth in drawn]
    assert depths[0] < depths[1] < depths[2] == depths[3] == STRONGEST
    assert depths[4] == depths[1]
    assert depths[5] == 0
    assert ["--failed" in fill for fill, _ in drawn] == [False, False, False, False, True, True]


def test_a_baseline_says_so_however_long_its_name_is() -> None:
    rows = [MatrixRow("a long name " * 6, [0.5], is_baseline=True), MatrixRow("B", [0.5])]
    named = texts(parsed(matrix("m", "t", ["First"], rows)))
    assert [text for text in named if text.endswith("… (baseline)")]
    assert "B" in named


def test_long_names_of_tasks_slant_and_short_ones_do_not() -> None:
    rows = [MatrixRow("A", [0.5] * 10)]
    slanting = matrix("m", "t", ["Product categories"] * 10, rows)
    level = matrix("m", "t", ["Abt"] * 10, rows)
    assert slanting.count("rotate(-45)") == 10
    assert "rotate" not in level


def test_fifty_teams_and_ten_tasks_fit_and_thirty_tasks_make_it_wider() -> None:
    def of(tasks: int) -> str:
        rows = [MatrixRow(f"team {i}", [i / 50] * tasks) for i in range(50)]
        return matrix("m", "t", [f"task {i}" for i in range(tasks)], rows)

    assert parsed(of(10)).attrib["width"] == "720"
    assert number(parsed(of(30)), "width") > 1400
    assert_inside(of(30))


def test_no_rows_or_no_tasks_are_no_figure() -> None:
    assert matrix("m", "t", ["First"], []) == ""
    assert matrix("m", "t", [], [MatrixRow("A", [])]) == ""


@given(
    st.integers(1, 12),
    st.lists(st.lists(st.none() | st.floats(), max_size=14), min_size=1, max_size=8),
)
def test_any_values_are_drawn_inside(tasks: int, skills: list[list[float | None]]) -> None:
    rows = [MatrixRow(f"team {i}", values) for i, values in enumerate(skills)]
    figure = matrix("m", "t", [f"task {i}" for i in range(tasks)], rows)
    assert_inside(figure)
    assert all(0 <= depth <= STRONGEST for _, depth in cells(figure))


def luminance(colour: list[float]) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("name", ["accent", "failed"])
def test_the_deepest_cell_keeps_its_number_readable(theme: int, name: str) -> None:
    def colour(token: str) -> list[float]:
        found = re.search(rf"--{token}: light-dark\((#\w{{6}}), (#\w{{6}})\)", CSS.read_text())
        assert found
        code = found[1 + theme]
        return [int(code[place : place + 2], 16) / 255 for place in (1, 3, 5)]

    cell = [
        ground * (1 - STRONGEST) + paint * STRONGEST
        for ground, paint in zip(colour("paper"), colour(name), strict=True)
    ]
    dark, light = sorted((luminance(cell), luminance(colour("ink"))))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_slanting_heads_of_a_few_tasks_fit_on_a_phone() -> None:
    rows = [MatrixRow("A", [0.5] * 3)]
    figure = matrix("m", "t", ["Variants of one product"] * 3, rows, width=352)
    assert "rotate(-45)" in figure
    assert parsed(figure).attrib["width"] == "352"
