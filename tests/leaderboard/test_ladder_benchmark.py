from xml.etree import ElementTree

import pytest

from benchmarks.ladder import MODES, figure, measured, table

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def records() -> list[dict]:
    return measured(rows=800, submissions=400, repeats=4)


def test_random_bits_gain_under_exact_and_rounded_but_not_under_ladder(records) -> None:
    gains = {each["mode"]: each["gain"] for each in records}
    assert gains["exact"] > 0.1
    assert gains["rounded"] > 0.05
    assert abs(gains["ladder"]) < 2 * (0.25 / 800) ** 0.5  # the luck of one or two files


def test_the_figure_tells_in_words_what_it_draws(records) -> None:
    drawn = ElementTree.fromstring(figure(records))  # noqa: S314 - made by this project
    assert drawn.get("role") == "img"
    told = drawn.findtext(f"{SVG}desc", "")
    assert all(f"{each['mode']} {each['accuracy'][-1]:.3f}" in told for each in records)
    assert len(drawn.findall(f"{SVG}polyline")) == len(MODES)
    assert {each.text for each in drawn.findall(f"{SVG}text")} >= set(MODES)


def test_the_table_has_a_line_for_each_mode(records) -> None:
    assert [line.split()[0] for line in table(records).splitlines()[1:]] == list(MODES)
