"""What staff change in the admin, and what keeps them from breaking it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.definition import TIMES
from podium.challenges.models import Challenge, Organizer, Task
from podium.submissions.models import State
from podium.teams.models import Invitation, Team
from tests.site.factories import make_challenge, make_submission, make_task, make_user

AsUser = Callable[[User | None], Client]
TEXTS = ("title", "slug", "summary", "description", "rules", "prizes")


@pytest.fixture
def client(as_user: AsUser, sam: User) -> Client:
    return as_user(sam)


def _challenge_form(challenge: Challenge, **changed: Any) -> dict[str, Any]:
    """Return what the challenge's form holds when it is sent back with only `changed` changed."""
    form: dict[str, Any] = {name: getattr(challenge, name) for name in TEXTS}
    form |= {"max_team_size": challenge.max_team_size, "freeze_hours": challenge.freeze_hours}
    form |= {name: getattr(challenge, name) for name in ("show_members", "deleted_accounts")}
    for name in TIMES:
        moment: datetime | None = changed.get(name, getattr(challenge, name))
        form[f"{name}_0"] = f"{moment:%Y-%m-%d}" if moment else ""
        form[f"{name}_1"] = f"{moment:%H:%M:%S}" if moment else ""
    for inline in ("organizers", "tracks"):
        form |= {f"{inline}-TOTAL_FORMS": 0, f"{inline}-INITIAL_FORMS": 0}
    return {**form, **{name: value for name, value in changed.items() if name not in TIMES}}


def _change_url(challenge: Challenge) -> str:
    return reverse("admin:challenges_challenge_change", args=[challenge.pk])


@pytest.fixture
def exact(challenge: Challenge) -> Challenge:
    """A challenge whose times have no fractions of seconds, as forms send them."""
    for name in TIMES:
        if moment := getattr(challenge, name):
            setattr(challenge, name, moment.replace(microsecond=0))
    challenge.save()
    return challenge


def test_times_and_the_address_are_not_changed_here(exact: Challenge, client: Client) -> None:
    page = client.get(_change_url(exact)).content.decode()
    assert not any(f'name="{name}_0"' in page for name in TIMES)
    later = exact.closes_at + timedelta(days=1)
    form = _challenge_form(exact, closes_at=later, slug="other", freeze_hours=9, title="Renamed")
    assert client.post(_change_url(exact), form).status_code == 302
    before = exact.closes_at
    exact.refresh_from_db()
    assert (exact.closes_at, exact.slug, exact.freeze_hours) == (before, "cup", 0)
    assert exact.title == "Renamed"
    assert [event.verb for event in Event.objects.all()] == ["changed challenge"]


def test_what_was_revealed_since_the_page_was_read_stays(exact: Challenge, client: Client) -> None:
    shown = exact.closes_at + timedelta(days=1)
    Challenge.objects.filter(pk=exact.pk).update(revealed_at=shown)
    assert client.post(_change_url(exact), _challenge_form(exact, title="Over")).status_code == 302
    exact.refresh_from_db()
    assert (exact.title, exact.revealed_at) == ("Over", shown)


def test_a_new_challenge_is_recorded(exact: Challenge, client: Client) -> None:
    form = _challenge_form(exact, slug="second", title="Second")
    assert client.post(reverse("admin:challenges_challenge_add"), form).status_code == 302
    assert Event.objects.get(challenge="second").verb == "created challenge"


def test_a_member_of_a_team_is_not_made_an_organizer(
    team: Team, bob: User, charlie: User, client: Client
) -> None:
    url = reverse("admin:challenges_organizer_add")
    form = {"challenge": team.challenge.pk, "role": "manager"}
    response = client.post(url, {**form, "user": bob.pk})
    assert response.status_code == 200
    assert "They must leave first." in response.content.decode()
    assert client.post(url, {**form, "user": charlie.pk}).status_code == 302
    assert list(Organizer.objects.values_list("user", flat=True)) == [charlie.pk]


def test_a_member_is_not_made_an_organizer_on_the_challenges_page_either(
    exact: Challenge, team: Team, bob: User, client: Client
) -> None:
    inline = {
        "organizers-TOTAL_FORMS": 1,
        "organizers-0-user": bob.pk,
        "organizers-0-role": "owner",
    }
    response = client.post(_change_url(exact), _challenge_form(exact, **inline))
    assert "They must leave first." in response.content.decode()
    assert not Organizer.objects.exists()


def test_what_scores_were_made_with_stands_still_once_there_are_submissions(
    team: Team, matching_task: Task, client: Client
) -> None:
    url = reverse("admin:challenges_task_change", args=[matching_task.pk])
    assert 'name="headline"' in client.get(url).content.decode()
    make_submission(team, matching_task)
    page = client.get(url).content.decode()
    assert 'name="headline"' not in page
    assert 'name="daily_limit"' in page


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


def test_a_form_without_what_it_needs_says_so(client: Client, challenge: Challenge) -> None:
    someone = make_user("someone")
    for page, form in (
        ("challenges_task_add", {"slug": "x", "title": "X"}),
        ("challenges_organizer_add", {"user": someone.pk, "role": "owner"}),
        ("teams_membership_add", {"user": someone.pk}),
    ):
        answer = client.post(reverse(f"admin:{page}"), form)
        assert answer.status_code == 200
        assert "This field is required." in answer.content.decode()


def test_a_member_belongs_to_the_challenge_and_does_not_organize_it(
    client: Client, team: Team, olga: User, charlie: User
) -> None:
    address = reverse("admin:teams_membership_add")
    other = make_challenge("other")
    eddy = make_user("eddy")
    make_task(team.challenge, "matching").dataset_version.editors.add(eddy)
    for user, challenge, why in (
        (olga, team.challenge, "Olga organizes this challenge."),
        (eddy, team.challenge, "Eddy brought a data set of this challenge."),
        (charlie, other, "The team is in another challenge."),
    ):
        form = {"team": team.pk, "challenge": challenge.pk, "user": user.pk}
        assert why in client.post(address, form).content.decode()
    assert team.memberships.count() == 2
