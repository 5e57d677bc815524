"""What staff change in the admin, and what keeps them from breaking it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Task
from podium.submissions.models import State
from podium.teams.models import Invitation, Team
from tests.site.factories import make_submission

AsUser = Callable[[User | None], Client]
TEXTS = ("title", "slug", "summary", "description", "rules", "prizes")


@pytest.fixture
def client(as_user: AsUser, sam: User) -> Client:
    return as_user(sam)


def test_of_a_submission_only_what_the_team_wrote_is_changed(
    team: Team, matching_task: Task, client: Client
) -> None:
    submission = make_submission(team, matching_task, State.FAILED)
    url = reverse("admin:submissions_submission_change", args=[submission.pk])
    form = {"method": "boosted trees", "note": "", "state": State.QUEUED, "number": 9}
    assert client.post(url, form).status_code == 302
    submission.refresh_from_db()
    assert (submission.method, submission.state, submission.number) == (
        "boosted trees",
        State.FAILED,
        1,
    )


def test_an_invitation_can_be_deleted_but_not_changed(team: Team, client: Client) -> None:
    row = Invitation.objects.create(team=team, token_hash="a" * 64)
    change = reverse("admin:teams_invitation_change", args=[row.pk])
    assert client.post(change, {"expires_at": timezone.now()}).status_code == 403
    delete = reverse("admin:teams_invitation_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Invitation.objects.exists()


def test_a_team_gets_a_proper_name_and_keeps_all_else(team: Team, client: Client) -> None:
    url = reverse("admin:teams_team_change", args=[team.pk])
    form = {"name": "A proper name", "slug": "other", "captain": "", "baseline": "trivial"}
    assert client.post(url, form).status_code == 302
    changed = Team.objects.get()
    assert (changed.name, changed.slug, changed.captain, changed.baseline) == (
        "A proper name", team.slug, team.captain, ""
    )  # fmt: skip
    assert [event.verb for event in Event.objects.all()] == ["renamed team"]
    assert client.post(reverse("admin:teams_team_delete", args=[team.pk])).status_code == 403
