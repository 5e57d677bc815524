"""Head to head: who sees how much of it, and a worker that finds it once."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from leaderboard.duels import MCNEMAR, RANDOMIZATION
from podium import files
from podium.accounts.models import User
from podium.analysis import comparison_jobs as comparing
from podium.analysis import tasks
from podium.analysis.comparison_jobs import (
    GIVEN_UP,
    MOST_WAITING,
    NO_ROWS,
    OTHER_ROWS,
    unfinished,
)
from podium.analysis.comparisons import (
    ABSENT,
    COMPUTING,
    CROWDED,
    HIDDEN,
    NOT_RAISED,
    P_BOUNDS,
    SCORES_ALONE,
    SIGN_IN,
    TOMORROW,
    Level,
    State,
    comparison_with_earlier,
    comparisons_of,
)
from podium.challenges.models import Challenge, Feedback, Task
from podium.jobs import ATTEMPTS
from podium.standings.actions import rebuild
from podium.standings.feedback import NOT_ACCEPTED
from podium.standings.models import Comparison
from podium.submissions.models import Evaluation, Part, Score, Submission
from scoring.runner import Scorer
from tests.site import factories
from tests.site.analysis.head_to_head import (
    between,
    compare,
    done,
    fresh,
    numbers,
    team_of,
    viewer_called,
    work,
)
from tests.site.standings.entrants import (
    Enter,
    challenge,
    enter,
    entered,
    kept_six,
    pets,
    reveal_now,
    six,
)
from tests.site.submissions.rescores import other_public_labels

__all__ = ["challenge", "enter", "entered", "kept_six", "pets", "six"]
Entered = dict[str, Submission]
PAIRS = [("One", "AutoGluon"), ("One", "Two"), ("AutoGluon", "Trivial")]


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaderboard.duels.DRAWS", 199)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The comparisons that are sent to workers."""
    found: list[int] = []

    def send(task: str, pk: int, **_: Any) -> None:
        if task == "analysis.compare":
            found.append(pk)

    monkeypatch.setattr("podium.celery.send", send)
    return found


@pytest.fixture
def sliced(entered: Entered) -> Entered:
    """The same with two slices in the diagnostics of each, one of them small."""
    for place, submission in enumerate(entered.values()):
        evaluation = Evaluation.objects.get(submission=submission)
        evaluation.diagnostics = {
            "headline": "accuracy",
            "slices": [
                {"part": part, "by": "colour", "value": value, "n": n, "fewest": n, "reason": ""}
                | {"score": 0.412345 + place / 10, "low": 0.312345, "high": 0.512345}
                for part in Part.values
                for value, n in (("red", 2500), ("blue", 99))
            ],
        }
        evaluation.save()
    return entered


@pytest.fixture
def everybody(olga: User, viktor: User, sam: User, charlie: User) -> None:
    """Organizers, staff and a person without a team, in addition to the members of the teams."""


@pytest.mark.parametrize("mode", Feedback.values)
@pytest.mark.parametrize("who", ["anonymous", "charlie", "sam", "one", "two", "three"])
def test_before_the_reveal_participants_see_their_own_against_baselines_alone(
    who: str, mode: str, everybody: None, pets: Task, sliced: Entered, scorer: Scorer
) -> None:
    Task.objects.filter(pk=pets.pk).update(feedback=mode)
    rebuild(fresh(pets))
    for a, b in [pair for x, y in PAIRS for pair in ((x, y), (y, x))]:
        found = done(viewer_called(who), pets, a, b, scorer)
        assert found.part == Part.PUBLIC
        if who == "one" and {a, b} == {"One", "AutoGluon"} and mode == Feedback.LADDER:
            assert (found.level, found.duel, found.slices) == (Level.STEPS, None, ())
            assert found.message == SCORES_ALONE
            continue
        if who == "one" and {a, b} == {"One", "AutoGluon"}:
            assert (found.level, found.state) == (Level.STEPS, State.READY)
            assert found.duel is not None
            continue
        assert (found.level, found.state, found.message) == (Level.SCORES, State.NONE, HIDDEN)
        assert (found.duel, found.slices) == (None, ())
        assert found.difference is not None
    wanted = 1 if who == "one" and mode != Feedback.LADDER else 0
    assert Comparison.objects.count() == wanted, "nothing is computed that nobody may see"


@pytest.mark.parametrize("mode", [Feedback.EXACT, Feedback.ROUNDED])
def test_what_participants_see_is_in_steps_of_the_noise(
    mode: str, pets: Task, sliced: Entered, scorer: Scorer
) -> None:
    Task.objects.filter(pk=pets.pk).update(feedback=mode)
    rebuild(fresh(pets))
    found = done(viewer_called("one"), pets, "One", "AutoGluon", scorer)
    assert found.duel is not None
    assert [number for number in numbers(found.duel) if number not in P_BOUNDS]
    shown = {*P_BOUNDS, found.a.score, found.b.score, found.difference}
    for number in {*numbers(found.duel)} - shown:
        assert number * 100 == pytest.approx(round(number * 100), abs=1e-6)
    assert found.duel.counts is None
    assert found.duel.standard_error is None
    small = next(each for each in found.slices if each.value == "blue")
    assert (small.a.value, small.b.value, small.difference) == (None, None, None)
    large = next(each for each in found.slices if each.value == "red")
    assert large.difference == pytest.approx(large.a.value - large.b.value)
    assert large.leads == "b"


@pytest.mark.parametrize("who", ["olga", "viktor"])
def test_organizers_see_everything_as_it_is_on_public_rows(
    who: str, everybody: None, pets: Task, sliced: Entered, scorer: Scorer
) -> None:
    for a, b in PAIRS:
        found = done(viewer_called(who), pets, a, b, scorer)
        assert (found.level, found.state, found.part) == (Level.ALL, State.READY, Part.PUBLIC)
        assert found.duel is not None
        assert found.duel.counts is not None
        raw = Score.objects.get(
            evaluation__submission=sliced[a], metric="accuracy", part=Part.PUBLIC
        )
        assert found.a.score == found.duel.score_a == raw.value
        assert all(each.a.value is not None for each in found.slices)
        private = set(Score.objects.filter(part=Part.PRIVATE).values_list("value", flat=True))
        scores = {found.a.score, found.b.score}
        assert not scores & private


@pytest.mark.parametrize("who", ["anonymous", "charlie", "sam", "one", "two", "olga"])
def test_after_the_reveal_everybody_sees_everything_on_private_rows(
    who: str, everybody: None, challenge: Challenge, pets: Task, sliced: Entered, scorer: Scorer
) -> None:
    reveal_now(challenge)
    done(viewer_called("charlie"), pets, "One", "Two", scorer)
    found = between(viewer_called(who), pets, "One", "Two")
    assert (found.level, found.state, found.part) == (Level.ALL, State.READY, Part.PRIVATE)
    private = Score.objects.get(
        evaluation__submission=sliced["One"], metric="accuracy", part=Part.PRIVATE
    )
    assert found.a.score == private.value
    assert found.duel is not None
    assert found.duel.counts is not None
    assert found.duel.counts.only_b == 7, "One is wrong in nine private rows, Two in two of them"
    assert (found.duel.test, found.duel.resampling) == (MCNEMAR, RANDOMIZATION)
    assert len(found.slices) == 2
    kept = between(viewer_called(who), pets, "One", "Two", Part.PUBLIC)
    state = State.NONE if who == "anonymous" else State.COMPUTING
    assert (kept.part, kept.state) == (Part.PUBLIC, state)


def test_only_who_is_signed_in_has_something_computed(
    everybody: None, challenge: Challenge, pets: Task, entered: Entered, scorer: Scorer
) -> None:
    reveal_now(challenge)
    nobody = viewer_called("anonymous")
    found = between(nobody, pets, "One", "Two")
    assert (found.state, found.message, found.duel) == (State.NONE, SIGN_IN, None)
    assert found.difference is not None
    assert Comparison.objects.count() == 0
    # What others asked for is for everybody, also while it is computed.
    between(viewer_called("charlie"), pets, "One", "Two")
    assert between(nobody, pets, "One", "Two").state == State.COMPUTING
    work(scorer)
    assert between(nobody, pets, "One", "Two").state == State.READY


def test_both_sides_share_one_result(
    olga: User, pets: Task, entered: Entered, scorer: Scorer
) -> None:
    found = done(olga, pets, "Three", "One", scorer)
    back = between(olga, pets, "One", "Three")
    assert Comparison.objects.count() == 1
    assert found.duel is not None
    assert back.duel == found.duel.swapped()
    assert (found.leads, back.leads) == ("b", "a")
    assert found.duel.flips_of_b is not None
    assert found.duel.counts is not None
    assert found.duel.flips_of_b.nfr == found.duel.counts.only_a / found.duel.n
    assert (found.a.team.name, found.duel.score_a) == ("Three", found.a.score)


@pytest.mark.parametrize(
    ("who", "level"),
    [
        ("one", Level.STEPS),
        ("olga", Level.ALL),
        ("two", None),
        ("charlie", None),
        ("sam", None),
        ("anonymous", None),
    ],
)
def test_a_submission_is_compared_with_an_earlier_one_by_its_team_and_organizers(
    who: str,
    level: Level | None,
    everybody: None,
    pets: Task,
    entered: Entered,
    enter: Enter,
    scorer: Scorer,
) -> None:
    later, viewer = enter("One", 4), viewer_called(who)
    found = comparison_with_earlier(viewer, later, entered["One"])
    if level is None:
        assert found is None
        return
    assert found is not None
    assert (found.level, found.state, found.message) == (level, State.COMPUTING, COMPUTING)
    work(scorer)
    found = comparison_with_earlier(viewer, later, entered["One"])
    assert found is not None
    assert found.duel is not None
    assert found.duel.flips_of_a is not None
    assert found.leads == "b"
    if level == Level.STEPS:
        for number in numbers(found):
            assert number * 100 == pytest.approx(round(number * 100), abs=1e-6)


def test_only_an_earlier_submission_of_the_same_team_and_task_is_compared(
    pets: Task, entered: Entered, enter: Enter, olga: User
) -> None:
    later = enter("One", 4)
    assert comparison_with_earlier(olga, entered["One"], later) is None
    assert comparison_with_earlier(olga, later, later) is None
    assert comparison_with_earlier(olga, later, entered["Two"]) is None


def test_before_the_reveal_the_earlier_one_must_have_raised_the_displayed_score(
    pets: Task, entered: Entered, enter: Enter, olga: User, scorer: Scorer
) -> None:
    worse, better = enter("One", 4), enter("One", 0)
    member = viewer_called("one")
    found = comparison_with_earlier(member, better, worse)
    assert found is not None
    assert (found.message, found.duel, found.slices) == (NOT_RAISED, None, ())
    assert not Comparison.objects.exists()
    by_organizer = comparison_with_earlier(olga, better, worse)
    assert by_organizer is not None
    assert by_organizer.message == COMPUTING
    with_raised = comparison_with_earlier(member, better, entered["One"])
    assert with_raised is not None
    assert with_raised.message == COMPUTING


def test_a_team_compares_so_many_of_its_submissions_a_day(
    pets: Task, entered: Entered, enter: Enter, monkeypatch: pytest.MonkeyPatch, scorer: Scorer
) -> None:
    monkeypatch.setattr("podium.analysis.comparisons.MOST_A_DAY", 2)
    member, later = viewer_called("one"), [enter("One", wrong) for wrong in (3, 4, 5)]
    found = [comparison_with_earlier(member, each, entered["One"]) for each in later]
    assert [each and each.message for each in found] == [COMPUTING, COMPUTING, TOMORROW]
    work(scorer)
    again = comparison_with_earlier(member, later[0], entered["One"])
    assert again is not None
    assert again.duel is not None, "what was computed is still shown"
    Comparison.objects.update(queued_at=timezone.now() - timedelta(days=1))
    tomorrow = comparison_with_earlier(member, later[2], entered["One"])
    assert tomorrow is not None
    assert tomorrow.message == COMPUTING


def test_under_the_ladder_only_accepted_submissions_are_compared(
    pets: Task, entered: Entered, enter: Enter
) -> None:
    later, member = enter("One", 4), viewer_called("one")
    Task.objects.filter(pk=pets.pk).update(feedback=Feedback.LADDER)
    later = Submission.objects.get(pk=later.pk)
    found = comparison_with_earlier(member, later, entered["One"])
    assert found is not None
    assert (found.a.score, found.difference, found.duel) == (None, None, None)
    assert (found.state, found.message) == (State.NONE, NOT_ACCEPTED)
    assert Comparison.objects.count() == 0


def test_who_is_not_on_the_board_is_not_compared(
    challenge: Challenge, pets: Task, entered: Entered, olga: User
) -> None:
    one, two = team_of("One"), team_of("Two")
    stranger = factories.make_team(challenge, "Stranger", factories.make_user("stranger"))
    assert not comparisons_of(olga, [pets], one, stranger)
    assert not comparisons_of(olga, [pets], one, one)
    Challenge.objects.filter(pk=challenge.pk).update(
        announced_at=None, opens_at=timezone.now() + timedelta(days=1)
    )
    assert not comparisons_of(AnonymousUser(), [fresh(pets)], one, two)


def test_while_it_is_computed_only_scores_are_shown(
    pets: Task, entered: Entered, olga: User, sent: list[int], django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        found = between(olga, pets, "One", "Two")
        between(olga, pets, "Two", "One")
    assert (found.state, found.message, found.duel) == (State.COMPUTING, COMPUTING, None)
    assert found.difference is not None
    assert sent == [Comparison.objects.get().pk]


def test_no_more_than_so_many_wait(
    pets: Task, entered: Entered, olga: User, monkeypatch: pytest.MonkeyPatch, scorer: Scorer
) -> None:
    assert MOST_WAITING == 50
    monkeypatch.setattr(comparing, "MOST_WAITING", 1)
    between(olga, pets, "One", "Two")
    crowded = between(olga, pets, "One", "Three")
    assert (crowded.state, crowded.message) == (State.CROWDED, CROWDED)
    assert between(olga, pets, "One", "Two").state == State.COMPUTING
    work(scorer)
    assert between(olga, pets, "One", "Three").state == State.COMPUTING


def test_it_is_computed_once(
    pets: Task, entered: Entered, olga: User, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = done(olga, pets, "One", "Two", scorer)
    monkeypatch.setattr(comparing, "_made", lambda *_: pytest.fail("computed twice"))
    compare(Comparison.objects.get().pk, scorer)
    assert between(olga, pets, "One", "Two") == before


def test_what_fails_every_time_is_given_up(
    pets: Task, entered: Entered, olga: User, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(olga, pets, "One", "Two")
    (pk,) = unfinished().values_list("pk", flat=True)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(comparing, "_made", broken)
    for _ in range(ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            compare(pk, scorer)
        assert between(olga, pets, "One", "Two").state == State.COMPUTING
        Comparison.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    compare(pk, scorer)
    found = between(olga, pets, "One", "Two")
    assert (found.state, found.message) == (State.NONE, GIVEN_UP)


def test_rows_that_are_missing_are_made_from_the_upload(
    pets: Task, entered: Entered, olga: User, scorer: Scorer
) -> None:
    whole = done(olga, pets, "One", "Two", scorer)
    Comparison.objects.all().delete()
    for evaluation in Evaluation.objects.all():
        files.private().delete(evaluation.rows)
    Evaluation.objects.update(rows="")
    assert done(olga, pets, "One", "Two", scorer) == whole


def test_rows_that_cannot_be_made_again_leave_scores_alone(
    pets: Task, entered: Entered, olga: User, scorer: Scorer
) -> None:
    Evaluation.objects.filter(submission=entered["Two"]).update(rows="")
    Submission.objects.filter(pk=entered["Two"].pk).update(file="")
    found = done(olga, pets, "One", "Two", scorer)
    assert (found.state, found.message, found.duel) == (State.NONE, NO_ROWS, None)
    assert found.difference is not None


def test_rows_of_different_solutions_are_not_compared(
    pets: Task, entered: Entered, olga: User, scorer: Scorer, tmp_path
) -> None:
    other = other_public_labels(pets, tmp_path, 3)
    Evaluation.objects.filter(submission=entered["Two"]).update(solution=other)
    found = done(olga, pets, "One", "Two", scorer)
    assert (found.state, found.message) == (State.NONE, OTHER_ROWS)


def test_a_result_for_an_earlier_headline_is_not_shown(
    pets: Task, entered: Entered, olga: User, scorer: Scorer
) -> None:
    done(olga, pets, "One", "Two", scorer)
    stored = Comparison.objects.get()
    stored.result["metric"] = "macro_f1"
    stored.save()
    found = between(olga, pets, "One", "Two")
    assert (found.state, found.message, found.duel) == (State.NONE, OTHER_ROWS, None)


def test_a_side_without_a_score_is_said_so(
    pets: Task, entered: Entered, olga: User, scorer: Scorer
) -> None:
    Score.objects.filter(evaluation__submission=entered["Two"], metric="accuracy").update(
        value=None, low=None, high=None, reason="undefined"
    )
    rebuild(fresh(pets))
    found = between(olga, pets, "One", "Two")
    assert (found.b.score, found.difference, found.leads) == (None, None, "")
    assert (found.state, found.message) == (State.NONE, ABSENT)


def test_a_new_best_submission_is_a_new_comparison(
    pets: Task, entered: Entered, enter: Enter, olga: User, scorer: Scorer
) -> None:
    done(olga, pets, "One", "Three", scorer)
    enter("Three", 0)
    found = between(olga, pets, "One", "Three")
    assert (found.state, found.leads) == (State.COMPUTING, "b")
    assert Comparison.objects.count() == 2


def test_a_message_has_it_computed(pets: Task, entered: Entered, olga: User) -> None:
    between(olga, pets, "One", "Two")
    tasks.compare(unfinished().get().pk)
    assert between(olga, pets, "One", "Two").state == State.READY
