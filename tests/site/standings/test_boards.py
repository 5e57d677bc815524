"""Places on task and track boards, and which of them each reader sees."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task, Track
from podium.standings.actions import on_evaluation_stored
from podium.standings.models import Board, Revision, Standing
from podium.standings.rows import BoardRow
from podium.standings.visible import visible_board
from podium.submissions.actions import restore, withdraw
from podium.submissions.models import Submission
from podium.teams.actions import disqualify, reinstate
from podium.teams.models import Team
from tests.site import factories
from tests.site.standings.conftest import Scored

pytestmark = pytest.mark.dialect

Teams = Callable[[str], list[Team]]
ANYBODY = AnonymousUser()


def places(task: Task | Track, viewer: object = ANYBODY) -> list[tuple[int | None, str]]:
    return [(row.rank, row.team.name) for row in visible_board(viewer, task).rows]


def row_of(team: Team, task: Task | Track, viewer: object = ANYBODY) -> BoardRow:
    return next(row for row in visible_board(viewer, task).rows if row.team.pk == team.pk)


def test_scores_by_the_data_set_that_a_task_had_before_count_no_more(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    scored(team, matching_task, 0.9)
    version = factories.make_dataset_version("matching")
    matching_task.dataset_version = version
    matching_task.solution = factories.make_solution(version)
    matching_task.save()
    scored(team, matching_task, 0.4)
    assert row_of(team, matching_task).score == 0.4


def test_equal_displayed_scores_share_a_rank_whoever_came_first_above(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b, c = teams("Ahorn Birke Cypresse")
    scored(a, matching_task, 0.704, minutes_ago=1)
    scored(b, matching_task, 0.696, minutes_ago=5)
    scored(c, matching_task, 0.55)
    assert places(matching_task) == [(1, "Birke"), (1, "Ahorn"), (3, "Cypresse")]
    assert row_of(a, matching_task).score == row_of(b, matching_task).score == 0.7


def test_a_team_stands_by_its_best_and_since_it_first_reached_it(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    scored(team, matching_task, 0.5, minutes_ago=30)
    best = scored(team, matching_task, 0.701, minutes_ago=20)
    scored(team, matching_task, 0.704, minutes_ago=10)
    scored(team, matching_task, 0.4)
    row = row_of(team, matching_task)
    assert (row.score, row.attempts) == (0.7, 4)
    assert row.submission_id == best.submission_id
    assert row.first_reached == best.submission.received_at


def test_a_baseline_stands_between_the_ranks(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    reference = factories.make_team(matching_task.challenge, "AutoGluon", baseline="autogluon")
    for team, score in ((a, 0.9), (reference, 0.8), (b, 0.7)):
        scored(team, matching_task, score)
    assert places(matching_task) == [(1, "Ahorn"), (None, "AutoGluon"), (2, "Birke")]
    assert visible_board(ANYBODY, matching_task).team_count == 2


def test_a_withdrawn_submission_leaves_the_board_and_comes_back(
    matching_task: Task, team: Team, teams: Teams, alice: User, scored: Scored
) -> None:
    (rival,) = teams("Rival")
    scored(rival, matching_task, 0.6)
    scored(team, matching_task, 0.5)
    best = scored(team, matching_task, 0.9).submission
    withdraw(submission=best, by=alice)
    assert places(matching_task) == [(1, "Rival"), (2, "Alpha")]
    restore(submission=best, by=alice)
    assert places(matching_task) == [(1, "Alpha"), (2, "Rival")]


def test_a_team_that_withdraws_everything_leaves_the_board(
    matching_task: Task, team: Team, alice: User, scored: Scored
) -> None:
    withdraw(submission=scored(team, matching_task, 0.9).submission, by=alice)
    assert places(matching_task) == []
    assert places(matching_task.track) == []


def test_a_disqualified_team_leaves_all_boards_and_can_come_back(
    matching_task: Task, team: Team, teams: Teams, olga: User, scored: Scored
) -> None:
    (rival,) = teams("Rival")
    scored(team, matching_task, 0.9)
    scored(rival, matching_task, 0.6)
    disqualify(team=team, reason="Two accounts.", by=olga)
    assert places(matching_task) == [(1, "Rival")]
    reinstate(team=team, reason="A mistake.", by=olga)
    assert places(matching_task) == [(1, "Alpha"), (2, "Rival")]


def test_a_track_ranks_by_mean_skill_and_a_missing_task_counts_zero(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    second = factories.make_task(matching_task.challenge, "matching", "second")
    trivial = factories.make_team(matching_task.challenge, "Trivial", baseline="trivial")
    a, b = teams("Ahorn Birke")
    for task in (matching_task, second):
        scored(trivial, task, 0.2)
    scored(a, matching_task, 0.92)
    scored(b, matching_task, 0.6)
    scored(b, second, 0.6)
    track = matching_task.track
    assert places(track) == [(1, "Birke"), (2, "Ahorn"), (None, "Trivial")]
    assert row_of(b, track).score == 0.5
    ahorn = row_of(a, track)
    assert ahorn.score == 0.45
    assert {cell["task"]: cell["score"] for cell in ahorn.tasks} == {
        "matching-task": 0.92,
        "second": None,
    }


def test_a_task_without_its_trivial_submission_does_not_count_yet(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    scored(team, matching_task, 0.9)
    assert places(matching_task.track) == []


def test_rows_that_did_not_change_are_not_written_again(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.9)
    scored(b, matching_task, 0.6)
    before = Standing.objects.filter(team=a).count()
    scored(b, matching_task, 0.7)
    assert Standing.objects.filter(team=a).count() == before


def test_a_board_of_a_past_moment_is_what_was_shown_then(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.6)
    then = timezone.now()
    shown = visible_board(ANYBODY, matching_task).rows
    scored(b, matching_task, 0.9)
    assert visible_board(ANYBODY, matching_task, at=then).rows == shown
    assert len(visible_board(ANYBODY, matching_task).rows) == 2


def test_every_change_counts_the_revision(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    (team,) = teams("Ahorn")
    revisions = []
    for score in (0.5, 0.6):
        scored(team, matching_task, score)
        revisions.append(Board.objects.get(task=matching_task).revision)
    assert revisions == [1, 2]


class TestFreeze:
    """The last hours before the close: the rows of others are frozen, your own row is live."""

    @pytest.fixture
    def frozen(self, matching_task: Task, team: Team, teams: Teams, scored: Scored) -> Team:
        """Rival overtakes Alpha before the freeze begins; both improve after that."""
        (rival,) = teams("Rival")
        scored(team, matching_task, 0.5)
        scored(rival, matching_task, 0.6)
        challenge = matching_task.challenge
        past = timezone.now() - timedelta(minutes=30)
        Standing.objects.filter(valid_until=None).update(valid_from=past - timedelta(hours=1))
        Revision.objects.update(at=past - timedelta(hours=1))
        challenge.freeze_hours = 1
        challenge.closes_at = past + timedelta(hours=1)
        challenge.team_freeze_at = past
        challenge.save()
        scored(rival, matching_task, 0.95)
        scored(team, matching_task, 0.7)
        return rival

    def test_strangers_see_the_board_as_it_was(self, matching_task: Task, frozen: Team) -> None:
        board = visible_board(ANYBODY, matching_task)
        assert [(r.rank, r.team.name, r.score) for r in board.rows] == [
            (1, "Rival", 0.6),
            (2, "Alpha", 0.5),
        ]
        assert board.frozen_since == matching_task.challenge.frozen_since()

    def test_members_see_their_own_row_live_among_the_others_of_then(
        self, matching_task: Task, frozen: Team, bob: User
    ) -> None:
        board = visible_board(bob, matching_task)
        assert [(r.rank, r.team.name, r.score) for r in board.rows] == [
            (1, "Alpha", 0.7),
            (2, "Rival", 0.6),
        ]
        assert board.mine is not None

    def test_a_task_that_counts_since_the_freeze_is_in_the_live_row_only(
        self, matching_task: Task, frozen: Team, team: Team, bob: User, scored: Scored
    ) -> None:
        challenge, track = matching_task.challenge, matching_task.track
        trivial = factories.make_team(challenge, "Trivial", baseline="trivial")
        scored(trivial, matching_task, 0.2)
        before = timezone.now() - timedelta(hours=1)
        Standing.objects.filter(board__track=track).update(valid_from=before)
        Revision.objects.filter(board__track=track).update(at=before)
        second = factories.make_task(challenge, "matching", "second")
        for entrant, score in ((trivial, 0.2), (frozen, 0.9), (team, 0.3)):
            scored(entrant, second, score)
        board = visible_board(bob, track)
        assert [(row.team.name, row.cell("second")["score"]) for row in board.rows] == [
            ("Rival", None),
            ("Alpha", 0.3),
            ("Trivial", None),
        ]
        assert visible_board(ANYBODY, track).table.tasks == [matching_task.slug]

    def test_what_a_study_found_is_told_of_the_rows_that_are_still_as_they_were(
        self, matching_task: Task, frozen: Team, team: Team, bob: User
    ) -> None:
        found = {"rank_low": 1, "rank_high": 2, "nfr": 0.1}
        rows = {frozen.pk: {**found, "separable": None}, team.pk: {**found, "separable": True}}
        study = {"rows": {str(pk): row for pk, row in rows.items()}}
        Revision.objects.update(study=study, studied_at=timezone.now())
        board = visible_board(bob, matching_task)
        assert [(r.rank_low, r.rank_high, r.nfr, r.separable) for r in board.rows] == [
            (None, None, None, None),
            (1, 2, 0.1, None),
        ]
        withdrawn = Submission.objects.filter(team=team).latest("number")
        withdraw(submission=withdrawn, by=bob)
        board = visible_board(bob, matching_task)
        assert [(r.rank_low, r.rank_high, r.nfr, r.separable) for r in board.rows] == [
            (1, 2, 0.1, None),
            (1, 2, 0.1, True),
        ]

    def test_organizers_see_everything_live(
        self, matching_task: Task, frozen: Team, olga: User
    ) -> None:
        board = visible_board(olga, matching_task)
        assert [(r.rank, r.score) for r in board.rows] == [(1, 0.95), (2, 0.7)]
        assert board.frozen_since is None


def test_the_board_of_a_draft_is_for_organizers(
    matching_task: Task, team: Team, alice: User, olga: User, scored: Scored
) -> None:
    scored(team, matching_task, 0.9)
    challenge = matching_task.challenge
    challenge.announced_at = challenge.opens_at = timezone.now() + timedelta(days=1)
    challenge.save()
    assert places(matching_task, alice) == []
    assert places(matching_task, olga) == [(1, "Alpha")]


def test_no_place_depends_on_a_private_score(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    a, b = teams("Ahorn Birke")
    scored(a, matching_task, 0.6, private=0.1)
    scored(b, matching_task, 0.5, private=0.99)
    assert places(matching_task) == [(1, "Ahorn"), (2, "Birke")]
    numbers = Standing.objects.values_list("score", "low", "high")
    assert not {0.1, 0.99} & {number for row in numbers for number in row}


def test_a_team_disqualified_during_its_scoring_stays_off_the_board(
    matching_task: Task, teams: Callable[[str], list[Team]]
) -> None:
    [alpha] = teams("Alpha")
    submission = factories.make_submission(alpha, matching_task)
    evaluation = factories.make_evaluation(submission, public=0.8, private=0.5)
    assert evaluation.submission.team.disqualified_at is None, "as the worker read it"
    now = timezone.now()
    Team.objects.filter(pk=alpha.pk).update(disqualified_at=now, disqualified_reason="Two teams.")
    on_evaluation_stored(evaluation)
    assert not visible_board(AnonymousUser(), matching_task).rows


def test_a_mean_of_scores_counts_every_task_and_needs_no_trivial_submission(
    challenge: Challenge, teams: Teams, scored: Scored
) -> None:
    for slug in ("one", "two", "three"):
        factories.make_task(challenge, "classification", slug)
    Track.objects.update(aggregate="mean_score")
    tasks = list(Task.objects.select_related("track__challenge", "challenge").order_by("pk"))
    a, b = teams("Ahorn Birke")
    scored(a, tasks[0], 0.9)
    scored(b, tasks[0], 0.6)
    scored(b, tasks[1], 0.6)
    rows = visible_board(ANYBODY, Track.objects.get()).rows
    assert [(row.rank, row.team.name, row.score) for row in rows] == [
        (1, "Birke", 0.4),
        (2, "Ahorn", 0.3),
    ]
    assert [(cell["score"], cell["skill"]) for cell in rows[1].tasks] == [
        (0.9, None),
        (None, None),
        (None, None),
    ]
    trivial = factories.make_team(challenge, "Trivial", baseline="trivial")
    scored(trivial, tasks[0], 0.5)
    first = visible_board(ANYBODY, Track.objects.get()).rows[1]
    assert (first.score, first.tasks[0]["skill"]) == (0.3, 0.8)
