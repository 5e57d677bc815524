"""The headroom: gaps to the baseline and the ceiling, and how the best score moved."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.standings.actions import refresh
from podium.submissions.models import Submission
from podium.teams.models import Team
from podium.web.board.headroom import best_over_time, reference_scores
from tests.site import factories
from tests.site.web.board.test_matrix import HOSTILE, MOST_QUERIES, again, enter, two
from tests.site.web.moments import before_the_reveal, over

pytestmark = pytest.mark.dialect

__all__ = ["two"]
ROW = re.compile(r"<th scope=\"row\".*?</tr>", re.DOTALL)


def html_of(client: Client, task: Task, **query: str) -> str:
    address = reverse("headroom", args=[task.challenge.slug, task.track.kind])
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(html: str) -> list[list[str]]:
    """Return the texts of each task's cells."""
    found = []
    for row in ROW.findall(html):
        cells = row.split("<td")
        found.append(
            [" ".join(re.sub(r"<[^>]+>", " ", f"<td{cell}").split()) for cell in cells[1:]]
        )
    return found


def best_of(html: str) -> list[str]:
    """Return the best score of each task, with the names of its teams."""
    names = [
        " ".join(re.sub(r"<[^>]+>", " ", name).split())
        for name in re.findall(r"<br>best: (.*?)</span>", html, re.DOTALL)
    ]
    return [f"{cells[2]} {name}" for cells, name in zip(rows(html), names, strict=True)]


def public_best(task: Task, until: datetime | None = None) -> list[float]:
    found = best_over_time([task], until or timezone.now())
    return [score for _, score in found.get(task.pk, [])]


def test_each_task_has_its_gaps(two: list[Task], client: Client) -> None:
    html = html_of(client, two[0])
    assert rows(html) == [
        ["0.20", "0.60", "0.91", "1.00 the metric’s best value", "0.31", "0.09"],
        ["0.20", "0.60", "0.51", "1.00 the metric’s best value", "−0.09", "0.49"],
    ]
    assert best_of(html) == ["0.91 Beta", "0.51 Alpha"]
    title = "Other Task leaves the most to be won: the best entry has gone 39 % of the way"
    assert title in html


def test_a_ceiling_of_the_organizers_goes_before(two: list[Task], client: Client) -> None:
    Task.objects.filter(pk=two[0].pk).update(ceiling=0.95)
    html = html_of(client, two[0])
    assert rows(html)[0][3:] == ["0.95 given by the organizers", "0.31", "0.04"]


def test_where_less_is_better_gaps_are_still_gains(two: list[Task], client: Client) -> None:
    Task.objects.filter(pk=two[0].pk).update(headline="log_loss_clipped", ceiling=0.05)
    html = html_of(client, two[0])
    *_, ahead, left = rows(html)[0]
    assert best_of(html)[0] == "0.81 Alpha"
    assert (ahead, left) == ("−0.21", "0.76")


def test_best_entries_are_named_together(two: list[Task], client: Client) -> None:
    for name in ("Gamma", "Delta", "Epsilon"):
        enter(two[0], name, 0.91)
    assert best_of(html_of(client, two[0]))[0] == "0.91 Beta , Gamma and 2 others"


def test_the_best_displayed_score_is_told_as_it_moved(two: list[Task], team: Team) -> None:
    # Beta was first with 0.91, and Alpha's 0.81 moved nothing.
    assert public_best(two[0]) == [0.91]
    assert public_best(two[1]) == [0.51]
    again(two[0], team, 0.93)
    before = timezone.now()
    again(two[0], team, 0.92)  # another attempt, another row, the same best score
    best = Submission.objects.get(task=two[0], team=team, number=2)
    best.withdrawn_at = timezone.now()
    best.save()
    refresh(two[0], team)
    assert public_best(two[0]) == [0.91, 0.93, 0.92]
    assert public_best(two[0], before) == [0.91, 0.93]


def test_history_costs_one_query_and_brings_changes_alone(two: list[Task], team: Team) -> None:
    for _ in range(5):
        again(two[0], team, 0.95)
    with CaptureQueriesContext(connection) as queries:
        found = best_over_time(two, timezone.now())
    assert len(queries) == 1
    assert {key: [score for _, score in points] for key, points in found.items()} == {
        two[0].pk: [0.91, 0.95],
        two[1].pk: [0.51],
    }


def test_the_reference_stands_where_it_stood(two: list[Task]) -> None:
    before = timezone.now()
    again(two[0], Team.objects.get(baseline="autogluon"), 0.66)
    assert reference_scores(two, timezone.now()) == {two[0].pk: 0.66, two[1].pk: 0.6}
    assert reference_scores(two, before) == {two[0].pk: 0.6, two[1].pk: 0.6}
    assert reference_scores([], before) == {}


def test_during_the_freeze_nothing_later_is_told_but_to_organizers(
    two: list[Task], team: Team, as_user: Callable[..., Client], olga: User, alice: User
) -> None:
    challenge = two[0].challenge
    now = timezone.now()
    Challenge.objects.filter(pk=challenge.pk).update(
        team_freeze_at=now, closes_at=now + timedelta(hours=2), freeze_hours=1
    )
    with time_machine.travel(now + timedelta(hours=1, minutes=30)):
        two[0].challenge.refresh_from_db()
        again(two[0], Team.objects.get(slug="beta"), 0.97)
        for user in (None, alice):
            html = html_of(as_user(user), two[0])
            assert "Matching Task: 0.91 since the first score" in html
            assert "0.97" not in html
        html = html_of(as_user(olga), two[0])
        assert "Matching Task: from 0.91 to 0.97 in 1 step" in html


def test_nothing_private_or_unrounded_is_there_before_the_reveal(
    two: list[Task], as_user: Callable[..., Client], olga: User
) -> None:
    assert before_the_reveal(html_of, two, [as_user(None), as_user(olga)])


def test_after_the_reveal_the_private_best_is_beside_the_public_history(
    two: list[Task], client: Client
) -> None:
    over(two[0].challenge)
    html = html_of(client, two[0])
    assert "Scores on the private part" in html
    assert best_of(html)[0] == "0.123 Beta , Alpha"
    assert "Baseline private best: 0.123" in html
    assert "public best: 0.91 on" in html
    kept = html_of(client, two[0], part="public")
    assert best_of(kept)[0] == "0.91 Beta"
    assert "0.123" not in kept


def test_until_the_reveal_is_made_nothing_private_is_told(two: list[Task], client: Client) -> None:
    over(two[0].challenge, made=False)
    html = html_of(client, two[0])
    assert best_of(html)[0] == "0.91 Beta"
    assert "0.1234" not in html


def test_an_empty_track_and_one_team(matching_task: Task, client: Client) -> None:
    html = html_of(client, matching_task)
    assert rows(html) == [["–", "–", "–", "1.00 the metric’s best value", "–", "–"]]
    assert "No team has a score yet" in html
    assert "Matching Task: no team has a score yet" in html
    enter(matching_task, "Trivial", 0.2, baseline="trivial")
    enter(matching_task, "Solo", 0.84)
    html = html_of(client, matching_task)
    assert "The best entry has gone 80 % of the way from the trivial submission" in html


def test_a_track_without_tasks_says_so(matching_task: Task, client: Client) -> None:
    matching_task.delete()
    assert "This track has no task" in html_of(client, matching_task)


def test_names_are_text(two: list[Task], client: Client) -> None:
    Task.objects.filter(pk=two[0].pk).update(title=HOSTILE)
    factories.relabel(Team.objects.filter(slug="beta"), name=HOSTILE)
    html = html_of(client, two[0], part=HOSTILE, sort=HOSTILE)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_nothing_unknown_is_found(two: list[Task], client: Client) -> None:
    assert client.get(reverse("headroom", args=["no-cup", "matching"])).status_code == 404
    assert client.get(reverse("headroom", args=["cup", "no-kind"])).status_code == 404


@pytest.mark.parametrize("person", [None, "alice", "olga"])
@pytest.mark.parametrize("is_over", [False, True])
def test_it_needs_few_queries_whatever_its_size(
    two: list[Task],
    request: pytest.FixtureRequest,
    as_user: Callable[[User | None], Client],
    person: str | None,
    is_over: bool,
) -> None:
    client = as_user(request.getfixturevalue(person) if person else None)
    for number in range(3):
        task = factories.make_task(two[0].challenge, "matching", f"task-{number}")
        again(task, Team.objects.get(baseline="trivial"), 0.2)
        again(task, Team.objects.get(slug="beta"), 0.7)
    if is_over:
        over(two[0].challenge)
    with CaptureQueriesContext(connection) as queries:
        html_of(client, two[0])
    # A board and its history, whatever their length.
    assert len(queries) <= MOST_QUERIES + 2, [query["sql"] for query in queries]
