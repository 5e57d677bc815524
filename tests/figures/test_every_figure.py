"""What holds for each figure, whatever its teams are called."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

import figures
from figures import svg
from tests.figures.drawn import (
    HOSTILE,
    all_of,
    assert_inside,
    description,
    number,
    parsed,
    points,
    texts,
)

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
NAMES = [*HOSTILE, "Calm", "Keen"]
TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def steps(title: str, width: int) -> str:
    lines = [
        figures.Line(
            who,
            [(START + timedelta(days=place), 0.5), (START + timedelta(days=30 + place), 0.7)],
            is_highlighted=place == 1,
        )
        for place, who in enumerate(NAMES)
    ]
    levels = [figures.Level(who, 0.6) for who in HOSTILE[:2]]
    ceiling = figures.Level(HOSTILE[2], 0.9)
    return figures.step_chart(
        "steps", title, lines, baselines=levels, ceiling=ceiling, axis=HOSTILE[0], width=width
    )


def forest(title: str, width: int) -> str:
    rows = [
        figures.Interval(who, 0.5 + place / 50, 0.4, 0.8, place == 2, f"{place + 1} ·1–4")
        for place, who in enumerate(NAMES)
    ]
    reference = figures.Level(HOSTILE[0], 0.6)
    return figures.forest_plot("forest", title, rows, reference=reference, width=width)


def critical(title: str, width: int) -> str:
    ranks = [1 + place * 0.9 for place in range(len(NAMES))]
    cliques = [(0, 1, 2), (2, 3, 4)]
    return figures.cd_diagram("critical", title, NAMES, ranks, cliques, 1.9, width=width)


def heat(title: str, width: int) -> str:
    rows = [
        figures.MatrixRow(who, [0.5, -0.2, None], is_baseline=place < 3)
        for place, who in enumerate(NAMES)
    ]
    return figures.matrix("heat", title, NAMES[:3], rows, width=width)


def headroom(title: str, width: int) -> str:
    rows = [figures.Headroom(who, 0.1, 0.8, who, 0.7, 0.9) for who in NAMES]
    return figures.headroom_bars("headroom", title, rows, width=width)


def shifts(title: str, width: int) -> str:
    count = len(NAMES)
    rows = [figures.Shift(who, place + 1, count - place) for place, who in enumerate(NAMES)]
    return figures.shake_up("shifts", title, rows, width=width)


def confused(title: str, width: int) -> str:
    shares = [[0.5 if one == other else 0.05 for other in NAMES] for one in NAMES]
    return figures.confusion("confused", title, NAMES, NAMES, shares, width=width)


def curve(title: str, width: int) -> str:
    points = [(place / 12, 1 - place / 20) for place in range(1, 13)]
    return figures.precision_recall("curve", title, points, 0.2, width=width)


def calibration(title: str, width: int) -> str:
    bins = [figures.Stated((place + 0.5) / 15, 0.5, place / 105) for place in range(15)]
    return figures.reliability("calibration", title, bins, width=width)


def classes(title: str, _: int) -> str:
    bars = [figures.Bar(who, place / 100, f"{place:,} · 7 %") for place, who in enumerate(NAMES)]
    return figures.class_bars("classes", title, bars, rest="3 more classes with 1 row each")


def pairs(title: str, _: int) -> str:
    first, second = (HOSTILE[4], [0.2] * 5), ("other", [0.0, 0.1, 0.1, 0.7, 0.1])
    axis = ("0", "similarity", "1")
    description = "Calm: 0.2 everywhere."
    return figures.overlap("pairs", title, description, filled=first, outlined=second, axis=axis)


def hours(title: str, width: int) -> str:
    came = [figures.Hour(START + timedelta(hours=n), n % 7, n % 3) for n in range(48)]
    return figures.hour_bars("hours", title, came, width=width)


def times(title: str, width: int) -> str:
    moved = START + timedelta(days=40)
    moments = [
        figures.Moment(who, START + timedelta(days=9 * place), moved, "10:00 in Europe/Berlin")
        for place, who in enumerate(NAMES)
    ]
    return figures.timeline("times", title, moments, START, width=width)


NAMELESS = (curve, calibration, pairs, hours)
EVERY: list[Callable[[str, int], str]] = [
    *(steps, forest, critical, heat, headroom, shifts),
    *(confused, curve, calibration, classes, pairs, hours, times),
]
each = pytest.mark.parametrize("draw", EVERY)
widths = pytest.mark.parametrize("width", [320, 358, 720, 1136])


@each
@widths
def test_marks_lie_inside(draw: Callable[[str, int], str], width: int) -> None:
    figure = draw("The finding", width)
    assert_inside(figure)
    assert len(list(points(parsed(figure)))) > (5 if draw is pairs else 20)


@each
@pytest.mark.parametrize("title", HOSTILE)
def test_any_name_and_title_gives_well_formed_xml(
    draw: Callable[[str, int], str], title: str
) -> None:
    figure = draw(title, 720)
    root = parsed(figure)
    allowed = {"svg", "title", "desc", "g", "text", "line", "circle", "rect", "path"}
    assert {element.tag.partition("}")[2] for element in root.iter()} <= allowed
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name in ("style", "class") or name.startswith("on")}
    assert "javascript" not in figure


@each
def test_no_text_turns_the_direction_or_has_no_end(draw: Callable[[str, int], str]) -> None:
    figure = draw(HOSTILE[2], 720)
    assert not TURNING.search(figure)
    assert "�" in figure
    assert max(map(len, texts(parsed(figure)))) <= 100
    assert "…" in figure or draw in NAMELESS


@each
def test_the_finding_and_the_numbers_are_read_out(draw: Callable[[str, int], str]) -> None:
    figure = draw("Calm leads", 720)
    root = parsed(figure)
    ids = {element.attrib["id"]: element.text for element in root.iter() if "id" in element.attrib}
    assert root.attrib["role"] == "img"
    assert ids[root.attrib["aria-labelledby"]] == "Calm leads"
    assert re.search(r"\d", ids[root.attrib["aria-describedby"]] or "")
    assert "Calm" in description(figure) or draw in (heat, *NAMELESS)
    assert texts(root)[0] == "Calm leads"


@each
def test_a_figure_shrinks_with_its_page(draw: Callable[[str, int], str]) -> None:
    root = parsed(draw("The finding", 720))
    assert "height" not in root.attrib
    assert number(root, "width") == float(root.attrib["viewBox"].split()[2])


@each
def test_colours_follow_the_theme_and_are_fixed_in_a_file(
    draw: Callable[[str, int], str],
) -> None:
    figure = draw("The finding", 720)
    root = parsed(figure)
    paints = {
        element.attrib[name]
        for element in root.iter()
        for name in ("fill", "stroke")
        if name in element.attrib
    } - {"none"}
    assert paints
    assert [p for p in paints if not re.fullmatch(r"var\(--[\w-]+, #[0-9a-f]{6}\)", p)] == []
    file = figures.standalone(figure)
    assert "var(" not in file
    ground = all_of(parsed(file), "rect")[0]
    assert (ground.attrib["width"], ground.attrib["fill"]) == ("100%", "#f8f9f6")


def test_a_long_finding_takes_several_lines() -> None:
    short, long = (heat(title, 360) for title in ("Short", "A rather long finding " * 8))
    assert len(texts(parsed(long))) > len(texts(parsed(short))) + 2
    assert_inside(long)


def test_a_percentage_stays_in_one_line() -> None:
    words = "very many words"
    for more in range(12):
        finding = f"{words} {'x' * more} 99 % of the way"
        lines = texts(parsed(svg.sheet("s", finding, "told", (352, 10), [])))
        assert any("99 %" in line for line in lines)
        assert all(line.isprintable() for line in lines)


def test_names_are_cut_by_how_wide_their_letters_are() -> None:
    wide, slim = svg.cut("M" * 60, 104), svg.cut("i" * 60, 104)
    assert wide == "M" * 7 + "…"
    assert slim.count("i") > 2 * len(wide)
    assert svg.cut("Random Forest Rangers", 156) == "Random Forest Rangers"


def test_a_cut_name_does_not_end_in_a_blank() -> None:
    assert svg.cut("Random Forest", svg.width_of("Random …")) == "Random…"


def test_hyphens_are_not_as_wide_as_figures() -> None:
    assert svg.label(0, 0, "k-Nearest").startswith('<g font-variant="normal">')
    assert svg.label(0, 0, "−0.5").startswith("<text")
