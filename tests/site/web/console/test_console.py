"""The console: who sees it, what it says, and what can be done there."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from podium import workers
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Challenge, Task
from podium.standings.actions import on_evaluation_stored
from podium.submissions.models import State, Submission
from podium.teams.models import Team
from podium.watch import overview
from tests.site.factories import (
    make_challenge,
    make_evaluation,
    make_organizer,
    make_submission,
    make_task,
    make_team,
    make_user,
)
from tests.site.web.console.datasets import as_sent

AsUser = Callable[[User | None], Client]
SCORER = workers.Worker("scoring@here", ("scoring", "control"), pid=7, concurrency=2)


@pytest.fixture(autouse=True)
def _all_is_well(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    """Workers and scheduler are alive, the disk is roomy; tests take away what they test."""
    monkeypatch.setattr(workers, "workers_alive", lambda: [SCORER])
    for seen in ("beat_seen_at", "watch_seen_at"):
        monkeypatch.setattr(workers, seen, lambda: datetime.now(UTC))
    _set_free_disk(monkeypatch, 0.5)
    settings.VAR = tmp_path


def _set_free_disk(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    usage = SimpleNamespace(total=1_000_000_000, free=int(1_000_000_000 * share))
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)


def _console(client: Client, challenge: Challenge, **headers: str) -> str:
    response = client.get(reverse("console", args=[challenge.slug]), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def _run(task: Task, state: str = RunState.QUEUED, **fields: Any) -> BaselineRun:
    now = timezone.now()
    lease = now + timedelta(seconds=30) if state == RunState.RUNNING else None
    return BaselineRun.objects.create(
        task=task, **{"method": "trivial", "state": state, "lease_until": lease, **fields}
    )


# Who -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("olga", 200), ("viktor", 200), ("alice", 404), ("bob", 404), ("charlie", 404), ("sam", 404)],
)
def test_organizers_alone_see_the_console(
    team: Team, as_user: AsUser, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    client = as_user(request.getfixturevalue(who))
    assert client.get(reverse("console", args=[team.challenge.slug])).status_code == status


def test_a_visitor_is_asked_to_sign_in(challenge: Challenge, as_user: AsUser) -> None:
    url = reverse("console", args=[challenge.slug])
    response = as_user(None).get(url)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={url}")


def test_an_organizer_of_another_challenge_does_not_see_it(
    challenge: Challenge, as_user: AsUser, charlie: User
) -> None:
    make_organizer(make_challenge("other"), charlie)
    url = reverse("console", args=[challenge.slug])
    assert as_user(charlie).get(url).status_code == 404


def _posts(challenge: Challenge, submission: Submission, run: BaselineRun) -> list[str]:
    slug = challenge.slug
    return [
        reverse("console-retry", args=[slug, submission.pk]),
        reverse("console-baselines", args=[slug]),
        reverse("console-restart", args=[slug, run.pk]),
        reverse("console-rule", args=[slug, "teams"]),
    ]


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 302), ("viktor", 403), ("alice", 404), ("bob", 404), ("charlie", 404), ("sam", 404)],
)
def test_nobody_else_may_do_anything(
    team: Team,
    matching_task: Task,
    as_user: AsUser,
    who: str | None,
    status: int,
    request: pytest.FixtureRequest,
) -> None:
    failed = make_submission(team, matching_task, State.FAILED)
    run = _run(matching_task, RunState.FAILED)
    client = as_user(request.getfixturevalue(who) if who else None)
    for url in _posts(team.challenge, failed, run):
        assert client.post(url).status_code == status, url
    failed.refresh_from_db()
    assert failed.state == State.FAILED
    assert not Event.objects.exists()


def test_actions_are_not_done_by_following_a_link(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    failed = make_submission(team, matching_task, State.FAILED)
    run = _run(matching_task, RunState.FAILED)
    forms = {reverse("console-baselines", args=[team.challenge.slug])}
    for url in {*_posts(team.challenge, failed, run)} - forms:
        assert as_user(olga).get(url).status_code == 405


def test_rows_of_another_challenge_are_out_of_reach(
    team: Team, matching_task: Task, as_user: AsUser
) -> None:
    failed = make_submission(team, matching_task, State.FAILED)
    run = _run(matching_task, RunState.FAILED)
    other, dora = make_challenge("other"), make_user("dora")
    make_organizer(other, dora)
    retry, start, restart, rule = _posts(other, failed, run)
    client = as_user(dora)
    for url in (retry, restart):
        assert client.post(url).status_code == 404
    form = {"task": matching_task.pk, "method": "trivial"}
    assert client.post(start, form).status_code == 422
    act = {"act": "disqualify", "pick": team.pk}
    assert "There is nothing to do." in client.post(rule, act).content.decode()


# What it says ----------------------------------------------------------------------------------


def test_an_idle_challenge_is_all_right(challenge: Challenge, as_user: AsUser, olga: User) -> None:
    page = _console(as_user(olga), challenge)
    assert "All systems normal." in page
    assert "2 processes free" in page
    assert "No baseline was started yet." in page


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"workers_alive": None}, "Redis does not answer"),
        (
            {"workers_alive": [workers.Worker("b@h", ("scoring",), pid=1, concurrency=1)]},
            "No worker of the queue control is alive",
        ),
        ({"watch_seen_at": None}, "Nobody is mailed of problems like these"),
        (
            {"workers_alive": [workers.Worker("b@h", ("control",), pid=1, concurrency=1)]},
            "No scoring worker is alive",
        ),
        ({"beat_seen_at": None}, "has given no sign yet"),
        (
            {"beat_seen_at": datetime(2020, 1, 1, tzinfo=UTC)},
            "The scheduler has given no sign for",
        ),
    ],
)
def test_silent_machinery_is_told_in_words(
    challenge: Challenge,
    as_user: AsUser,
    olga: User,
    monkeypatch: pytest.MonkeyPatch,
    broken: dict[str, Any],
    sentence: str,
) -> None:
    for name, value in broken.items():
        monkeypatch.setattr(workers, name, lambda value=value: value)
    page = _console(as_user(olga), challenge)
    assert sentence in page
    assert "All systems normal." not in page
    assert "1 problem needs attention" in page


def test_a_full_disk_is_told(
    challenge: Challenge, as_user: AsUser, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_free_disk(monkeypatch, 0.04)
    assert "Only 4% of the disk is free." in _console(as_user(olga), challenge)


def test_the_size_of_var_counts_its_files(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir(exist_ok=True)
    (tmp_path / "files" / "a.csv").write_bytes(b"x" * 1000)
    (tmp_path / "b.csv").write_bytes(b"x" * 500)
    assert overview.disk().var == 1500


def test_an_old_queue_and_failures_are_told_with_their_text(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    old = timezone.now() - timedelta(minutes=10)
    _run(matching_task)
    make_submission(team, matching_task, State.QUEUED, queued_at=old)
    failed = make_submission(team, matching_task, State.FAILED, failure="zygote died: <signal 9>")
    page = _console(as_user(olga), team.challenge)
    assert "2 problems need attention" in page
    assert "The oldest queued submission has waited for 10\xa0minutes." in page
    assert "1 submission failed because of a system error." in page
    assert f"submission:{failed.pk}" in page
    assert "zygote died: &lt;signal 9&gt;" in page


def test_what_crashed_the_scorer_in_the_last_day_is_told_once(
    challenge: Challenge, team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    damaged, older = (make_submission(team, matching_task, State.REJECTED) for _ in range(2))
    for _ in range(2):
        record(Verb.CRASHED_SCORER, subject=damaged, challenge=challenge.slug, crash="read: x")
    record(Verb.CRASHED_SCORER, subject=older, challenge=challenge.slug, crash="read: x")
    Event.objects.filter(subject=f"submission:{older.pk}").update(
        at=timezone.now() - timedelta(days=2)
    )
    record(Verb.CRASHED_SCORER, subject=challenge, challenge="elsewhere", crash="read: x")
    said = f"crashed in the last day: submission:{damaged.pk}. Each time"
    assert said in _console(as_user(olga), challenge)


def test_a_young_queue_is_no_trouble(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    _run(matching_task)
    make_submission(team, matching_task, State.QUEUED)
    assert "All systems normal." in _console(as_user(olga), team.challenge)


def test_other_challenges_are_not_shown(
    team: Team, as_user: AsUser, olga: User, alice: User
) -> None:
    other = make_challenge("other")
    task = make_task(other, "matching")
    make_submission(make_team(other, "Elsewhere", alice), task, State.FAILED)
    _run(task, RunState.FAILED)
    page = _console(as_user(olga), team.challenge)
    assert "All systems normal." in page
    assert "Elsewhere" not in page


def test_baselines_show_the_last_run_with_its_progress_and_log(
    matching_task: Task, classification_task: Task, as_user: AsUser, olga: User
) -> None:
    _run(matching_task, RunState.FAILED, message="old failure")
    log = "\n".join(f"line {number}" for number in range(9))
    _run(matching_task, RunState.RUNNING, progress=0.42, message="fitting trees", log=log)
    _run(classification_task, RunState.FINISHED, method="autogluon", log="quiet now")
    _run(classification_task)
    page = _console(as_user(olga), matching_task.challenge)
    assert "All systems normal." in page
    assert 'value="42" max="100"' in page
    assert "fitting trees" in page
    assert "line 5\nline 6\nline 7\nline 8" in page
    assert "AutoGluon, Classification Task" in page
    for gone in ("old failure", "line 4", "quiet now"):
        assert gone not in page


def test_a_failed_baseline_is_trouble(matching_task: Task, as_user: AsUser, olga: User) -> None:
    _run(matching_task, RunState.FAILED, message="out of memory")
    page = _console(as_user(olga), matching_task.challenge)
    assert "The baseline Trivial failed on Matching Task." in page
    assert "out of memory" in page


def test_a_task_without_a_trivial_score_is_trouble(
    team: Team, matching_task: Task, classification_task: Task, as_user: AsUser, olga: User
) -> None:
    said = "Without a score of the trivial baseline these tasks count in no track"
    client, challenge = as_user(olga), team.challenge
    assert f"{said}: Matching Task, Classification Task. Start" in _console(client, challenge)
    _run(classification_task)
    trivial = make_team(challenge, "Trivial", baseline="trivial")
    first = make_submission(trivial, matching_task)
    on_evaluation_stored(make_evaluation(first, public=0.2, private=0.2))
    assert said not in _console(client, challenge)
    BaselineRun.objects.update(state=RunState.FAILED)
    assert f"{said}: Classification Task. Start" in _console(client, challenge)
    classification_task.track.aggregate = "mean_score"
    classification_task.track.save()
    assert said not in _console(client, challenge)


@pytest.mark.parametrize(("days", "is_proposed"), [(-1, False), (1, True)])
def test_the_ladder_is_proposed_while_the_feedback_can_still_be_changed(
    matching_task: Task, as_user: AsUser, olga: User, days: int, is_proposed: bool
) -> None:
    challenge = matching_task.challenge
    challenge.opens_at = timezone.now() + timedelta(days=days)
    challenge.save()
    html = _console(as_user(olga), challenge)
    assert ("Task matching-task: a team may submit" in html) == is_proposed
    assert ("Consider <code>ladder</code>" in html) == is_proposed


def test_rows_that_another_challenge_reveals_at_another_time_are_told_at_any_time(
    matching_task: Task, as_user: AsUser, olga: User
) -> None:
    html = _console(as_user(olga), matching_task.challenge)
    assert "the reveals differ" not in html
    later = timezone.now() + timedelta(days=99)
    other = make_challenge("other", title="Their event", reveal_at=later)
    twin = make_task(other, "matching", "twin")
    Task.objects.filter(pk=twin.pk).update(dataset_version=matching_task.dataset_version)
    html = _console(as_user(olga), matching_task.challenge)
    assert "is in Their event (task twin) too, and the reveals differ" in html


def test_a_run_of_a_method_that_is_gone_keeps_its_name(
    matching_task: Task, as_user: AsUser, olga: User
) -> None:
    _run(matching_task, RunState.FINISHED, method="retired")
    assert "retired, Matching Task" in _console(as_user(olga), matching_task.challenge)


def test_counts_are_of_today_alone(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    make_submission(team, matching_task, State.SCORED)
    make_submission(team, matching_task, State.REJECTED)
    make_submission(
        team, matching_task, State.SCORED, received_at=timezone.now() - timedelta(days=2)
    )
    page = _console(as_user(olga), team.challenge)
    assert re.search(r">2</a>\s+<small>1 scored, 1 rejected, 1 team<", page)


def test_the_submissions_of_two_days_are_drawn_by_hour(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    page = as_user(olga).get("/c/cup/console/").content.decode()
    assert "in an hour (UTC)" not in page
    now = timezone.now()
    for state, hours in (("scored", 0), ("failed", 0), ("scored", 5), ("scored", 90)):
        sent = now - timedelta(hours=hours)
        make_submission(team, matching_task, state, received_at=sent)
    baseline = make_team(team.challenge, "Trivial", baseline="trivial")
    make_submission(baseline, matching_task, State.SCORED, received_at=now)
    page = as_user(olga).get("/c/cup/console/").content.decode()
    assert page.count("3 submissions in the last two days, at most 2 in an hour (UTC)") >= 2
    assert f"{now.astimezone(UTC):%H}:00 2, 1 failed" in page


def test_no_score_label_or_file_of_a_solution_is_shown(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    submission = make_submission(team, matching_task)
    make_evaluation(submission, public=0.23456, private=0.34567)
    page = _console(as_user(olga), team.challenge)
    for secret in ("0.2345", "0.3456", "secret", "5ec4e7", submission.file):
        assert secret not in page


def test_htmx_gets_the_live_part_alone(challenge: Challenge, as_user: AsUser, olga: User) -> None:
    part = _console(as_user(olga), challenge, **{"HX-Request": "true"})
    assert "All systems normal." in part
    assert "<html" not in part
    assert "<textarea" not in part


def test_a_viewer_sees_no_buttons(
    team: Team, matching_task: Task, as_user: AsUser, viktor: User
) -> None:
    make_submission(team, matching_task, State.FAILED)
    _run(matching_task, RunState.FAILED)
    page = _console(as_user(viktor), team.challenge)
    assert page.count('method="post"') == 1  # signing out


def test_the_console_takes_few_queries_however_much_there_is(
    team: Team,
    matching_task: Task,
    as_user: AsUser,
    olga: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for state in [State.FAILED, State.SCORED, State.QUEUED] * 5:
        make_submission(team, matching_task, state)
    for number in range(5):
        _run(matching_task, RunState.FINISHED, method=f"m{number}")
        make_team(team.challenge, f"Team {number}", make_user(f"u{number}"))
    client = as_user(olga)
    with django_assert_max_num_queries(21):
        _console(client, team.challenge)
    with django_assert_max_num_queries(15):
        _console(client, team.challenge, **{"HX-Request": "true"})


# What can be done ------------------------------------------------------------------------------


def test_a_failed_submission_is_queued_again(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    failed = make_submission(team, matching_task, State.FAILED)
    url = reverse("console-retry", args=[team.challenge.slug, failed.pk])
    page = as_user(olga).post(url, follow=True).content.decode()
    assert "is queued again" in page
    failed.refresh_from_db()
    assert failed.state == State.QUEUED
    assert "is not failed" in as_user(olga).post(url, follow=True).content.decode()


def test_all_failures_are_queued_again_by_one_act(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    for _ in range(30):  # more than the page lists
        make_submission(team, matching_task, State.FAILED)
    client, url = as_user(olga), reverse("console", args=[team.challenge.slug])
    act = reverse("console-rule", args=[team.challenge.slug, "submissions"])
    page = client.get(url).content.decode()
    assert "Retry all failures" in page
    plan = client.post(act, as_sent(page, act)).content.decode()
    assert Submission.objects.filter(state=State.FAILED).count() == 30
    assert client.post(act, dict(as_sent(plan, act).lists())).status_code == 302
    assert Submission.objects.filter(state=State.QUEUED).count() == 30
    assert "Retry all" not in client.get(url).content.decode()


def test_a_viewer_retries_nothing(
    team: Team, matching_task: Task, as_user: AsUser, viktor: User
) -> None:
    make_submission(team, matching_task, State.FAILED)
    page = as_user(viktor).get(reverse("console", args=[team.challenge.slug])).content.decode()
    assert "Failures" in page
    assert "Retry" not in page


def test_a_run_that_ended_is_started_again_and_one_in_flight_is_not(
    matching_task: Task, as_user: AsUser, olga: User
) -> None:
    run = _run(matching_task, RunState.FAILED)
    url = reverse("console-restart", args=[matching_task.challenge.slug, run.pk])
    assert "is queued on" in as_user(olga).post(url, follow=True).content.decode()
    assert BaselineRun.objects.count() == 2
    newest = BaselineRun.objects.latest("id")
    url = reverse("console-restart", args=[matching_task.challenge.slug, newest.pk])
    assert "has not ended yet" in as_user(olga).post(url, follow=True).content.decode()
