from hypothesis import given
from hypothesis import strategies as st

from leaderboard import Candidate, FinalRule, FinalTeam, competition_ranks, final_board, finals

HIGHER = FinalRule(higher_is_better=True, tie_break_higher=True)


def candidate(key: int, private: float | None, **facts) -> Candidate:
    return Candidate(
        **{"key": key, "received": float(key), "displayed": 0.5} | facts, private=private
    )


def board(*teams: FinalTeam, rule: FinalRule = HIGHER) -> list[tuple]:
    rows = final_board(teams, rule)
    return [(row.rank, row.team.key, row.counted and row.counted.key) for row in rows]


def test_selected_submissions_count_and_no_others() -> None:
    mine = [candidate(1, 0.9), candidate(2, 0.4, selected=True), candidate(3, 0.6, selected=True)]
    assert [each.key for each in finals(mine, True)] == [2, 3]
    assert board(FinalTeam("a", mine)) == [(1, "a", 3)]


def test_without_a_selection_the_best_displayed_counts_and_of_equals_the_earlier() -> None:
    mine = [
        candidate(1, 0.9, displayed=None),
        candidate(4, 0.8, displayed=0.6),
        candidate(2, 0.1, displayed=0.6),
        candidate(3, 0.9, displayed=0.2),
    ]
    assert [each.key for each in finals(mine, True)] == [2]
    assert [each.key for each in finals(mine, False)] == [3]
    assert finals([mine[0]], True) == []


def test_all_selected_are_final_and_the_best_counts() -> None:
    mine = [candidate(n, 0.1 * n, selected=True) for n in range(5)]
    assert finals(mine, True) == mine
    (row,) = final_board([FinalTeam("a", mine)], HIGHER)
    assert row.counted == mine[4]


def test_an_undefined_private_score_gives_way_and_alone_does_not_rank() -> None:
    pair = [candidate(1, None, selected=True), candidate(2, 0.3, selected=True)]
    none = [candidate(3, None, selected=True), candidate(4, 0.9)]
    empty = FinalTeam("empty", [])
    assert board(FinalTeam("none", none), FinalTeam("pair", pair), empty) == [
        (1, "pair", 2),
        (None, "empty", None),
        (None, "none", None),
    ]


def test_ranks_come_from_unrounded_scores_with_a_slack_for_rounding() -> None:
    teams = [
        FinalTeam("a", [candidate(1, 0.1 + 0.2)]),
        FinalTeam("b", [candidate(2, 0.3)]),
        FinalTeam("c", [candidate(3, 0.3 - 1e-9)]),
    ]
    assert [row[:2] for row in board(*teams)] == [(1, "a"), (1, "b"), (3, "c")]


def test_the_tie_break_orders_a_shared_rank_and_then_the_time() -> None:
    teams = [
        FinalTeam("late", [candidate(5, 0.3, tie_break=0.2)]),
        FinalTeam("early", [candidate(4, 0.3, tie_break=0.1 + 0.1)]),
        FinalTeam("unbroken", [candidate(1, 0.3)]),
        FinalTeam("other", [candidate(6, 0.3, tie_break=0.9)]),
    ]
    names = [(1, name) for name in ("other", "early", "late", "unbroken")]
    assert [row[:2] for row in board(*teams)] == names
    lower = FinalRule(higher_is_better=True, tie_break_higher=False)
    names = [(1, name) for name in ("early", "late", "other", "unbroken")]
    assert [row[:2] for row in board(*teams, rule=lower)] == names


def test_of_a_teams_equal_finals_the_better_tie_break_counts_then_the_earlier() -> None:
    pair = [
        candidate(1, 0.3, tie_break=0.1, selected=True),
        candidate(2, 0.3, tie_break=0.4, selected=True),
    ]
    assert board(FinalTeam("a", pair)) == [(1, "a", 2)]
    even = [candidate(2, 0.3, selected=True), candidate(1, 0.3, selected=True)]
    assert board(FinalTeam("a", even)) == [(1, "a", 1)]


def test_a_lower_is_better_headline_ranks_the_lower_first() -> None:
    rule = FinalRule(higher_is_better=False, tie_break_higher=True)
    teams = [FinalTeam("a", [candidate(1, 0.3)]), FinalTeam("b", [candidate(2, 0.2)])]
    assert board(*teams, rule=rule) == [(1, "b", 2), (2, "a", 1)]


def test_the_shake_up_is_how_far_a_team_rose_and_baselines_have_none() -> None:
    teams = [
        FinalTeam("a", [candidate(1, 0.3)], public_rank=1),
        FinalTeam("b", [candidate(2, 0.5)], public_rank=4),
        FinalTeam("base", [candidate(3, 0.4)], is_baseline=True),
        FinalTeam("new", [candidate(4, 0.1)]),
    ]
    rows = final_board(teams, HIGHER)
    assert [(row.team.key, row.rank, row.rise) for row in rows] == [
        ("b", 1, 3),
        ("base", None, None),
        ("a", 2, -1),
        ("new", 3, None),
    ]


privates = st.none() | st.integers(0, 4).map(lambda n: n / 4)
teams_of_scores = st.lists(
    st.lists(st.tuples(privates, st.integers(0, 3), st.integers(0, 3)), max_size=2), max_size=8
)


@given(teams_of_scores, st.booleans(), st.randoms())
def test_ranks_follow_the_best_final_score_in_any_order(scores, up: bool, random) -> None:
    teams = [
        FinalTeam(
            number,
            [
                Candidate(10 * number + place, moment, 0.5, private, tie_break / 3, selected=True)
                for place, (private, tie_break, moment) in enumerate(mine)
            ],
        )
        for number, mine in enumerate(scores)
    ]
    rule = FinalRule(higher_is_better=up, tie_break_higher=True)
    rows = final_board(teams, rule)
    best = [
        (max if up else min)((each[0] for each in mine if each[0] is not None), default=None)
        for mine in scores
    ]
    ranks = competition_ranks(best, up)
    assert {row.team.key: row.rank for row in rows} == dict(enumerate(ranks))
    shuffled = [FinalTeam(team.key, team.candidates[::-1]) for team in teams]
    random.shuffle(shuffled)
    assert [(row.team.key, row.counted) for row in final_board(shuffled, rule)] == [
        (row.team.key, row.counted) for row in rows
    ]
