"""Which teams differ from a baseline beyond noise, and how much of the headroom is left."""

from math import inf, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.verdict import Shown, compare_with, headroom_left, p_value


def entry(name: str, score: float, half: float | None = 0.02) -> Shown:
    if half is None:
        return Shown(name, score)
    return Shown(name, score, score - half, score + half)


def test_teams_are_ahead_match_or_are_behind_by_the_interval_of_the_difference() -> None:
    baseline = entry("AutoGluon", 0.8)
    teams = [entry(*each) for each in (("A", 0.9), ("B", 0.82), ("C", 0.8), ("D", 0.7))]
    found = compare_with(baseline, [*teams, entry("E", 0.9, None)], higher_is_better=True)
    names = [[team.name for team in group] for group in vars(found).values()]
    assert names == [["A"], ["B", "C"], ["D"], ["E"]]


def test_where_lower_is_better_the_lower_score_is_ahead() -> None:
    found = compare_with(
        entry("AutoGluon", 0.5), [entry("A", 0.4), entry("B", 0.6)], higher_is_better=False
    )
    assert [team.name for team in found.ahead] == ["A"]
    assert [team.name for team in found.behind] == ["B"]


def test_the_ends_that_face_each_other_count() -> None:
    wide_away = Shown("A", 0.85, 0.84, 0.99)
    wide_towards = Shown("B", 0.85, 0.70, 0.86)
    baseline = entry("AutoGluon", 0.8)
    found = compare_with(baseline, [wide_away, wide_towards], higher_is_better=True)
    assert found.ahead == (wide_away,)
    assert found.match == (wide_towards,)


def test_a_difference_of_the_width_of_its_interval_has_a_p_of_five_per_cent() -> None:
    p = p_value(entry("A", 0.85, 0.03), entry("B", 0.80, 0.04))
    assert p is not None
    assert isclose(p, 0.05, abs_tol=1e-6)


def test_more_teams_need_a_larger_difference() -> None:
    baseline, near = entry("AutoGluon", 0.8), entry("A", 0.83)
    assert compare_with(baseline, [near], higher_is_better=True).ahead == (near,)
    same = [entry(f"T{place}", 0.8) for place in range(20)]
    assert near in compare_with(baseline, [near, *same], higher_is_better=True).match


@pytest.mark.parametrize("half", [None, 0.0])
def test_without_an_interval_with_a_width_nothing_is_tested(half: float | None) -> None:
    team = entry("A", 0.9, half)
    assert compare_with(entry("B", 0.8, half), [team], higher_is_better=True).untested == (team,)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 0.3), st.floats(0.001, 0.3))
def test_the_p_value_does_not_depend_on_the_order(a: float, b: float, x: float, y: float) -> None:
    one, other = entry("A", a, x), entry("B", b, y)
    p = p_value(one, other)
    assert p is not None
    assert 0 <= p <= 1
    assert a == b or isclose(p, p_value(other, one) or 0.0)


@pytest.mark.parametrize(
    ("best", "start", "ceiling", "higher", "left"),
    [
        (0.9, 0.8, 1.0, True, 0.5),
        (0.7, 0.8, 1.0, True, 1.5),
        (1.0, 0.8, 0.9, True, -1.0),
        (0.1, 0.4, 0.0, False, 0.25),
        (0.9, 1.0, 1.0, True, None),
        (None, 0.8, 1.0, True, None),
        (0.9, None, 1.0, True, None),
        (0.9, 0.8, None, True, None),
        (0.9, 0.8, inf, True, None),
    ],
)
def test_the_headroom_left_is_a_share_of_the_way_to_the_ceiling(
    best: float | None, start: float | None, ceiling: float | None, higher: bool, left: float | None
) -> None:
    found = headroom_left(best, start, ceiling, higher)
    assert found == left if left is None else found is not None and isclose(found, left)
