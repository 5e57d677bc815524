"""A team's affiliation: its captain says it, and boards show it where the challenge wants it."""

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.standings.history import present_rows
from podium.submissions.models import Part
from podium.teams.actions import rename
from podium.teams.deleting import delete_account
from podium.teams.models import Team
from tests.site import factories
from tests.site.standings.conftest import Scored, scored

__all__ = ["scored"]
FILES = ("csv", "json", "parquet")


@pytest.fixture
def task(matching_task: Task, team: Team, scored: Scored) -> Task:
    """A task with a score in a challenge that shows affiliations."""
    challenge = matching_task.challenge
    challenge.show_affiliations = True
    challenge.save()
    scored(factories.make_team(challenge, "Trivial", baseline="trivial"), matching_task, 0.1)
    scored(team, matching_task, 0.5)
    rival = factories.make_team(challenge, "Rival", factories.make_user("rita"))
    scored(rival, matching_task, 0.6)
    rename(team=team, name="Alpha", affiliation="  Uni <Ulm>\u3000& Co", by=team.captain)
    return matching_task


def answers(client: Client, task: Task) -> list[str]:
    """Return the task's board as page, as files and by the API, and the track's page."""
    slug = task.challenge.slug
    api = f"/api/v1/challenges/{slug}/tasks/{task.slug}/board"
    files = [reverse("task-board-file", args=[slug, task.slug, form]) for form in FILES]
    pages = [reverse("task-board", args=[slug, task.slug]), task.track.get_absolute_url()]
    return [client.get(url).content.decode("latin-1") for url in (*pages, *files, api)]


def test_it_is_on_boards_in_all_forms(task: Task, client: Client) -> None:
    page, track, *others = answers(client, task)
    for html in (page, track):
        assert "Uni &lt;Ulm&gt; &amp; Co" in html
        assert "Uni <Ulm>" not in html
    assert all("Uni <Ulm> & Co" in text for text in others)
    items = json.loads(others[-1])["items"]
    assert [each["affiliation"] for each in items] == ["", "Uni <Ulm> & Co", ""]


def test_a_challenge_that_does_not_want_it_has_none(task: Task, client: Client) -> None:
    task.challenge.show_affiliations = False
    task.challenge.save()
    for text in answers(client, task):
        assert "Ulm" not in text
    rows = client.get(reverse("task-board-file", args=[task.challenge.slug, task.slug, "csv"]))
    assert b"affiliation" not in rows.content


def test_rows_are_sorted_by_it_and_those_without_come_last(task: Task, client: Client) -> None:
    url = reverse("task-board", args=[task.challenge.slug, task.slug])
    html = client.get(url, {"sort": "affiliation"}).content.decode()
    assert html.index(">Alpha<") < html.index(">Rival<")


def test_the_captain_sets_it_on_the_team_s_page(
    task: Task, team: Team, as_user: Callable[[User | None], Client], alice: User
) -> None:
    client = as_user(alice)
    mine = reverse("my-team", args=[task.challenge.slug])
    assert "Uni &lt;Ulm&gt; &amp; Co" in client.get(mine).content.decode()
    url = reverse("team-rename", args=[task.challenge.slug])
    client.post(url, {"name": "Alpha", "affiliation": ""})
    team.refresh_from_db()
    assert team.affiliation == ""
    assert all(not row.team.affiliation for row in present_rows(task, Part.PUBLIC))


def test_the_form_asks_for_it_only_where_it_is_shown(
    matching_task: Task, team: Team, as_user: Callable[[User | None], Client], alice: User
) -> None:
    rename(team=team, name="Alpha", affiliation="Ulm", by=alice)
    client = as_user(alice)
    mine = client.get(reverse("my-team", args=[matching_task.challenge.slug])).content.decode()
    assert "ffiliation" not in mine
    url = reverse("team-rename", args=[matching_task.challenge.slug])
    client.post(url, {"name": "Omega", "affiliation": "Elsewhere"})
    team.refresh_from_db()
    assert (team.name, team.affiliation) == ("Omega", "Ulm")


def test_only_the_captain_may_change_it(task: Task, team: Team, bob: User) -> None:
    with pytest.raises(Refused, match="captain"):
        rename(team=team, name="Alpha", affiliation="Mine", by=bob)


@pytest.mark.parametrize(
    ("text", "words"), [("\u202eUlm", "an invisible character"), ("u" * 81, "has 81 characters")]
)
def test_what_cannot_be_shown_is_refused(
    task: Task, as_user: Callable[[User | None], Client], alice: User, text: str, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        rename(team=alice.memberships.get().team, name="Alpha", affiliation=text, by=alice)
    assert refused.value.code == "bad_affiliation"
    url = reverse("team-rename", args=[task.challenge.slug])
    answer = as_user(alice).post(url, {"name": "Alpha", "affiliation": text})
    assert answer.status_code == 422
    assert answer.context["rename_form"].errors["affiliation"]


def test_it_goes_with_the_account_of_the_last_member(task: Task) -> None:
    rita = User.objects.get(name="Rita")
    rival = Team.objects.get(name="Rival")
    rename(team=rival, name="Rival", affiliation="Ulm", by=rita)
    delete_account(by=rita)
    rival.refresh_from_db()
    assert (rival.name, rival.affiliation) == ("Rival", "")
    assert "Ulm" not in [row.team.affiliation for row in present_rows(task, Part.PUBLIC)]
