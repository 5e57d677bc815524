"""What workers find of a board's states: once for each, of its own rows, and in steps."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from leaderboard import feedback_step, round_to_step
from leaderboard.evidence import Evidence
from leaderboard.intervals import rank_intervals
from leaderboard.separation import separation
from podium import files
from podium.analysis import studies, tasks
from podium.analysis.row_arrays import rows_of_part, stored_arrays
from podium.analysis.studies import LEASE, PATIENCE, TRIES, due, study, sweep
from podium.challenges.models import Challenge, Feedback, Task
from podium.standings.actions import rebuild, refresh
from podium.standings.feedback import step_of
from podium.standings.models import Board, Revision, Standing
from podium.standings.visible import visible_board
from podium.submissions.jobs import evaluating
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.teams.models import Team
from scoring.comparison import flips
from scoring.runner import Scorer
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
ANYBODY = AnonymousUser()


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "REST_SECONDS", 0.0)
    monkeypatch.setattr(studies, "REST_TIMES", 0.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The evaluations whose rows.npz is asked for."""
    found: list[int] = []

    def send(task: str, pk: int, **_: Any) -> None:
        if task == "submissions.make_rows":
            found.append(pk)

    monkeypatch.setattr("podium.celery.send", send)
    return found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The boards that are sent to workers."""
    found: list[int] = []

    def send(task: str, pk: int, **_: Any) -> None:
        if task == "analysis.study":
            found.append(pk)

    monkeypatch.setattr("podium.celery.send", send)
    return found


def board_of(task: Task, part: str = Part.PUBLIC) -> Board:
    return Board.objects.get(task=task, part=part)


def current(board: Board) -> Revision:
    board.refresh_from_db()
    return board.revisions.get(number=board.revision)


def studied(board: Board) -> dict[str, Any]:
    study(board.pk)
    found = current(board)
    assert found.studied_at is not None
    return dict(found.study)


def rows_by_name(board: Board) -> dict[str, dict[str, Any]]:
    names = {str(team.pk): team.name for team in Team.objects.all()}
    return {names[key]: row for key, row in studied(board)["rows"].items()}


def evidence_of(task: Task, names: list[str], part: str) -> Evidence:
    rows = rows_of_part(task.solution, part)
    entries = []
    for name in names:
        standing = Standing.objects.get(
            board=board_of(task, part), team__name=name, valid_until=None
        )
        evaluation = Evaluation.objects.get(submission=standing.submission_id)
        entries.append((standing.score or 0.0, stored_arrays(evaluation) or {}))
    return Evidence.of(task.headline, rows.groups, rows.part, entries)


def test_a_public_board_has_a_study_of_its_public_rows(
    pets: Task, entered: dict[str, Submission]
) -> None:
    board = board_of(pets)
    found = rows_by_name(board)
    names = ["One", "Two", "Three", "Four"]
    evidence = evidence_of(pets, names, Part.PUBLIC)
    intervals = rank_intervals(evidence, True, pets.solution.sha256)
    ends = [(found[name]["rank_low"], found[name]["rank_high"]) for name in names]
    assert ends == [(each.low, each.high) for each in intervals if each]
    apart = separation(evidence).from_above
    assert [found[name]["separable"] for name in names] == list(apart)
    assert found["AutoGluon"] == {"nfr": None, "opis": None}
    assert current(board).study["brackets"][0][0] == str(entered["One"].team_id)


def test_negative_flips_are_in_the_steps_of_the_task(
    pets: Task, entered: dict[str, Submission]
) -> None:
    found = rows_by_name(board_of(pets))
    hits = evidence_of(pets, ["AutoGluon", "Three"], Part.PUBLIC).hit == 1
    raw = flips(hits[0], hits[1]).nfr
    assert raw > 0
    assert found["Three"]["nfr"] == round(raw, 2) != raw
    assert found["One"]["nfr"] == 0.0


def test_other_baselines_have_negative_flips_too_in_the_same_steps(
    pets: Task, entered: dict[str, Submission]
) -> None:
    found = rows_by_name(board_of(pets))
    hits = evidence_of(pets, ["AutoGluon", "Trivial"], Part.PUBLIC).hit == 1
    raw = flips(hits[0], hits[1]).nfr
    assert found["Trivial"] == {"nfr": round(raw, 2), "opis": None}
    assert found["Trivial"]["nfr"] != raw > 0
    shown = {row.team.name: row.nfr for row in visible_board(ANYBODY, pets).rows}
    assert (shown["Trivial"], shown["AutoGluon"]) == (found["Trivial"]["nfr"], None)


def test_a_private_board_has_a_study_of_its_private_rows_unrounded(
    challenge: Challenge, pets: Task, entered: dict[str, Submission]
) -> None:
    reveal_now(challenge)
    found = rows_by_name(board_of(pets, Part.PRIVATE))
    names = ["Three", "Two", "One", "Four"]
    intervals = rank_intervals(evidence_of(pets, names, Part.PRIVATE), True, pets.solution.sha256)
    ends = [(found[name]["rank_low"], found[name]["rank_high"]) for name in names]
    assert ends == [(each.low, each.high) for each in intervals if each]
    hits = evidence_of(pets, ["AutoGluon", "One"], Part.PRIVATE).hit == 1
    assert found["One"]["nfr"] == flips(hits[0], hits[1]).nfr
    trivial = evidence_of(pets, ["AutoGluon", "Trivial"], Part.PRIVATE).hit == 1
    assert found["Trivial"]["nfr"] == flips(trivial[0], trivial[1]).nfr > 0


def test_the_board_shows_the_study_of_its_revision(
    pets: Task, entered: dict[str, Submission], enter: Enter
) -> None:
    studied(board_of(pets))
    shown = visible_board(ANYBODY, pets)
    assert shown.is_studied
    assert shown.rows[0].rank_high is not None
    assert shown.brackets
    enter("Five", 3)
    assert not visible_board(ANYBODY, pets).is_studied


def test_opis_of_the_standing_submission_is_displayed_after_the_reveal(
    challenge: Challenge, pets: Task, entered: dict[str, Submission]
) -> None:
    for name, value in (("One", 0.012345), ("AutoGluon", 0.2)):
        evaluation = Evaluation.objects.get(submission=entered[name])
        Score.objects.create(
            evaluation=evaluation, part=Part.PRIVATE, metric="opis", value=value, n=30
        )
    reveal_now(challenge)
    found = rows_by_name(board_of(pets, Part.PRIVATE))
    assert (found["One"]["opis"], found["AutoGluon"]["opis"]) == (0.012345, 0.2)
    assert found["Two"]["opis"] is None


def test_a_track_has_a_study_over_its_tasks(pets: Task, entered: dict[str, Submission]) -> None:
    found = rows_by_name(Board.objects.get(track=pets.track))
    assert found["AutoGluon"]["elo"] == 1000.0
    assert found["One"]["elo"] > found["Four"]["elo"]
    assert found["One"]["mean_rank"] == 1.0
    assert found["One"]["low"] <= 0.95 <= found["One"]["high"]
    ends = [row[end] for row in found.values() for end in ("low", "high")]
    # The task's step over the way from the trivial submission to the best score.
    base = Standing.objects.get(board=board_of(pets), team__baseline="trivial").score
    assert base is not None
    step = feedback_step(step_of(pets) / (1 - base))
    assert step >= 0.01
    assert ends == [round_to_step(end, step) for end in ends]
    assert (found["One"]["rank_low"], found["Trivial"]["rank_low"]) == (1, None)
    row = visible_board(ANYBODY, pets.track).rows[0]
    assert (row.elo, row.low) == (found["One"]["elo"], found["One"]["low"])


def test_a_study_holds_no_numbers_of_a_diagram_that_is_not_drawn(
    pets: Task, entered: dict[str, Submission]
) -> None:
    board = Board.objects.get(track=pets.track)
    study(board.pk)
    stored = board.revisions.get(number=board.revision).study["friedman"]
    assert stored == {"no_diagram": "a critical-difference diagram needs at least 8 tasks"}


def test_a_track_by_mean_score_has_intervals_of_scores(
    pets: Task, entered: dict[str, Submission]
) -> None:
    by_skill = rows_by_name(Board.objects.get(track=pets.track))["Four"]
    pets.track.aggregate = "mean_score"
    pets.track.save()
    refresh(pets, entered["One"].team)
    by_score = rows_by_name(Board.objects.get(track=pets.track))["Four"]
    shown = visible_board(ANYBODY, pets.track)
    score = next(row.score for row in shown.rows if row.team.pk == entered["Four"].team_id)
    assert by_skill["low"] < by_score["low"] < score < by_score["high"]


@pytest.mark.parametrize("mode", Feedback.values)
def test_in_every_mode_the_submission_that_stands_is_studied_and_no_other(
    mode: str, pets: Task, entered: dict[str, Submission], enter: Enter
) -> None:
    Task.objects.filter(pk=pets.pk).update(feedback=mode)
    pets.refresh_from_db()
    unlucky = enter("Three", 13)  # worse, so that it neither stands nor is accepted
    rebuild(pets)
    files.private().delete(Evaluation.objects.get(submission=unlucky).rows)
    found = rows_by_name(board_of(pets))
    assert found["Three"]["nfr"] == round(found["Three"]["nfr"], 2)
    assert found["Three"]["rank_low"] is not None


def test_a_state_is_studied_once(
    pets: Task, entered: dict[str, Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    board = board_of(pets)
    first = studied(board)
    monkeypatch.setattr(studies, "_made", lambda _: pytest.fail("studied twice"))
    study(board.pk)
    assert current(board).study == first


def test_a_board_without_a_score_has_an_empty_study(
    pets: Task, entered: dict[str, Submission]
) -> None:
    Submission.objects.update(withdrawn_at=timezone.now())
    rebuild(pets)
    assert studied(board_of(pets))["rows"] == {}


def test_a_study_of_rows_that_moved_meanwhile_is_thrown_away(
    pets: Task, entered: dict[str, Submission], enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = board_of(pets)
    before = current(board)
    made = studies._made

    def overtaken(revision: Revision) -> dict[str, Any]:
        found = made(revision)
        enter("Five", 3)
        return found

    monkeypatch.setattr(studies, "_made", overtaken)
    study(board.pk)
    before.refresh_from_db()
    assert before.studied_at is None
    monkeypatch.setattr(studies, "_made", made)
    assert len(studied(board)["rows"]) == 7


def test_a_worker_that_was_killed_is_followed_by_another_when_its_claim_is_over(
    pets: Task, entered: dict[str, Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    board = board_of(pets)

    def killed(_: Revision) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(studies, "_made", killed)
        with pytest.raises(SystemExit):
            study(board.pk)
    study(board.pk)
    assert current(board).studied_at is None, "somebody may still be at it"
    now = timezone.now()
    monkeypatch.setattr(studies.timezone, "now", lambda: now + LEASE)
    assert studied(board)["rows"]


def test_a_study_that_fails_every_time_is_given_up(
    pets: Task, entered: dict[str, Submission], sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    board = board_of(pets)
    monkeypatch.setattr(studies, "LEASE", timedelta(0))

    def broken(_: Revision) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(studies, "_made", broken)
    for _ in range(TRIES):
        with pytest.raises(ZeroDivisionError):
            study(board.pk)
    study(board.pk)
    sweep()
    assert board.pk not in sent
    assert visible_board(ANYBODY, pets).rows[0].rank_low is None


def test_rows_that_are_missing_are_asked_for_and_the_study_comes_later(
    pets: Task, entered: dict[str, Submission], asked: list[int], scorer: Scorer
) -> None:
    board = board_of(pets)
    lost = Evaluation.objects.get(submission=entered["Two"])
    files.private().delete(lost.rows)
    Evaluation.objects.filter(pk=lost.pk).update(rows="")
    study(board.pk)
    assert asked == [lost.pk]
    assert (current(board).studied_at, current(board).study) == (None, {})
    lost.refresh_from_db()
    evaluating.keep_rows(lost, scorer)
    assert rows_by_name(board)["Two"]["rank_low"] is not None


def test_a_file_that_was_lost_is_asked_for_too(
    pets: Task, entered: dict[str, Submission], asked: list[int]
) -> None:
    lost = Evaluation.objects.get(submission=entered["Two"])
    files.private().delete(lost.rows)
    study(board_of(pets).pk)
    assert asked == [lost.pk]
    lost.refresh_from_db()
    assert lost.rows == ""


@pytest.mark.parametrize("gone", ["upload", "patience"])
def test_rows_that_do_not_come_are_done_without(
    gone: str, pets: Task, entered: dict[str, Submission], asked: list[int]
) -> None:
    Evaluation.objects.filter(submission=entered["Two"]).update(rows="")
    if gone == "upload":
        Submission.objects.filter(pk=entered["Two"].pk).update(file="")
    else:
        Revision.objects.update(at=timezone.now() - PATIENCE)
    found = rows_by_name(board_of(pets))
    assert asked == []
    nothing = {"rank_low": None, "rank_high": None, "separable": None, "nfr": None, "opis": None}
    assert found["Two"] == nothing
    assert found["One"]["rank_low"] == 1
    assert found["Three"]["nfr"] > 0


def test_rows_of_another_solution_say_nothing(
    pets: Task, entered: dict[str, Submission], tmp_path: Path
) -> None:
    other = other_public_labels(pets, tmp_path, 3)
    Evaluation.objects.filter(submission=entered["Two"]).update(solution=other)
    assert rows_by_name(board_of(pets))["Two"]["rank_low"] is None


def test_scores_that_are_no_longer_those_of_the_board_are_not_studied(
    pets: Task, entered: dict[str, Submission]
) -> None:
    Score.objects.filter(
        evaluation__submission=entered["Two"], metric="accuracy", part="public"
    ).update(value=0.3)
    board = board_of(pets)
    study(board.pk)
    assert current(board).studied_at is None


def test_a_burst_of_changes_is_studied_when_it_is_over(
    pets: Task,
    entered: dict[str, Submission],
    sent: list[int],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(studies, "REST_SECONDS", 5.0)
    board, made = board_of(pets), []
    real = studies._made
    monkeypatch.setattr(studies, "_made", lambda rev: made.append(rev.number) or real(rev))
    for wrong in range(100):
        with django_capture_on_commit_callbacks(execute=True):
            value = 0.5 + wrong / 250
            Score.objects.filter(
                evaluation__submission=entered["Four"], metric="accuracy", part="public"
            ).update(value=value)
            refresh(pets, entered["Four"].team)
        while sent:
            study(sent.pop(0))
    on_tasks = [number for number in made if number <= current(board).number]
    assert len(on_tasks) <= 4, "once or twice for the task and for the track"
    now = timezone.now()
    monkeypatch.setattr(studies.timezone, "now", lambda: now + timedelta(seconds=6))
    sweep()
    assert board.pk in sent
    for each in sent:
        study(each)
    assert current(board).studied_at is not None
    assert due(Board.objects.all()) == []


def test_a_change_sends_its_boards_to_the_workers(
    enter: Enter, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enter("One", 0)
    assert sorted(sent) == sorted(Board.objects.values_list("pk", flat=True))


def test_the_sweep_finds_what_no_message_told(
    pets: Task, entered: dict[str, Submission], sent: list[int]
) -> None:
    boards = list(Board.objects.order_by("pk").values_list("pk", flat=True))
    assert sweep() == 2
    assert sent == boards
    for board in boards:
        study(board)
    assert sweep() == 0


def test_during_the_freeze_the_state_that_is_shown_is_studied_too(
    challenge: Challenge, pets: Task, entered: dict[str, Submission], enter: Enter
) -> None:
    frozen = current(board_of(pets))
    Challenge.objects.filter(pk=challenge.pk).update(
        team_freeze_at=timezone.now(),
        closes_at=timezone.now() + timedelta(hours=2),
        freeze_hours=2,
    )
    challenge.refresh_from_db()
    hour = timedelta(hours=1)
    Revision.objects.update(at=F("at") - hour)
    Standing.objects.update(valid_from=F("valid_from") - hour, valid_until=F("valid_until") - hour)
    enter("Five", 0)
    study(board_of(pets).pk)
    frozen.refresh_from_db()
    assert len(frozen.study["rows"]) == 6
    assert len(current(board_of(pets)).study["rows"]) == 7
    shown = visible_board(ANYBODY, Task.objects.get(pk=pets.pk))
    assert shown.is_studied
    assert len(shown.rows) == 6


def test_a_message_has_the_board_studied(pets: Task, entered: dict[str, Submission]) -> None:
    tasks.study(board_of(pets).pk)
    assert current(board_of(pets)).studied_at is not None
    tasks.study(10**6)  # a board that is gone
