import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import competition_ranks

displayed_scores = st.lists(st.none() | st.integers(-50, 50).map(lambda n: n / 100), max_size=30)


def test_equal_scores_share_a_rank_and_the_next_rank_is_skipped() -> None:
    assert competition_ranks([0.7, 0.9, 0.8, 0.8], True) == [4, 1, 2, 2]


def test_lower_is_better_turns_the_ranks_round() -> None:
    assert competition_ranks([0.7, 0.9, 0.8, 0.8], False) == [1, 4, 2, 2]


def test_an_undefined_score_never_ranks() -> None:
    assert competition_ranks([None, 0.1, None], True) == [None, 1, None]
    assert competition_ranks([], True) == []


def test_scores_within_the_slack_of_the_best_of_a_rank_share_it() -> None:
    step = 0.6e-12
    assert competition_ranks([0.5, 0.5 - step, 0.5 - 2 * step], True) == [1, 1, 3]


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="must be None"):
        competition_ranks([0.5, score], True)


@given(displayed_scores, st.booleans())
def test_a_rank_is_one_more_than_the_number_of_better_scores(
    scores: list[float | None], higher_is_better: bool
) -> None:
    sign = 1 if higher_is_better else -1
    for score, rank in zip(scores, competition_ranks(scores, higher_is_better), strict=True):
        if score is None:
            assert rank is None
        else:
            better = sum(s is not None and sign * s > sign * score for s in scores)
            assert rank == better + 1


@given(displayed_scores, st.randoms())
def test_ranks_do_not_depend_on_the_order_of_the_scores(scores: list[float | None], rng) -> None:
    ranks = competition_ranks(scores, True)
    order = list(range(len(scores)))
    rng.shuffle(order)
    assert competition_ranks([scores[i] for i in order], True) == [ranks[i] for i in order]
