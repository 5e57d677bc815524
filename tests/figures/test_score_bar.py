"""One score on a bar from the trivial prediction to the best, the better end at the right."""

import math

from figures import ScoreBar, score_bar
from tests.figures.drawn import assert_inside, description, number, parsed, texts

MARKS = (("trivial", 0.1), ("AutoGluon", 0.8), ("best: Keen", 0.9))
BAR = ScoreBar(0.82, 0.77, 0.86, MARKS, decimals=2)


def dot(figure: str) -> float:
    (found,) = parsed(figure).iter("{http://www.w3.org/2000/svg}circle")
    return number(found, "cx")


def test_the_description_has_all_values() -> None:
    assert description(score_bar("b", "t", BAR)) == (
        "This submission 0.82 (0.77 to 0.86); trivial 0.10; AutoGluon 0.80; best: Keen 0.90."
    )


def test_each_value_is_named_and_inside() -> None:
    for width in (352, 640):
        figure = score_bar("b", "t", BAR, width=width)
        assert {"0.82 this submission", "0.80 AutoGluon"} <= set(texts(parsed(figure)))
        assert_inside(figure)


def test_the_better_end_is_at_the_right() -> None:
    assert dot(score_bar("b", "t", BAR, width=640)) > 320
    lower = ScoreBar(0.2, marks=(("trivial", 1.0),), higher_is_better=False)
    assert dot(score_bar("b", "t", lower, width=640)) > 320


def test_what_is_not_known_has_no_mark_and_without_marks_there_is_no_bar() -> None:
    assert score_bar("b", "t", ScoreBar(0.5)) == ""
    assert score_bar("b", "t", ScoreBar(0.5, marks=(("trivial", math.nan), ("x", None)))) == ""
    assert "0.50" in score_bar("b", "t", ScoreBar(0.5, marks=(("trivial", 0.5),), decimals=2))
