import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.ladder import Attempt, Ladder, Reply, merged, replay

ROWS = 12


def rows(*losses: float) -> np.ndarray:
    return np.array(losses, dtype=float)


def sequences(element: st.SearchStrategy[float]) -> st.SearchStrategy[list[Attempt]]:
    row = st.lists(element, min_size=ROWS, max_size=ROWS)
    return st.lists(row, min_size=1, max_size=12).map(
        lambda all_rows: [Attempt(n, rows(*each)) for n, each in enumerate(all_rows)]
    )


bits = sequences(st.sampled_from([0.0, 1.0]))
losses = sequences(st.integers(0, 100).map(lambda n: n / 100))


def mean(attempt: Attempt) -> float:
    assert attempt.rows is not None
    return float(attempt.rows.mean())


def test_the_first_submission_is_accepted_and_rounded_to_whole_rows() -> None:
    state = Ladder().submit(Attempt(1, rows(0.2, 0.4, 0.9)))
    assert (state.reply, state.accepted) == (2 / 3, 1)


def test_one_better_row_is_a_tie_and_changes_nothing() -> None:
    before = Ladder().submit(Attempt(1, rows(1, 1, 1, 0, 0, 0, 0)))
    assert before.submit(Attempt(2, rows(1, 1, 0, 0, 0, 0, 0))) is before


def test_a_single_row_has_no_standard_deviation() -> None:
    state = Ladder(grain=0.1).submit(Attempt(1, rows(0.9))).submit(Attempt(2, rows(0.7)))
    assert (state.reply, state.accepted) == (0.7, 2)


def test_two_rows_have_one() -> None:
    state = Ladder().submit(Attempt(1, rows(1, 1)))
    assert state.submit(Attempt(2, rows(0, 1))) is state  # better by ½, which is s/√2
    assert state.submit(Attempt(2, rows(0, 0))).accepted == 2


def test_rows_of_one_group_count_as_one() -> None:
    old, new = rows(1, 1, 1, 1, 1, 1, 1, 1), rows(0, 0, 1, 1, 1, 1, 1, 1)
    alone = Ladder().submit(Attempt(1, old)).submit(Attempt(2, new))
    pairs = Ladder(groups=np.array([0, 0, 1, 1, 2, 2, 3, 3])).submit(Attempt(1, old))
    assert alone.accepted == 2
    assert pairs.submit(Attempt(2, new)) is pairs


def test_one_group_alone_has_no_standard_deviation() -> None:
    state = Ladder(groups=np.zeros(2, dtype=int)).submit(Attempt(1, rows(1, 1)))
    assert state.submit(Attempt(2, rows(0, 1))).accepted == 2


def test_a_metric_has_the_loss_one_minus_itself_and_replies_in_steps() -> None:
    influence = rows(0.3, -0.3, 0.1, -0.1)
    first = Attempt.of_metric(1, 0.512, influence, higher_is_better=True)
    better = Attempt.of_metric(2, 0.9, influence / 2, higher_is_better=True)
    little = Attempt.of_metric(2, 0.53, -influence, higher_is_better=True)
    state = Ladder(grain=0.01).submit(first)
    assert state.reply == 0.49
    assert state.submit(better).reply == 0.1
    assert state.submit(little) is state
    lower = Ladder(grain=0.01).submit(
        Attempt.of_metric(1, 0.512, influence, higher_is_better=False)
    )
    assert lower.reply == 0.51


def test_the_margin_of_a_metric_is_the_paired_standard_error() -> None:
    generator = np.random.default_rng(3)
    old, new = generator.normal(size=50), generator.normal(size=50)
    error = np.std(new - old, ddof=1) / np.sqrt(50)
    state = Ladder(grain=1e-9).submit(Attempt(1, old, loss=0.5))
    assert state.submit(Attempt(2, new, loss=0.5 - error + 1e-6)) is state
    assert state.submit(Attempt(2, new, loss=0.5 - error - 1e-6)).accepted == 2


def test_a_reply_alone_cannot_measure_a_margin() -> None:
    with pytest.raises(ValueError, match="rows of the accepted"):
        Ladder(reply=0.5, accepted=1).submit(Attempt(2, rows(0, 0)))
    assert Ladder(step=0.1, reply=0.5, accepted=1).submit(Attempt(2, rows(0, 0))).reply == 0.0


@pytest.mark.parametrize(
    ("ladder", "attempt", "problem"),
    [
        (Ladder(), Attempt(1, rows()), "at least one"),
        (Ladder(groups=np.array([0, 1])), Attempt(1, rows(1, 0, 1)), "the same rows"),
        (Ladder().submit(Attempt(1, rows(1, 0))), Attempt(2, rows(1, 0, 1)), "the same rows"),
        (Ladder(), Attempt(1, rows(np.nan), loss=0.5), "needs a fixed step"),
        (Ladder(step=0.1), Attempt(1, rows(0.5), loss=np.inf), "finite"),
        (Ladder(step=0.1), Attempt(1, rows(np.nan)), "finite"),
    ],
)
def test_bad_input_is_refused(ladder: Ladder, attempt: Attempt, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ladder.submit(attempt)


def test_without_influence_values_a_fixed_step_serves() -> None:
    attempt = Attempt.of_metric(1, 0.7, rows(np.nan, np.nan), higher_is_better=True)
    assert Ladder(step=0.05).submit(attempt).reply == 0.3


def test_rejected_failed_and_undefined_submissions_are_passed_over() -> None:
    undefined = Attempt.of_metric(2, None, rows(np.nan), higher_is_better=True)
    state, replies = replay([Attempt(1), undefined, Attempt(3, rows(0, 1))], Ladder())
    assert replies == [Reply(3, 0.5, accepted=True)]
    assert state.accepted == 3


def test_no_reply_is_given_before_all_earlier_ones_are_final() -> None:
    attempts = [Attempt(3, rows(0, 0)), Attempt(2, pending=True), Attempt(1, rows(1, 1))]
    state, replies = replay(attempts, Ladder())
    assert [reply.number for reply in replies] == [1]
    assert state.accepted == 1


def test_a_number_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        replay([Attempt(1, rows(1)), Attempt(1, rows(0))], Ladder())


def test_a_withdrawal_leaves_nothing_until_another_is_accepted() -> None:
    first = Ladder().submit(Attempt(1, rows(1, 1, 0)))
    second = first.submit(Attempt(2, rows(0, 0, 0)))
    assert second.shown() == 0.0
    assert second.shown({1}) == 0.0
    assert second.shown({2}) is None
    assert second.submit(Attempt(3, rows(1, 1, 0))).shown({2}) is None
    assert Ladder().shown() is None


def test_a_merged_team_goes_on_from_the_better_state() -> None:
    worse = Ladder().submit(Attempt(1, rows(1, 1)))
    better = Ladder().submit(Attempt(2, rows(0, 1)))
    equal = Ladder().submit(Attempt(3, rows(1, 0)))
    assert merged(worse, better) is merged(better, worse) is better
    assert merged(better, equal) is better
    assert merged(Ladder(), worse) is merged(worse, Ladder()) is worse
    assert merged(Ladder(), Ladder()).reply is None


@given(bits, st.randoms())
def test_the_order_is_the_number_and_not_the_completion(attempts, random) -> None:
    shuffled = attempts.copy()
    random.shuffle(shuffled)
    assert replay(shuffled, Ladder())[1] == replay(attempts, Ladder())[1]


@given(bits, st.integers(0, 11))
def test_a_replay_in_two_parts_is_the_same(attempts, cut: int) -> None:
    state, first = replay(attempts[:cut], Ladder())
    _, second = replay(attempts[cut:], state)
    assert first + second == replay(attempts, Ladder())[1]


@given(st.one_of(bits, losses), st.sampled_from([None, 0.01, 0.05, 0.2]))
def test_replies_never_get_worse_and_only_accepted_ones_change_them(attempts, step) -> None:
    _, replies = replay(attempts, Ladder(step=step))
    assert len(replies) == len(attempts)
    for before, after in itertools.pairwise(replies):
        assert after.loss <= before.loss + 1e-12
        assert after.accepted or after.loss == before.loss


@given(losses, st.sampled_from([0.02, 0.05, 0.2]))
def test_a_fixed_step_keeps_its_guarantee(attempts, step: float) -> None:
    """The reply is within one step of the best loss so far, and changes 1/step times at most."""
    _, replies = replay(attempts, Ladder(step=step))
    best = np.inf
    for attempt, reply in zip(attempts, replies, strict=True):
        best = min(best, mean(attempt))
        assert abs(reply.loss - best) <= step + 1e-9
    assert sum(reply.accepted for reply in replies) <= 1 / step + 1


@given(bits)
def test_the_parameter_free_ladder_follows_the_paper(attempts) -> None:
    """Blum & Hardt's algorithm as they write it, row by row."""
    reply, best, expected = np.inf, np.zeros(ROWS), []
    for attempt in attempts:
        deviation = np.std(attempt.rows - best, ddof=1)
        if attempt.rows.mean() < reply - deviation / np.sqrt(ROWS) - 1e-12:
            reply, best = round(mean(attempt) * ROWS) / ROWS, attempt.rows
        expected.append(reply)
    assert [each.loss for each in replay(attempts, Ladder())[1]] == pytest.approx(expected)
