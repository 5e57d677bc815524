"""Fetching what an address names, and only for those who may see it. Everybody else gets 404."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from podium.accounts.models import User, Viewer
from podium.catalog.actions.licences import has_accepted
from podium.catalog.models import Access, DatasetVersion, VersionState
from podium.challenges.entry import admitting
from podium.challenges.models import Challenge, Phase, Task, Track, VisibleTo
from podium.challenges.permissions import Permission, has_permission
from podium.challenges.previewed import previewed
from podium.submissions.models import Submission
from podium.teams.actions import has_accepted_rules, team_of

_ORDER = [
    Phase.OPEN,
    Phase.ANNOUNCED,
    Phase.CLOSED,
    Phase.DRAFT,
    Phase.REVEALED,
    Phase.ARCHIVED,
]


def visible_challenges(user: Viewer) -> QuerySet[Challenge]:
    """Return the challenges that the user may know of, newest first."""
    seen = Q(visible_to=VisibleTo.EVERYBODY)
    if user.is_authenticated:
        seen |= Q(visible_to=VisibleTo.SIGNED_IN)
        seen |= Q(visible_to=VisibleTo.ADMITTED) & admitting(user)
        seen |= Q(pk__in=user.memberships.values("challenge"))
    seen &= _announced()
    if previewed() is not None:
        seen |= Q(pk=previewed())
    elif user.is_authenticated:
        seen |= Q(organizers__user=user)
    return Challenge.objects.filter(seen).distinct()


def may_see(user: Viewer, challenge: Challenge) -> bool:
    """Return whether the user may know of the challenge: one of `visible_challenges`."""
    is_announced = challenge.phase() != Phase.DRAFT
    if is_announced and challenge.visible_to == VisibleTo.EVERYBODY:
        return True
    return visible_challenges(user).filter(pk=challenge.pk).exists()


def refuse_hidden(user: Viewer, challenge: Challenge) -> None:
    """Raise Http404 unless the user may know of the challenge, SignInNeeded if they may after that.

    So a visitor can find out that an announced challenge has this address, and nothing else of it.
    """
    if may_see(user, challenge):
        return
    if user.is_authenticated or challenge.phase() == Phase.DRAFT:
        raise Http404
    raise SignInNeeded


def _announced() -> Q:
    now = timezone.now()
    return Q(announced_at__lte=now) | Q(opens_at__lte=now)


def by_phase(challenges: Iterable[Challenge]) -> list[Challenge]:
    """Return the challenges with the open ones first and what is over last."""
    return sorted(challenges, key=lambda challenge: _ORDER.index(challenge.phase()))


def get_challenge(request: HttpRequest, slug: str) -> Challenge:
    """Return a challenge that the user may see. Raises SignInNeeded."""
    challenge = get_object_or_404(Challenge, slug=slug)
    refuse_hidden(request.user, challenge)
    request.challenge = challenge  # type: ignore[attr-defined]  # for the navigation
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
    found = get_object_or_404(
        Task.objects.select_related("challenge", "track__challenge", "dataset_version", "solution"),
        challenge=get_challenge(request, slug),
        slug=task,
    )
    request.task = found  # type: ignore[attr-defined]  # for the navigation
    return found


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
    request.task = submission.task  # type: ignore[attr-defined]  # for the navigation
    return submission


def get_own_submission(request: HttpRequest, pk: int) -> Submission:
    """Return a submission, only to members of its team."""
    submission = get_submission(request, pk)
    if not is_own(request, submission):
        raise Http404
    return submission


def is_own(request: HttpRequest, submission: Submission) -> bool:
    """Return whether the user is a member of the submission's team."""
    team = team_of(request.user, submission.task.challenge)
    return team is not None and team.pk == submission.team_id


class SignInNeeded(Http404):
    """An anonymous visitor might see this after signing in."""


def visible_datasets(user: Viewer) -> QuerySet[DatasetVersion]:
    """Return the data set versions that the user may open, in every state.

    Drafts and checked versions are for their editors and staff. Published and retired ones are for
    those whom their access rule names; a version that only unannounced challenges work with is
    hidden with them.
    """
    versions = DatasetVersion.objects.all()
    if user.is_staff:
        return versions
    out = Q(state__in=[VersionState.PUBLISHED, VersionState.RETIRED])
    used = Task.objects.filter(dataset_version=OuterRef("pk"))
    shown = used.filter(challenge__in=visible_challenges(user))
    known = Q(Exists(shown)) | ~Q(Exists(used))
    granted = Q(access=Access.PUBLIC)
    if not user.is_authenticated:
        return versions.filter(out & known & granted)
    granted |= Q(access=Access.SIGNED_IN)
    granted |= Q(Exists(used.filter(challenge__in=_own_challenges(user))))
    edited = Q(pk__in=versions.edited_by(user).values("pk"))
    return versions.filter((out & known & granted) | edited)


def is_for_everybody(version: DatasetVersion) -> bool:
    """Return whether anybody at all may open the version, so that caches may keep its files."""
    return visible_datasets(AnonymousUser()).filter(pk=version.pk).exists()


def get_dataset(request: HttpRequest, name: str, number: int) -> DatasetVersion:
    """Return a data set version that the user may open.

    Raises SignInNeeded to anonymous visitors of one that others may open.
    """
    version = get_object_or_404(DatasetVersion, name=name, number=number)
    if visible_datasets(request.user).filter(pk=version.pk).exists():
        return version
    if version.is_released and not request.user.is_authenticated:
        # Once signed in, the visitor may turn out to be an organizer. A draft stays hidden.
        tasks = Task.objects.filter(dataset_version=version)
        if not tasks or tasks.filter(challenge__in=Challenge.objects.filter(_announced())):
            raise SignInNeeded
    raise Http404


def must_accept_licence(user: Viewer, version: DatasetVersion) -> bool:
    """Return whether the user has to accept the licence before the first download."""
    asked = version.is_released and version.is_restricted
    return asked and not has_accepted(user, version)


def may_download(user: Viewer, version: DatasetVersion) -> bool:
    """Return whether the user may open the version and has accepted its licence, if required.

    Hashes of its files are only for these users: others could guess contents from them.
    """
    is_open = visible_datasets(user).filter(pk=version.pk).exists()
    return is_open and not must_accept_licence(user, version)


def get_edited_dataset(request: HttpRequest, name: str, number: int) -> DatasetVersion:
    """Return a data set version to those who may change it: its editors and staff."""
    edited = DatasetVersion.objects.edited_by(request.user)
    return get_object_or_404(edited, name=name, number=number)


def _own_challenges(user: User) -> list[Challenge]:
    """Return the challenges that the user organizes, or plays in with the rules accepted."""
    played = [
        membership.challenge
        for membership in user.memberships.select_related("challenge")
        if has_accepted_rules(user, membership.challenge)
    ]
    return [*played, *Challenge.objects.filter(organizers__user=user.pk)]
