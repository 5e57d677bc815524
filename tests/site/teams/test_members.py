"""The names of a team's members are shown to those whom the challenge allows."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from podium.accounts.models import User
from podium.challenges.models import Challenge, Role, ShowMembers
from podium.teams import actions, merging
from podium.teams.members import visible_members
from podium.teams.models import Team
from tests.site.factories import make_challenge, make_organizer, make_team, make_user

AsUser = Callable[[User | None], Client]
SEEN = {
    ShowMembers.EVERYBODY: {"nobody", "alice", "bob", "dora", "charlie", "olga", "viktor", "far"},
    ShowMembers.CHALLENGE: {"alice", "bob", "dora", "olga", "viktor"},
    ShowMembers.ORGANIZERS: {"alice", "bob", "olga", "viktor"},
}


@pytest.fixture
def readers(
    team: Team, alice: User, bob: User, charlie: User, olga: User, viktor: User
) -> dict[str, User | None]:
    """Dora is in another team of the challenge, Charlie in none; Far runs another challenge."""
    dora, far = make_user("dora"), make_user("far")
    make_team(team.challenge, "Beta", dora)
    other = make_challenge("other")
    make_organizer(other, far, Role.OWNER)
    people = {"alice": alice, "bob": bob, "dora": dora, "charlie": charlie, "far": far}
    return {"nobody": None, **people, "olga": olga, "viktor": viktor}


@pytest.mark.parametrize("show", ShowMembers.values)
def test_names_are_for_those_whom_the_challenge_shows_them_to(
    team: Team, readers: dict[str, User | None], as_user: AsUser, show: str
) -> None:
    Challenge.objects.filter(pk=team.challenge_id).update(show_members=show)
    team = Team.objects.select_related("challenge").get(pk=team.pk)
    told, read = set(), set()
    for name, reader in readers.items():
        if [str(each) for each in visible_members(team, reader or AnonymousUser())]:
            told.add(name)
        page = as_user(reader).get(team.get_absolute_url()).content.decode()
        assert ("Alice, Bob" in page) != ("not shown in" in page or "shown only to" in page)
        if "Bob" in page.split("<main", 1)[1].replace("Bob</a>", ""):
            read.add(name)
    assert told == read == SEEN[ShowMembers(show)]


def test_as_challenges_are_made_everybody_reads_the_names(team: Team) -> None:
    assert team.challenge.show_members == ShowMembers.EVERYBODY
    assert [each.name for each in visible_members(team, AnonymousUser())] == ["Alice", "Bob"]


def test_a_baseline_has_no_members_to_show(challenge: Challenge) -> None:
    baseline = make_team(challenge, "AutoGluon", baseline="autogluon")
    assert visible_members(baseline, AnonymousUser()) == []


def test_a_link_to_join_tells_no_name_that_the_challenge_hides(
    team: Team, alice: User, charlie: User, as_user: AsUser
) -> None:
    _, token = actions.invite(team=team, by=alice)
    url = reverse("join", args=[token])
    assert "Alice, Bob" in as_user(charlie).get(url).content.decode()
    Challenge.objects.update(show_members=ShowMembers.CHALLENGE)
    page = as_user(charlie).get(url).content.decode()
    assert "Join Alpha" in page
    assert "Alice" not in page


def test_a_proposal_to_merge_tells_no_name_that_the_challenge_hides(
    team: Team, alice: User, bob: User, charlie: User, as_user: AsUser
) -> None:
    lone = make_team(team.challenge, "Lone", charlie)
    proposal = merging.propose(team=lone, other=team, by=charlie)
    url = reverse("merge", args=[team.challenge.slug, proposal.pk])
    assert "Charlie, Alice, Bob" in as_user(charlie).get(url).content.decode()
    Challenge.objects.update(show_members=ShowMembers.ORGANIZERS)
    page = as_user(charlie).get(url).content.decode()
    assert "Its members are Charlie and those of the other team" in page
    assert "Bob" not in page
    page = as_user(bob).get(url).content.decode()
    assert "The team Lone proposes" in page
    assert "Charlie" not in page


def test_the_mail_of_a_proposal_tells_no_name_that_the_challenge_hides(
    team: Team,
    charlie: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    Challenge.objects.update(show_members=ShowMembers.ORGANIZERS)
    lone = make_team(Challenge.objects.get(), "Lone", charlie)
    with django_capture_on_commit_callbacks(execute=True):
        merging.propose(team=lone, other=team, by=charlie)
    (mail,) = mailoutbox
    assert "The team Lone proposes that your team Alpha" in str(mail.body)
    assert "Charlie" not in str(mail.body)
