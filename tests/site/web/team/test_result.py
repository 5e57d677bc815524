"""A team's result: not before the reveal, then its places, what counted, and AutoGluon."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.standings.actions import on_evaluation_stored
from podium.submissions.models import Submission
from podium.teams.actions import disqualify
from podium.teams.models import Team
from tests.site.factories import make_evaluation, make_submission, make_team, make_user, reveal_due

AsUser = Callable[[User | None], Client]
ALPHA = "/c/cup/teams/alpha/result/"
SCORES = {"Beta": 0.5, "Gamma": 0.85}


def text(client: Client, url: str = ALPHA) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    main = answer.content.decode().split("<main")[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def played(matching_task: Task, team: Team) -> Task:
    """A task on which Alpha is last in public and second in private, behind AutoGluon."""
    challenge = matching_task.challenge
    baseline, trivial = (
        make_team(challenge, name, baseline=name.lower()) for name in ("AutoGluon", "Trivial")
    )
    entries = [(team, 0.7, 0.1), (baseline, 0.95, 0.6), (trivial, 0.2, 0.05)]
    for number, (name, private) in enumerate(SCORES.items()):
        entries.append((make_team(challenge, name, make_user(f"of-{number}")), private, private))
    for of, private, public in entries:
        sent = make_submission(of, matching_task)
        on_evaluation_stored(make_evaluation(sent, public=public, private=private))
    return matching_task


def reveal() -> None:
    now = timezone.now()
    Challenge.objects.update(
        team_freeze_at=now - timedelta(days=2),
        closes_at=now - timedelta(days=1),
        reveal_at=now - timedelta(seconds=1),
    )
    reveal_due()


def test_before_the_reveal_nobody_has_a_result(played: Task, as_user: AsUser, olga: User) -> None:
    for person in (None, olga, played.challenge.teams.get(slug="alpha").captain):
        assert as_user(person).get(ALPHA).status_code == 404
        assert ALPHA not in as_user(person).get("/c/cup/teams/alpha/").content.decode()


def test_it_shows_the_places_and_how_they_moved(played: Task, as_user: AsUser) -> None:
    reveal()
    shown = text(as_user(None))
    assert "Matching: 2nd of 3 teams" in shown
    assert re.search(r"Matching Task 2 ↑ 1 .* 0\.70", shown)
    assert "0.95" in shown
    assert ALPHA in as_user(None).get("/c/cup/teams/alpha/").content.decode()


def test_what_counted_is_for_the_team_and_organizers(
    played: Task, as_user: AsUser, alice: User, olga: User
) -> None:
    reveal()
    sent = Submission.objects.get(team__slug="alpha")
    for person in (alice, olga):
        assert f"Submission {sent.number} best public score" in text(as_user(person))
    for other in (None, Team.objects.get(name="Beta").captain):
        assert "What counted" not in text(as_user(other))
        assert sent.get_absolute_url() not in as_user(other).get(ALPHA).content.decode()


def test_a_chosen_submission_is_called_selected(played: Task, as_user: AsUser, alice: User) -> None:
    Submission.objects.filter(team__slug="alpha").update(selected_at=timezone.now())
    reveal()
    assert "selected" in text(as_user(alice))


def test_the_page_of_the_challenge_leads_to_the_own_result(
    played: Task, as_user: AsUser, alice: User
) -> None:
    page = "/c/cup/"
    assert "Your result" not in as_user(alice).get(page).content.decode()
    reveal()
    assert f'href="{ALPHA}">Your result' in as_user(alice).get(page).content.decode()
    assert "Your result" not in as_user(None).get(page).content.decode()


def test_a_team_without_a_final_rank_is_told_so(
    played: Task, as_user: AsUser, team: Team, olga: User
) -> None:
    reveal()
    disqualify(team=team, reason="Shared files.", by=olga)
    assert "No final rank." in text(as_user(None))


def test_baselines_and_unknown_teams_have_none(played: Task, as_user: AsUser) -> None:
    reveal()
    for slug in ("autogluon", "nobody"):
        assert as_user(None).get(f"/c/cup/teams/{slug}/result/").status_code == 404


def test_the_timeline_and_the_rules_say_when_the_boards_freeze(
    challenge: Challenge, as_user: AsUser
) -> None:
    assert "freeze" not in as_user(None).get("/c/cup/").content.decode().lower().replace(
        "team freeze", ""
    )
    Challenge.objects.update(freeze_hours=48)
    page = text(as_user(None), "/c/cup/")
    assert "Leaderboard freeze" in page
    assert "Leaderboards freeze 48 hours before the close" in page
