"""Fetching what an address names, and only for those who may see it. Everybody else gets 404."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from podium.catalog.models import DatasetVersion
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.submissions.models import Submission
from podium.teams.actions import team_of

_ORDER = [
    Phase.OPEN,
    Phase.ANNOUNCED,
    Phase.CLOSED,
    Phase.DRAFT,
    Phase.REVEALED,
    Phase.ARCHIVED,
]


def visible_challenges(user: Any) -> QuerySet[Challenge]:
    """Return the challenges that the user may know of, newest first."""
    now = timezone.now()
    announced = Q(announced_at__lte=now) | Q(opens_at__lte=now)
    if getattr(user, "is_authenticated", False):
        announced |= Q(organizers__user=user)
    return Challenge.objects.filter(announced).distinct()


def by_phase(challenges: Iterable[Challenge]) -> list[Challenge]:
    """Return the challenges with the open ones first and what is over last."""
    return sorted(challenges, key=lambda challenge: _ORDER.index(challenge.phase()))


def get_challenge(request: HttpRequest, slug: str) -> Challenge:
    """Return an announced challenge, or a draft to its organizers."""
    challenge = get_object_or_404(Challenge, slug=slug)
    if challenge.phase() == Phase.DRAFT and not has_permission(
        request.user, Permission.SEE_DRAFT, challenge
    ):
        raise Http404
    return challenge


def get_track(request: HttpRequest, slug: str, kind: str) -> Track:
    """Return a track of a challenge that the user may see."""
    return get_object_or_404(
        Track.objects.select_related("challenge").prefetch_related(
            Prefetch("tasks", Task.objects.select_related("dataset_version"))
        ),
        challenge=get_challenge(request, slug),
        kind=kind,
    )


def get_task(request: HttpRequest, slug: str, task: str) -> Task:
    """Return a task of a challenge that the user may see."""
    return get_object_or_404(
        Task.objects.select_related("challenge", "track__challenge", "dataset_version", "solution"),
        challenge=get_challenge(request, slug),
        slug=task,
    )


def get_submission(request: HttpRequest, pk: int) -> Submission:
    """Return a submission to the members of its team and to the challenge's organizers."""
    submission = get_object_or_404(
        Submission.objects.select_related(
            "team",
            "submitted_by",
            "task__challenge",
            "task__track__challenge",
            "task__solution",
            "task__dataset_version",
        ),
        pk=pk,
    )
    challenge = submission.task.challenge
    if not is_own(request, submission) and not has_permission(
        request.user, Permission.SEE_ALL_SUBMISSIONS, challenge
    ):
        raise Http404
    request.challenge = challenge  # type: ignore[attr-defined]  # for the navigation
    return submission


def get_own_submission(request: HttpRequest, pk: int) -> Submission:
    """Return a submission to the members of its team alone."""
    submission = get_submission(request, pk)
    if not is_own(request, submission):
        raise Http404
    return submission


def is_own(request: HttpRequest, submission: Submission) -> bool:
    """Tell whether the user is a member of the submission's team."""
    team = team_of(request.user, submission.task.challenge)
    return team is not None and team.pk == submission.team_id


def get_dataset(request: HttpRequest, name: str, number: int) -> DatasetVersion:
    """Return a data set version that a challenge visible to the user works with."""
    version = get_object_or_404(DatasetVersion, name=name, number=number)
    used = Task.objects.filter(
        dataset_version=version, challenge__in=visible_challenges(request.user)
    )
    if not request.user.is_staff and not used.exists():
        raise Http404
    return version
