"""The pages of teams: who sees which, what is done there, and what stays typed when refused."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.submissions.models import State
from podium.teams import actions
from podium.teams.models import Invitation, Membership, RulesAcceptance, Team
from tests.site.factories import make_challenge, make_submission, make_team, make_user

AsUser = Callable[[User | None], Client]


def _text(response: Any) -> str:
    return str(response.content.decode())


def _mine(challenge: Challenge) -> str:
    return reverse("my-team", args=[challenge.slug])


def _posts(team: Team, invitation: Invitation, member: User) -> list[str]:
    slug = team.challenge.slug
    return [
        reverse("team-invite", args=[slug]),
        reverse("team-revoke", args=[slug, invitation.pk]),
        reverse("team-rename", args=[slug]),
        reverse("team-hand-over", args=[slug]),
        reverse("team-remove", args=[slug, member.pk]),
        reverse("team-leave", args=[slug]),
    ]


# Who -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "olga", "viktor", "sam"])
def test_everybody_signed_in_has_a_team_page(
    team: Team, as_user: AsUser, who: str, request: pytest.FixtureRequest
) -> None:
    response = as_user(request.getfixturevalue(who)).get(_mine(team.challenge))
    assert response.status_code == 200
    assert ("Alpha" in _text(response)) == (who in {"alice", "bob"})


def test_visitors_are_asked_to_sign_in_and_come_back(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    invitation, token = actions.invite(team=team, by=alice)
    visitor = as_user(None)
    for url in (_mine(team.challenge), reverse("join", args=[token])):
        assert visitor.get(url)["Location"] == f"/accounts/login/?next={url}"
    for url in [*_posts(team, invitation, bob), reverse("team-create", args=["cup"])]:
        assert visitor.post(url)["Location"].startswith("/accounts/login/")
    assert Membership.objects.count() == 2


@pytest.mark.parametrize("who", ["charlie", "olga", "viktor", "sam"])
def test_people_outside_the_team_change_nothing(
    team: Team, alice: User, bob: User, as_user: AsUser, who: str, request: pytest.FixtureRequest
) -> None:
    invitation, _ = actions.invite(team=team, by=alice)
    client = as_user(request.getfixturevalue(who))
    for url in _posts(team, invitation, bob):
        assert client.post(url, {"name": "Stolen", "to": bob.pk}).status_code == 404


def test_a_member_who_is_not_the_captain_is_told_so(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    invitation, _ = actions.invite(team=team, by=alice)
    client = as_user(bob)
    forms = {"name": "Stolen", "email": "", "to": bob.pk}
    for url in _posts(team, invitation, alice)[:-1]:
        assert "captain" in _text(client.post(url, forms, follow=True)), url
    team.refresh_from_db()
    assert (team.name, team.captain, team.memberships.count()) == ("Alpha", alice, 2)


def test_a_captain_reaches_only_their_own_teams_rows(
    team: Team, alice: User, charlie: User, as_user: AsUser
) -> None:
    invitation, _ = actions.invite(team=team, by=alice)
    make_team(team.challenge, "Beta", charlie)
    _, revoke, _, _, remove, _ = _posts(team, invitation, alice)
    for url in (revoke, remove):
        assert as_user(charlie).post(url).status_code == 404


def test_changes_are_not_made_by_following_a_link(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    invitation, _ = actions.invite(team=team, by=alice)
    for url in [*_posts(team, invitation, bob), reverse("team-create", args=["cup"])]:
        assert as_user(alice).get(url).status_code == 405


def test_a_post_without_a_token_is_refused(team: Team, bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("team-leave", args=["cup"])).status_code == 403


def test_a_draft_has_no_team_pages(alice: User, charlie: User, as_user: AsUser) -> None:
    later = timezone.now() + timedelta(days=1)
    draft = make_challenge("draft", announced_at=None, opens_at=later)
    team = make_team(draft, "Early", alice)
    for url in (_mine(draft), team.get_absolute_url()):
        assert as_user(charlie).get(url).status_code == 404


# Making a team ---------------------------------------------------------------------------------


def test_a_team_is_made_and_the_rules_are_accepted(
    challenge: Challenge, charlie: User, as_user: AsUser
) -> None:
    client = as_user(charlie)
    assert "Be fair." in _text(client.get(_mine(challenge)))
    form = {"name": "Gamma", "accept_rules": "on"}
    response = client.post(reverse("team-create", args=["cup"]), form, follow=True)
    assert "You are its captain." in _text(response)
    assert RulesAcceptance.objects.filter(user=charlie).exists()


def test_accepted_rules_are_not_asked_for_again(
    challenge: Challenge, charlie: User, as_user: AsUser
) -> None:
    actions.accept_rules(challenge=challenge, by=charlie)
    assert "accept_rules" not in _text(as_user(charlie).get(_mine(challenge)))
    assert as_user(charlie).post(reverse("team-create", args=["cup"]), {"name": "Gamma"})
    assert Team.objects.get().captain == charlie


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": "Gamma"}, "Read the rules and tick this"),
        ({"name": "", "accept_rules": "on"}, "This field is required."),
        ({"name": "alpha", "accept_rules": "on"}, "There is a team “alpha” already."),
        ({"name": "…", "accept_rules": "on"}, "The name needs a letter or a digit."),
        ({"name": "x" * 61, "accept_rules": "on"}, "at most 60 characters"),
    ],
)
def test_a_refused_team_keeps_what_was_typed_and_says_why(
    team: Team, charlie: User, as_user: AsUser, form: dict[str, str], problem: str
) -> None:
    response = as_user(charlie).post(reverse("team-create", args=["cup"]), form)
    assert response.status_code == 422
    page = _text(response)
    assert page.count(problem) == 2  # in the summary and next to the field
    assert not form["name"] or f'value="{form["name"]}"' in page
    assert Team.objects.count() == 1
    assert not RulesAcceptance.objects.exists()


def test_organizers_and_latecomers_read_why_there_is_no_form(
    challenge: Challenge, olga: User, charlie: User, as_user: AsUser
) -> None:
    assert "You organize this challenge" in _text(as_user(olga).get(_mine(challenge)))
    challenge.team_freeze_at = timezone.now()
    challenge.save()
    page = _text(as_user(charlie).get(_mine(challenge)))
    assert "Teams were locked on" in page
    assert "your first submission creates a team of one" in page
    assert "/team/create/" not in page


# My team ---------------------------------------------------------------------------------------


def test_the_captain_has_forms_that_a_member_has_not(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    actions.invite(team=team, by=alice, email="dora@example.org")
    captain = _text(as_user(alice).get(_mine(team.challenge)))
    member = _text(as_user(bob).get(_mine(team.challenge)))
    for url in ("invite", "rename", "hand-over", f"members/{bob.pk}/remove"):
        assert f"/team/{url}/" in captain
        assert f"/team/{url}/" not in member
    assert "dora@example.org" in captain
    assert "dora@example.org" not in member
    assert "/team/leave/" in member


def test_the_teams_submissions_are_listed(
    team: Team, bob: User, matching_task: Task, as_user: AsUser
) -> None:
    submission = make_submission(team, matching_task, State.SCORED, method="boosted trees")
    page = _text(as_user(bob).get(_mine(team.challenge)))
    assert "boosted trees" in page
    assert submission.get_absolute_url() in page


def test_the_page_takes_few_queries_however_many_submissions_there_are(
    team: Team,
    alice: User,
    matching_task: Task,
    as_user: AsUser,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(10):
        make_submission(team, matching_task, State.SCORED)
        actions.invite(team=team, by=alice)
    client = as_user(alice)
    with django_assert_max_num_queries(15):
        client.get(_mine(team.challenge))


def test_a_link_is_shown_once_and_works(
    team: Team, alice: User, charlie: User, as_user: AsUser
) -> None:
    captain = as_user(alice)
    page = _text(captain.post(reverse("team-invite", args=["cup"]), {"email": ""}, follow=True))
    found = re.search(r"<code>http://testserver(/join/[^<]+)</code>", page)
    assert found
    assert found[1] not in _text(captain.get(_mine(team.challenge)))
    client = as_user(charlie)
    assert "Join Alpha" in _text(client.get(found[1]))
    assert not team.memberships.filter(user=charlie).exists()
    page = _text(client.post(found[1], {"accept_rules": "on"}, follow=True))
    assert "You are now in the team Alpha." in page


def test_an_invitation_by_mail_goes_out(
    team: Team,
    alice: User,
    as_user: AsUser,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = as_user(alice).post(
            reverse("team-invite", args=["cup"]), {"email": "dora@example.org"}, follow=True
        )
    assert "We mailed an invitation to dora@example.org." in _text(response)
    assert [mail.to for mail in mailoutbox] == [["dora@example.org"]]


@pytest.mark.parametrize(
    ("url", "form", "problem"),
    [
        ("team-invite", {"email": "nobody"}, "Enter a valid email address."),
        ("team-invite", {"email": "bob@example.org"}, "bob@example.org is in the team already."),
        ("team-rename", {"name": "beta"}, "There is a team “beta” already."),
        ("team-rename", {"name": ""}, "This field is required."),
        ("team-hand-over", {"to": ""}, "This field is required."),
        ("team-hand-over", {"to": "0"}, "That choice is not one of the available choices."),
    ],
)
def test_a_refused_change_keeps_what_was_typed_and_says_why(
    team: Team,
    alice: User,
    charlie: User,
    as_user: AsUser,
    url: str,
    form: dict[str, str],
    problem: str,
) -> None:
    make_team(team.challenge, "Beta", charlie)
    response = as_user(alice).post(reverse(url, args=["cup"]), form)
    assert response.status_code == 422
    page = _text(response)
    assert problem in page.replace("Select a valid choice. ", "")
    assert "Alpha</h1>" in page
    typed = form.get("email") or form.get("name")
    assert not typed or f'value="{typed}"' in page


def test_the_captain_renames_hands_over_and_leaves(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    client = as_user(alice)
    page = _text(client.post(reverse("team-rename", args=["cup"]), {"name": "Omega"}, follow=True))
    assert "Saved. The team is called Omega." in page
    leave = reverse("team-leave", args=["cup"])
    assert "Hand the team over first" in _text(client.post(leave, follow=True))
    form = {"to": bob.pk}
    page = _text(client.post(reverse("team-hand-over", args=["cup"]), form, follow=True))
    assert "Bob is now the captain." in page
    page = _text(client.post(leave, follow=True))
    assert "You have left the team Omega." in page
    assert "You are not in a team in this challenge." in page


def test_the_captain_removes_a_member_and_revokes_an_invitation(
    team: Team, alice: User, bob: User, as_user: AsUser
) -> None:
    invitation, _ = actions.invite(team=team, by=alice)
    client = as_user(alice)
    _, revoke, _, _, remove, _ = _posts(team, invitation, bob)
    assert "Its link no longer works." in _text(client.post(revoke, follow=True))
    assert "Bob is no longer in the team." in _text(client.post(remove, follow=True))


def test_a_number_that_no_database_can_keep_is_no_member(
    team: Team, alice: User, as_user: AsUser
) -> None:
    url = reverse("team-remove", args=[team.challenge.slug, 10**30])
    assert as_user(alice).post(url).status_code == 404


def test_members_read_why_their_team_is_disqualified(
    team: Team, bob: User, charlie: User, olga: User, as_user: AsUser
) -> None:
    actions.disqualify(team=team, reason="Shared labels.", by=olga)
    assert "Shared labels." in _text(as_user(bob).get(_mine(team.challenge)))
    assert "Shared labels." not in _text(as_user(charlie).get(team.get_absolute_url()))


# Joining and the public page -------------------------------------------------------------------


def test_a_link_that_does_not_work_says_what_to_do(
    team: Team, alice: User, charlie: User, as_user: AsUser
) -> None:
    invitation, token = actions.invite(team=team, by=alice)
    actions.revoke_invitation(invitation=invitation, by=alice)
    for link, told in (("guess", "belongs to no invitation"), (token, "This invitation is over.")):
        response = as_user(charlie).get(reverse("join", args=[link]))
        assert response.status_code == 404
        assert told in _text(response)


def test_who_brought_a_data_set_of_the_challenge_takes_no_part_in_it(
    matching_task: Task, team: Team, alice: User, charlie: User, as_user: AsUser
) -> None:
    matching_task.dataset_version.editors.add(charlie)
    _, token = actions.invite(team=team, by=alice)
    client = as_user(charlie)
    joined = client.post(reverse("join", args=[token]), {"accept_rules": "on"})
    made = client.post(
        reverse("team-create", args=[team.challenge.slug]), {"name": "New", "accept_rules": "on"}
    )
    for response in (joined, made):
        assert response.status_code == 422
        assert "You are or were a data editor of this challenge" in _text(response)
    assert not charlie.memberships.exists()


def test_joining_needs_the_rules_and_nothing_else_to_stand_against_it(
    team: Team, alice: User, charlie: User, olga: User, as_user: AsUser
) -> None:
    _, token = actions.invite(team=team, by=alice)
    url = reverse("join", args=[token])
    response = as_user(charlie).post(url)
    assert response.status_code == 422
    assert "Read the rules and tick this" in _text(response)
    response = as_user(olga).post(url, {"accept_rules": "on"})
    assert response.status_code == 422
    assert "You organize this challenge" in _text(response)
    assert team.memberships.count() == 2
    assert not RulesAcceptance.objects.exists()


def test_a_form_to_join_that_is_sent_twice_leads_to_the_team_both_times(
    team: Team, alice: User, charlie: User, as_user: AsUser
) -> None:
    _, token = actions.invite(team=team, by=alice, email=charlie.email)
    client, url = as_user(charlie), reverse("join", args=[token])
    for _ in range(2):
        answer = client.post(url, {"accept_rules": "on"})
        assert (answer.status_code, answer["Location"]) == (
            302,
            reverse("my-team", args=[team.challenge.slug]),
        )
    assert as_user(alice).get(url).status_code == 200
    assert as_user(None).get(url).status_code == 302


def test_a_challenge_without_rules_asks_for_no_consent(
    team: Team, alice: User, charlie: User, as_user: AsUser
) -> None:
    Challenge.objects.update(rules="")
    _, token = actions.invite(team=team, by=alice)
    assert as_user(charlie).post(reverse("join", args=[token])).status_code == 302
    assert team.memberships.count() == 3


@pytest.mark.parametrize("who", [None, "alice", "bob", "charlie", "olga", "viktor", "sam"])
def test_everybody_sees_names_and_nobody_an_address(
    team: Team, as_user: AsUser, who: str | None, request: pytest.FixtureRequest
) -> None:
    client = as_user(request.getfixturevalue(who) if who else None)
    page = _text(client.get(team.get_absolute_url()))
    assert "Alice, Bob" in page
    assert "@example.org" not in page
    assert ("your team" in page) == (who in {"alice", "bob"})


def test_a_baseline_has_a_page_without_members(challenge: Challenge, as_user: AsUser) -> None:
    baseline = make_team(challenge, "AutoGluon", baseline="autogluon")
    page = _text(as_user(None).get(baseline.get_absolute_url()))
    assert "A reference method" in page
    assert "Members" not in page


def test_a_team_of_another_challenge_is_not_found(
    team: Team, as_user: AsUser, charlie: User
) -> None:
    make_challenge("other")
    url = reverse("team", args=["other", team.slug])
    assert as_user(charlie).get(url).status_code == 404


def test_names_are_shown_as_text(challenge: Challenge, as_user: AsUser) -> None:
    mallory = make_user("mallory")
    mallory.name = "<script>alert(1)</script>"
    mallory.save()
    team = make_team(challenge, "Bold", mallory)
    team.name = "<b>Bold</b>"
    team.save()
    page = _text(as_user(None).get(team.get_absolute_url()))
    assert "<script>alert" not in page
    assert "<b>Bold" not in page
