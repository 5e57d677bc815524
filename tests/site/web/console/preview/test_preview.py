"""Organizers see the pages of their challenge as somebody else does, and change nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import Kind
from podium.challenges.models import Challenge, Organizer, Task
from podium.standings.actions import on_evaluation_stored
from podium.submissions.models import Submission
from podium.teams.models import Invitation, Team
from tests.site import factories

AsUser = Callable[[User | None], Client]
FORM = reverse("console-preview", args=["cup"])
STOP = reverse("console-preview-stop", args=["cup"])
HOME = reverse("challenge", args=["cup"])
TEAM = reverse("my-team", args=["cup"])


def start(client: Client, audience: str, team: Team | None = None) -> None:
    answer = client.post(FORM, {"audience": audience, "team": team.pk if team else ""})
    assert answer.status_code == 302, answer.content.decode()


def text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_a_visitor_has_no_account_and_no_console(
    team: Team, matching_task: Task, as_user: AsUser, viktor: User
) -> None:
    client = as_user(viktor)
    start(client, "visitor")
    page = text(client, HOME)
    assert "as a visitor who is not signed in" in page
    assert "Stop preview" in page
    assert "Viktor" not in page
    assert reverse("console", args=["cup"]) + '"' not in page
    assert "A visitor is asked to sign in here." in text(client, TEAM)
    assert not Event.objects.filter(verb="started preview").exists()


def test_a_participant_has_no_team_and_no_role(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    client = as_user(olga)
    start(client, "participant")
    assert "Participant" in text(client, HOME)
    page = text(client, TEAM)
    assert "as a participant without a team" in page
    assert "Alpha" not in page


def test_a_team_sees_its_pages_without_invitations_and_notices(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    Invitation.objects.create(
        team=team,
        email="friend@elsewhere.example",
        token_hash="0" * 64,
        expires_at=timezone.now() + timedelta(days=1),
    )
    client = as_user(olga)
    start(client, "team", team)
    page = text(client, TEAM)
    assert f"as the captain of {team}" in page
    assert "friend@elsewhere.example" not in page
    mine = factories.make_submission(team, matching_task)
    on_evaluation_stored(factories.make_evaluation(mine, public=0.8, private=0.61234))
    shown = [
        text(client, url)
        for url in (
            HOME,
            reverse("task-board", args=["cup", matching_task.slug]),
            reverse("my-submissions", args=["cup"]),
            reverse("submission", args=[mine.pk]),
            reverse("task", args=["cup", matching_task.slug]),
        )
    ]
    assert all("Stop preview" in page and "0.61234" not in page for page in shown)
    client.post(STOP)
    events = Event.objects.filter(verb__endswith="preview").order_by("pk")
    assert [(event.verb, event.actor_id) for event in events] == [
        ("started preview", olga.pk),
        ("stopped preview", olga.pk),
    ]
    assert "Stop preview" not in text(client, HOME)


def test_other_pages_stay_those_of_the_organizer(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    client = as_user(olga)
    start(client, "team", team)
    for url in (reverse("account"), reverse("notices"), reverse("console", args=["cup"])):
        page = text(client, url)
        assert "You see this page as yourself." in page
        assert "Olga" in page
        assert "Alice" not in page.partition("<main")[0]


def test_a_submission_elsewhere_is_not_shown_by_a_preview(
    team: Team, matching_task: Task, as_user: AsUser, olga: User, alice: User
) -> None:
    other = factories.make_challenge("other")
    foreign = factories.make_submission(
        factories.make_team(other, "Elsewhere", alice), factories.make_task(other, Kind.MATCHING)
    )
    client = as_user(olga)
    start(client, "team", team)
    assert client.get(reverse("submission", args=[foreign.pk])).status_code == 404


@pytest.mark.parametrize("name", ["submit", "team-rename", "withdraw"])
def test_nothing_can_be_sent_meanwhile(
    team: Team, matching_task: Task, as_user: AsUser, olga: User, name: str
) -> None:
    row = factories.make_submission(team, matching_task)
    parts = {"submit": ["cup", matching_task.slug], "team-rename": ["cup"], "withdraw": [row.pk]}
    client = as_user(olga)
    start(client, "team", team)
    before = Event.objects.count()
    answer = client.post(reverse(name, args=parts[name]), {"name": "Omega"})
    assert answer.status_code == 403
    assert "A preview only shows pages." in answer.content.decode()
    assert (Event.objects.count(), Submission.objects.count()) == (before, 1)
    assert Team.objects.get(pk=team.pk).name == "Alpha"


def test_no_cache_serves_or_keeps_a_preview(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    row = factories.make_submission(team, matching_task)
    on_evaluation_stored(factories.make_evaluation(row, public=0.8, private=0.6))
    board = reverse("task-board", args=["cup", matching_task.slug])
    client = as_user(olga)
    start(client, "visitor")
    caches["boards"].clear()
    answer = client.get(board, headers={"if-none-match": "*"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "ETag" not in answer.headers
    assert not caches["boards"]._cache  # type: ignore[attr-defined]
    anonymous = as_user(None).get(board)
    assert "Stop preview" not in anonymous.content.decode()
    assert "no-store" not in anonymous["Cache-Control"]


def test_a_draft_is_shown_as_if_announced_and_only_to_its_previewer(
    challenge: Challenge, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    later = timezone.now() + timedelta(days=30)
    Challenge.objects.filter(pk=challenge.pk).update(
        announced_at=None,
        opens_at=later,
        team_freeze_at=later + timedelta(days=1),
        closes_at=later + timedelta(days=2),
        reveal_at=later + timedelta(days=3),
    )
    client = as_user(olga)
    start(client, "visitor")
    page = client.get(HOME)
    assert page.status_code == 200
    assert "shown as if it were announced" in page.content.decode()
    board = reverse("task-board", args=["cup", matching_task.slug])
    assert client.get(board).status_code == 200
    assert as_user(None).get(HOME).status_code == 404
    assert "Cup" not in text(as_user(None), reverse("home"))


def test_a_lost_role_ends_the_preview(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    client = as_user(olga)
    start(client, "team", team)
    Organizer.objects.all().delete()
    assert "Stop preview" not in text(client, HOME)


@pytest.mark.parametrize(
    ("who", "audience", "of_team", "said"),
    [
        ("viktor", "team", True, "Select a valid choice"),
        ("olga", "team", False, "Choose the team"),
        ("olga", "visitor", True, "Only the preview of a member"),
        ("olga", "owner", False, "Select a valid choice"),
    ],
)
def test_bad_input_is_refused(
    team: Team,
    as_user: AsUser,
    request: pytest.FixtureRequest,
    who: str,
    audience: str,
    of_team: bool,
    said: str,
) -> None:
    client = as_user(request.getfixturevalue(who))
    answer = client.post(FORM, {"audience": audience, "team": team.pk if of_team else ""})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_foreign_team_and_a_baseline_are_refused(
    team: Team, as_user: AsUser, olga: User, charlie: User
) -> None:
    foreign = factories.make_team(factories.make_challenge("other"), "Beta", charlie)
    baseline = factories.make_team(team.challenge, "Trivial", baseline="trivial")
    for each in (foreign, baseline):
        answer = as_user(olga).post(FORM, {"audience": "team", "team": each.pk})
        assert answer.status_code == 422
