"""Owners remove a task, a track or a draft; what people have submitted to stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, definition_of
from podium.challenges.models import Challenge, Task
from podium.challenges.plans import carry_out, plan
from podium.refusals import Refused
from podium.standings.models import Board
from podium.submissions.models import Evaluation, State, Submission
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.console.sheets import carried_out, planned

AsUser = Callable[[User | None], Client]


@pytest.fixture
def owner(as_user: AsUser, olga: User) -> Client:
    return as_user(olga)


@pytest.fixture
def entry(matching_task: Task) -> Submission:
    """A scored submission of a baseline."""
    baseline = factories.make_team(matching_task.challenge, "Trivial", baseline="trivial")
    return factories.make_submission(baseline, matching_task, State.SCORED)


def of(name: str, *args: str) -> str:
    return reverse(name, args=["cup", *args])


def draft(challenge: Challenge) -> None:
    soon = timezone.now() + timedelta(days=1)
    Challenge.objects.filter(pk=challenge.pk).update(announced_at=None, opens_at=soon)


def test_a_task_goes_with_what_baselines_submitted(
    owner: Client, entry: Submission, matching_task: Task
) -> None:
    factories.make_evaluation(entry, public=0.5, private=0.5)
    BaselineRun.objects.create(task=matching_task, method="trivial", state=RunState.FAILED)
    slug = matching_task.slug
    page = carried_out(owner, of("console-remove-task", slug))
    lost = "with 1 submission of a baseline, 1 training of a baseline. Nobody can undo this."
    assert f"Task {slug} is removed, {lost}" in page
    assert not Task.objects.filter(slug=slug).exists()
    assert not Submission.objects.exists()
    assert not Evaluation.objects.exists()
    assert not Board.objects.filter(track=matching_task.track).exists()
    event = Event.objects.get(verb="removed task")
    assert (event.facts["task"], event.actor) == (slug, "Olga")
    assert owner.get(of("track", "matching")).status_code == 200


def test_the_files_go_when_the_task_is_gone(
    entry: Submission, django_capture_on_commit_callbacks: Any
) -> None:
    name = files.private().save("uploads/1/a.csv", ContentFile(b"id,score"))
    Submission.objects.filter(pk=entry.pk).update(file=name)
    with django_capture_on_commit_callbacks(execute=True):
        removed(entry.task)
        assert files.private().exists(name)
    assert not files.private().exists(name)


def removed(task: Task) -> Challenge:
    gone = {"slug": task.slug, "remove": True}
    tracks = [{"kind": task.track.kind, "tasks": [gone]}]
    return apply(definition=definition_of({"slug": task.challenge.slug, "tracks": tracks}))


def test_a_task_that_people_submitted_to_stays(
    owner: Client, team: Team, matching_task: Task
) -> None:
    factories.make_submission(team, matching_task, State.REJECTED)
    url = of("console-remove-task", matching_task.slug)
    answer = owner.post(url)
    assert answer.status_code == 422
    assert "1 team has submitted to task" in answer.content.decode()
    assert "Pause the task instead" in answer.content.decode()
    assert Task.objects.filter(pk=matching_task.pk).exists()


def test_a_task_stays_while_somebody_uploads_to_it(team: Team, matching_task: Task) -> None:
    assert team.captain
    factories.make_partial(matching_task, team.captain)
    with pytest.raises(BadDefinition, match="Somebody is uploading"):
        removed(matching_task)


def test_no_task_goes_once_the_challenge_is_over(matching_task: Task) -> None:
    past = timezone.now() - timedelta(days=1)
    Challenge.objects.update(team_freeze_at=past, closes_at=past)
    with pytest.raises(BadDefinition, match="The challenge is closed, so its tasks must stay"):
        removed(matching_task)


def test_a_file_removes_once_and_never_by_silence(matching_task: Task) -> None:
    track = {"kind": "matching", "title": "Pairs"}
    apply(definition=definition_of({"slug": "cup", "tracks": [track]}))
    assert Task.objects.filter(pk=matching_task.pk).exists()
    removed(matching_task)
    assert not Task.objects.filter(slug=matching_task.slug).exists()
    removed(matching_task)
    assert Event.objects.filter(verb="removed task").count() == 1


def test_a_submission_that_came_meanwhile_needs_a_new_plan(
    matching_task: Task, entry: Submission
) -> None:
    challenge = matching_task.challenge
    read = plan(challenge, lambda: removed(matching_task))
    factories.make_submission(entry.team, matching_task, State.QUEUED)
    with pytest.raises(Refused, match="has changed since"):
        carry_out(challenge, lambda: removed(matching_task), fingerprint=read.fingerprint)
    assert Task.objects.filter(pk=matching_task.pk).exists()


def test_a_track_goes_with_its_tasks(owner: Client, matching_task: Task) -> None:
    carried_out(owner, of("console-remove-track", "matching"))
    challenge = matching_task.challenge
    assert not challenge.tracks.filter(kind="matching").exists()
    assert {event.verb for event in Event.objects.all()} >= {"removed track", "removed task"}


def test_reading_the_plan_removes_nothing(owner: Client, matching_task: Task) -> None:
    planned(owner, of("console-remove-task", matching_task.slug))
    assert Task.objects.filter(pk=matching_task.pk).exists()
    assert not Event.objects.filter(verb="removed task").exists()


def test_a_draft_goes_when_its_title_is_typed(
    owner: Client, entry: Submission, matching_task: Task
) -> None:
    challenge = matching_task.challenge
    draft(challenge)
    Team.objects.filter(baseline="").delete()
    url = of("console-remove")
    assert "1 submission of a baseline" in owner.get(url).content.decode()
    assert owner.post(url, {"confirmed_title": "Another"}).status_code == 422
    assert Challenge.objects.filter(pk=challenge.pk).exists()
    assert owner.post(url, {"confirmed_title": challenge.title}).status_code == 302
    assert not Challenge.objects.filter(pk=challenge.pk).exists()
    assert Event.objects.get(verb="removed challenge").facts["title"] == challenge.title


def test_what_people_have_seen_is_no_draft(owner: Client, matching_task: Task) -> None:
    url = of("console-remove")
    answer = owner.post(url, {"confirmed_title": matching_task.challenge.title})
    assert answer.status_code == 422
    assert "Only a draft can be removed" in answer.content.decode()


def test_a_draft_with_people_in_teams_stays(owner: Client, team: Team, matching_task: Task) -> None:
    draft(team.challenge)
    answer = owner.post(of("console-remove"), {"confirmed_title": team.challenge.title})
    assert answer.status_code == 422
    assert Challenge.objects.filter(pk=team.challenge.pk).exists()
