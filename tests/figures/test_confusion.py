"""The confusion matrix: percent of each true class, right ones in one colour, wrong in another."""

from figures import confusion, similar_order
from figures.confusion import LEGEND, percent
from figures.grid import STRONGEST
from tests.figures.drawn import all_of, assert_inside, description, parsed, texts

SHARES = [[0.8, 0.196, 0.004], [0.0, 1.0, 0.0]]


def drawn(**fields: int) -> str:
    return confusion("c", "t", ["cat", "dog"], ["cat", "dog", "other classes"], SHARES, **fields)


def test_every_share_is_printed_in_percent() -> None:
    found = texts(parsed(drawn(width=720)))
    assert found == [
        *("t", "cat", "dog", "other classes"),
        *("cat", "80", "20", "<1"),
        *("dog", "0", "100", "0"),
        LEGEND,
    ]


def test_right_and_wrong_differ_in_colour_and_shares_in_depth() -> None:
    cells = [
        (rect.attrib["fill"].split(",")[0], float(rect.get("fill-opacity", "1")))
        for rect in all_of(parsed(drawn()), "rect")
    ]
    right, wrong = "var(--accent", "var(--failed"
    assert [colour for colour, _ in cells] == [right, wrong, wrong, wrong, right, wrong]
    assert [depth for _, depth in cells[3:]] == [0.0, STRONGEST, 0.0]
    assert cells[0][1] > cells[1][1] > cells[2][1]


def test_the_description_tells_what_is_right_and_what_each_is_taken_for_most() -> None:
    assert description(drawn()) == "cat: 80 % right, 20 % dog; dog: 100 % right."


def test_twelve_classes_fit_a_phone_but_for_a_little() -> None:
    names = [f"class {code}" for code in range(12)]
    shares = [[1 / 12] * 12] * 12
    figure = confusion("c", "t", names, names, shares, width=352)
    assert_inside(figure)
    assert float(parsed(figure).attrib["width"]) < 530


def test_without_classes_there_is_no_figure() -> None:
    assert confusion("c", "t", [], [], []) == ""


def test_no_share_looks_like_none() -> None:
    found = [percent(share) for share in (0.0, 0.0001, 0.005, 0.01, 1.0)]
    assert found == ["0", "<1", "<1", "1", "100"]


def test_classes_that_are_confused_become_neighbours() -> None:
    shares = [
        [0.9, 0.0, 0.1, 0.0],
        [0.0, 0.6, 0.0, 0.4],
        [0.2, 0.0, 0.8, 0.0],
        [0.0, 0.3, 0.0, 0.7],
    ]
    assert similar_order(shares) == [1, 3, 0, 2]
    assert similar_order([]) == []
    assert similar_order([[1.0]]) == [0]


def test_many_classes_fit_a_page_and_have_their_values_as_titles() -> None:
    names = [f"c{place}" for place in range(20)]
    shares = [[float(row == column) for column in range(20)] for row in range(20)]
    figure = confusion("c", "t", names, names, shares, width=520)
    assert "c3 predicted as c3: 100 %" in figure
    assert "100" not in texts(parsed(figure))
    assert parsed(figure).get("width") == "520"
