"""The words next to a score say why the place moved or not, from displayed scores only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from podium.accounts.models import User
from podium.analysis.explanations import explanation, final_words
from podium.challenges.models import Challenge, Task
from podium.standings.feedback import NOT_ACCEPTED, feedback, silence, slices, told_scores
from podium.standings.visible import visible_board
from podium.submissions.actions import withdraw
from podium.submissions.models import Evaluation, Part
from podium.submissions.selection import select
from podium.teams.actions import disqualify
from podium.teams.models import Team
from tests.site import factories
from tests.site.factories import reveal
from tests.site.standings.conftest import Scored

Teams = Callable[[str], list[Team]]


@pytest.fixture
def task(challenge: Challenge) -> Task:
    made = factories.make_task(challenge, "matching")
    made.solution.public_rows = 3000
    made.solution.save()
    return made


@pytest.fixture
def others(teams: Teams, task: Task, scored: Scored) -> list[Team]:
    """Two rivals at 0.90 and 0.60."""
    rivals = teams("Birke Cypresse")
    for rival, score in zip(rivals, (0.9, 0.6), strict=True):
        scored(rival, task, score)
    return rivals


def said(evaluation: Evaluation, viewer: User, *, is_own: bool = True) -> str:
    board = visible_board(viewer, evaluation.submission.task)
    return explanation(evaluation, board, is_own=is_own).text


def use(task: Task, mode: str) -> None:
    task.feedback = mode
    task.save()


def test_a_first_score(team: Team, task: Task, scored: Scored, others: Any, alice: User) -> None:
    assert said(scored(team, task, 0.7), alice) == (
        "Your first score on this task. Your team is 2nd of 3."
    )


def test_a_new_best_that_passes_nobody(
    team: Team, task: Task, scored: Scored, others: Any, alice: User
) -> None:
    scored(team, task, 0.7)
    assert said(scored(team, task, 0.8), alice) == "New best: 0.70 → 0.80. Still 2nd of 3."


@pytest.mark.parametrize(("before", "gain"), [(0.7, "1 place"), (0.5, "2 places")])
def test_a_new_best_at_a_new_place(
    team: Team, task: Task, scored: Scored, others: Any, alice: User, before: float, gain: str
) -> None:
    scored(team, task, before)
    assert said(scored(team, task, 0.95), alice) == (
        f"New best: {before:.2f} → 0.95. Up {gain}, now 1st of 3."
    )


@pytest.mark.parametrize("raw", [0.6951, 0.7, 0.7049])
def test_an_equal_displayed_score_says_nothing_of_what_it_hides(
    team: Team, task: Task, scored: Scored, others: Any, alice: User, raw: float
) -> None:
    scored(team, task, 0.7)
    assert said(scored(team, task, raw), alice) == (
        "No visible improvement: your best score stays 0.70. Differences below 0.01 (the noise on "
        "3,000 rows) stay hidden. Your team is 2nd of 3."
    )


def test_a_lower_displayed_score(
    team: Team, task: Task, scored: Scored, others: Any, alice: User
) -> None:
    scored(team, task, 0.7)
    assert said(scored(team, task, 0.65), alice) == (
        "Your best score stays 0.70. This submission's score, 0.65, is worse. "
        "Your team is 2nd of 3."
    )


def test_where_less_is_better_a_smaller_score_improves(
    challenge: Challenge, team: Team, scored: Scored, alice: User
) -> None:
    task = factories.make_task(challenge, "classification", headline="log_loss_clipped")
    worse = scored(team, task, 0.7)
    better = scored(team, task, 0.6)
    assert "New best: 0.70 → 0.60." in said(better, alice)
    assert "0.60" in said(worse, alice)
    assert "0.80, is worse" in said(scored(team, task, 0.8), alice)


def test_a_best_of_before_that_was_passed_since(
    team: Team, task: Task, scored: Scored, alice: User
) -> None:
    first = scored(team, task, 0.7)
    scored(team, task, 0.8)
    assert said(first, alice).startswith("It was your best score until submission 2 reached 0.80.")


def test_exact_scores_are_told_plainly(team: Team, task: Task, scored: Scored, alice: User) -> None:
    use(task, "exact")
    scored(team, task, 0.7)
    worse, equal = scored(team, task, 0.699), scored(team, task, 0.7003)
    assert "This submission's score, 0.699, is worse." in said(worse, alice)
    assert "This submission has the same score, and the earlier one counts." in said(equal, alice)
    assert "noise" not in said(worse, alice) + said(equal, alice)
    assert "New best: 0.700 → 0.701." in said(scored(team, task, 0.701), alice)


def test_an_organizer_reads_of_the_team(team: Team, task: Task, scored: Scored, olga: User) -> None:
    evaluation = scored(team, task, 0.7)
    assert said(evaluation, olga, is_own=False) == (
        "The team's first score on this task. The team is 1st of 1."
    )


def test_an_undefined_a_withdrawn_and_a_disqualified_one_move_nothing(
    team: Team, task: Task, scored: Scored, alice: User, olga: User
) -> None:
    undefined = scored(team, task, 0.7)
    undefined.scores.update(value=None, low=None, high=None, reason="No match.")
    assert said(undefined, alice) == ""
    withdrawn = scored(team, task, 0.8)
    withdraw(submission=withdrawn.submission, by=None)
    withdrawn.submission.refresh_from_db()
    assert said(withdrawn, alice) == ""
    last = scored(team, task, 0.9)
    disqualify(team=team, reason="Labelled by hand.", by=olga)
    assert said(last, alice) == ""


def test_baselines_have_no_place(task: Task, scored: Scored, others: Any, olga: User) -> None:
    baseline = factories.make_team(task.challenge, "AutoGluon", baseline="autogluon")
    scored(baseline, task, 0.7)
    assert said(scored(baseline, task, 0.8), olga, is_own=False) == ("New best: 0.70 → 0.80.")


def test_during_the_freeze_the_place_is_among_the_frozen_rows(
    team: Team, task: Task, scored: Scored, others: list[Team], alice: User
) -> None:
    scored(team, task, 0.5)
    challenge = task.challenge
    challenge.freeze_hours = 24 * 90
    challenge.closes_at = timezone.now() + timedelta(days=90)
    challenge.save()
    scored(others[0], task, 0.99)
    scored(others[1], task, 0.99)
    assert "Up 2 places, now 1st of 3." in said(scored(team, task, 0.95), alice)


# The ladder: steps of 0.01 make a margin of 0.05


@pytest.fixture
def ladder(task: Task) -> Task:
    use(task, "ladder")
    return task


@pytest.mark.parametrize("raw", [0.71, 0.749, 0.7, 0.65, 0.1])
def test_the_ladder_says_one_sentence_of_all_that_it_does_not_accept(
    team: Team, ladder: Task, scored: Scored, alice: User, raw: float
) -> None:
    scored(team, ladder, 0.7)
    evaluation = scored(team, ladder, raw)
    (shown,) = feedback(ladder, alice, evaluation)
    assert (shown.value, shown.low, shown.high, shown.reason) == (None, None, None, NOT_ACCEPTED)
    assert slices(ladder, alice, evaluation) == []
    board = visible_board(alice, ladder)
    told = explanation(evaluation, board, is_own=True)
    assert (told.text, told.shown, told.before) == ("", None, None)


def test_the_ladder_accepts_what_beats_the_noise(
    team: Team, ladder: Task, scored: Scored, others: Any, alice: User
) -> None:
    first = scored(team, ladder, 0.7)
    assert said(first, alice) == "The first score is always shown. Your team is 2nd of 3."
    scored(team, ladder, 0.749)
    accepted = scored(team, ladder, 0.761)
    assert said(accepted, alice) == (
        "Accepted: it beats the last score shown, 0.70, by more than the noise. Still 2nd of 3."
    )
    assert "Submission 3 was accepted after it." in said(first, alice)


def test_what_is_compared_on_the_ladder_are_scores_that_were_told(
    team: Team, ladder: Task, scored: Scored, alice: User
) -> None:
    scored(team, ladder, 0.7)
    scored(team, ladder, 0.749)  # displays as 0.75, and was never shown
    accepted = scored(team, ladder, 0.8)
    board = visible_board(alice, ladder)
    assert explanation(accepted, board, is_own=True).before == 0.7
    told = told_scores(ladder, team.pk)
    assert [each.evaluation.submission.number for each in told] == [1, 3]


def test_a_withdrawal_does_not_rewind_the_ladder(
    team: Team, ladder: Task, scored: Scored, alice: User
) -> None:
    first = scored(team, ladder, 0.7)
    withdraw(submission=first.submission, by=None)
    evaluation = scored(team, ladder, 0.74)
    assert silence(ladder, evaluation) == NOT_ACCEPTED
    assert said(evaluation, alice) == ""


@pytest.mark.parametrize("raw", [0.1, 0.7, 0.99])
@pytest.mark.parametrize("state", ["queued", "scoring"])
def test_while_an_earlier_one_is_not_final_nothing_is_told_of_a_later_one(
    team: Team, ladder: Task, scored: Scored, alice: User, raw: float, state: str
) -> None:
    scored(team, ladder, 0.7)
    waiting = factories.make_submission(team, ladder, state)
    later = scored(team, ladder, raw)
    (shown,) = feedback(ladder, alice, later)
    assert (shown.value, shown.reason) == (None, "Waiting for the result of submission 2.")
    waiting.state, waiting.lease_until = "rejected", None
    waiting.finished_at = timezone.now()
    waiting.save()
    assert (feedback(ladder, alice, later)[0].value is not None) == (raw == 0.99)


def test_the_submission_of_another_team_is_not_waited_for(
    team: Team, ladder: Task, scored: Scored, teams: Teams, alice: User
) -> None:
    (rival,) = teams("Birke")
    factories.make_submission(rival, ladder, "queued")
    assert silence(ladder, scored(team, ladder, 0.7)) == ""


# After the reveal


def revealed(task: Task) -> None:
    now = timezone.now()
    challenge = task.challenge
    challenge.closes_at = challenge.team_freeze_at = now - timedelta(days=2)
    challenge.reveal_at = now - timedelta(seconds=1)
    challenge.save()


def final(evaluation: Evaluation, viewer: User) -> str:
    evaluation.submission.refresh_from_db()
    return final_words(evaluation.submission, visible_board(viewer, evaluation.submission.task))


def test_the_reveal_says_which_submission_counts(
    team: Team, task: Task, scored: Scored, others: Any, alice: User
) -> None:
    best = scored(team, task, 0.95, private=0.3)
    other = scored(team, task, 0.2, private=0.9)
    withdrawn = scored(team, task, 0.3)
    withdraw(submission=withdrawn.submission, by=None)
    revealed(task)
    assert (
        final(best, alice)
        == "The private boards are being made. They will appear here in a minute."
    )
    reveal(task.challenge)
    standing = "The team is ranked 3 of 3, 2 places down from the public board."
    assert final(best, alice) == f"This submission counts on the private board. {standing}"
    assert final(other, alice) == (
        "The team did not select a final submission, so submission 1 counts: the earliest with "
        f"the best displayed score. {standing}"
    )
    assert final(withdrawn, alice) == "It was withdrawn before the reveal, so it does not count."
    assert said(best, alice) == ""


def test_the_reveal_tells_selected_ones_apart(
    team: Team, task: Task, scored: Scored, others: Any, alice: User
) -> None:
    best = scored(team, task, 0.7, private=0.3)
    finals = [scored(team, task, 0.2, private=0.9), scored(team, task, 0.3, private=0.8)]
    for each in finals:
        select(submission=each.submission, by=None)
    revealed(task)
    reveal(task.challenge)
    standing = "The team is ranked 1 of 3, 1 place up from the public board."
    assert final(finals[0], alice) == f"This submission counts on the private board. {standing}"
    assert final(finals[1], alice) == (
        "It was final, and so was submission 2, which counts: its private score is not worse. "
        + standing
    )
    assert final(best, alice) == (
        f"It was not selected as final; submission 2 was, so that one counts. {standing}"
    )


def test_a_team_whose_final_ones_have_no_private_score_is_told_so(
    team: Team, task: Task, scored: Scored, alice: User
) -> None:
    only = scored(team, task, 0.7)
    only.scores.filter(part=Part.PRIVATE).update(
        value=None, low=None, high=None, reason="No match."
    )
    revealed(task)
    reveal(task.challenge)
    assert final(only, alice) == "None of the team's final submissions has a private score."
