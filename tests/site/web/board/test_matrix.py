"""The matrix: every entry in every task, sorted as asked, by page, by part and by date."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.catalog.models import Kind
from podium.challenges.models import Task
from podium.standings.actions import refresh
from podium.standings.models import BoardDocument, Standing
from podium.standings.reveal import ranking_tasks, write_track
from podium.submissions.models import Part
from podium.teams.models import Team
from tests.figures.drawn import parsed, texts
from tests.site import factories
from tests.site.web.board.boards import fill
from tests.site.web.moments import before_the_reveal, over

pytestmark = pytest.mark.dialect

MOST_QUERIES = 12
HOSTILE = '<script>alert("1")</script>&'
CELL = re.compile(r'<td role="cell" class="num meta" data-label="([^"]*)">(.*?)</td>', re.DOTALL)
NAME = re.compile(r'<td role="rowheader" class="team"><a href="[^"]*">([^<]*)</a>')


def enter(task: Task, name: str, public: float, baseline: str = "") -> Team:
    """Put a new team of one, or a baseline, on the board with this score."""
    members = [] if baseline else [factories.make_user(name.lower().replace(" ", "-"))]
    entered = factories.make_team(task.challenge, name, *members, baseline=baseline)
    again(task, entered, public)
    return entered


def again(task: Task, team: Team, public: float, private: float = 0.123456) -> None:
    """Put another submission of a team on the board."""
    submission = factories.make_submission(team, task)
    factories.make_evaluation(submission, public=public, private=private)
    refresh(task, team)


@pytest.fixture
def two(matching_task: Task, team: Team) -> list[Task]:
    """Two tasks of a track: Alpha is in both, Beta only in the first, with two baselines."""
    challenge = matching_task.challenge
    other = factories.make_task(challenge, Kind.MATCHING, "other-task")
    trivial = factories.make_team(challenge, "Trivial", baseline="trivial")
    autogluon = factories.make_team(challenge, "Autogluon", baseline="autogluon")
    beta = factories.make_team(challenge, "Beta", factories.make_user("beta"))
    fill(
        *((task, trivial, 0.2) for task in (matching_task, other)),
        *((task, autogluon, 0.6) for task in (matching_task, other)),
        *((matching_task, beta, 0.912345), (matching_task, team, 0.812345)),
        (other, team, 0.512345),
    )
    return [matching_task, other]


def html_of(client: Client, task: Task, **query: str) -> str:
    address = reverse("matrix", args=[task.challenge.slug, task.track.kind])
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def names(html: str) -> list[str]:
    return NAME.findall(html)


def cells(html: str) -> list[tuple[str, str]]:
    """Return label and text of each cell, in their order."""
    stripped = ((label, re.sub(r"<[^>]+>", " ", text)) for label, text in CELL.findall(html))
    return [(label, " ".join(text.split())) for label, text in stripped]


def test_each_entry_has_skill_and_score_in_each_task(two: list[Task], client: Client) -> None:
    html = html_of(client, two[0])
    assert names(html) == ["Alpha", "Autogluon", "Beta", "Trivial"]
    assert cells(html) == [
        ("Matching Task", "0.763 (0.81)"),
        ("Other Task", "0.387 (0.51)"),
        ("Matching Task", "0.500 (0.60)"),
        ("Other Task", "★ the best entry 0.500 (0.60)"),
        ("Matching Task", "★ the best entry 0.887 (0.91)"),
        ("Other Task", "–"),
        ("Matching Task", "0.000 (0.20)"),
        ("Other Task", "0.000 (0.20)"),
    ]
    assert html.count('title="not entered: counts as 0"') == 1


def test_heads_and_rows_lead_to_boards_and_teams(two: list[Task], client: Client) -> None:
    html = html_of(client, two[0])
    slug = two[0].challenge.slug
    for task in two:
        assert f'href="{reverse("task-board", args=[slug, task.slug])}"' in html
    assert f'href="{reverse("team", args=[slug, "beta"])}"' in html


def test_it_is_sorted_by_a_task_or_by_rank(two: list[Task], client: Client) -> None:
    by_first = html_of(client, two[0], sort=two[0].slug)
    assert names(by_first) == ["Beta", "Alpha", "Autogluon", "Trivial"]
    assert by_first.count('aria-sort="descending"') == 1
    # The worst first; a team that did not enter comes last all the same.
    by_other = html_of(client, two[0], sort="-other-task")
    assert names(by_other) == ["Trivial", "Alpha", "Autogluon", "Beta"]
    assert by_other.count('aria-sort="ascending"') == 1
    # A team that did not enter the task comes last.
    assert names(html_of(client, two[0], sort="other-task"))[-1] == "Beta"
    for unknown in ("rank", "no-such-task", HOSTILE):
        html = html_of(client, two[0], sort=unknown)
        assert names(html) == ["Alpha", "Autogluon", "Beta", "Trivial"]
        assert "<script>alert" not in html


def test_where_less_is_better_the_least_comes_first(two: list[Task], client: Client) -> None:
    Task.objects.filter(pk=two[0].pk).update(headline="log_loss_clipped")
    found = names(html_of(client, two[0], sort=two[0].slug))
    assert found == ["Trivial", "Autogluon", "Alpha", "Beta"]


def test_my_row_is_marked(two: list[Task], alice: User, as_user: Callable[..., Client]) -> None:
    assert "your team" in html_of(as_user(alice), two[0])
    assert "your team" not in html_of(as_user(None), two[0])


def test_the_figure_tells_who_is_best_and_comes_as_a_file(two: list[Task], client: Client) -> None:
    # Beta, and the baseline that is best at the other task.
    said = "Autogluon and Beta are each best on 1 of 2 tasks"
    assert f'<title id="matrix-wide-title">{said}</title>' in html_of(client, two[0])
    answer = client.get(reverse("matrix-figure", args=[two[0].challenge.slug, "matching"]))
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cup-matching-matrix.svg"'
    drawn = answer.content.decode()
    assert parsed(drawn).tag.endswith("svg")
    assert said in drawn
    assert "var(--" not in drawn
    # Beta did not enter the other task: a dash, though that counts as 0.
    assert texts(parsed(drawn)).count("–") == 1
    assert "Other Task: best Autogluon (baseline) with 0.50, 3 entered" in drawn


def test_a_task_that_does_not_count_yet_is_told_from_one_not_entered(
    two: list[Task], client: Client
) -> None:
    factories.make_task(two[0].challenge, Kind.MATCHING, "third-task")
    html = html_of(client, two[0])
    assert "Third Task does not count until the trivial submission has a score" in html
    assert {text for label, text in cells(html) if label == "Third Task"} == {""}


def test_an_empty_track_and_one_team(matching_task: Task, client: Client) -> None:
    assert "No teams yet" in html_of(client, matching_task)
    address = reverse("matrix-figure", args=[matching_task.challenge.slug, "matching"])
    drawn = client.get(address).content.decode()
    assert "Nobody has entered a task yet" in drawn
    assert parsed(drawn).tag.endswith("svg")
    enter(matching_task, "Trivial", 0.2, baseline="trivial")
    enter(matching_task, "Solo", 0.9)
    html = html_of(client, matching_task)
    assert "Solo is best on 1 of 1 task<" in html


def test_names_are_text(matching_task: Task, client: Client) -> None:
    Task.objects.filter(pk=matching_task.pk).update(title=HOSTILE)
    enter(matching_task, "Trivial", 0.2, baseline="trivial")
    team = enter(matching_task, "Solo", 0.9)
    factories.relabel(Team.objects.filter(pk=team.pk), name=HOSTILE)
    html = html_of(client, matching_task)
    assert "<script>alert" not in html
    assert names(html)[0] == "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;"


def test_nothing_unknown_is_found(two: list[Task], client: Client) -> None:
    for name in ("matrix", "matrix-figure"):
        assert client.get(reverse(name, args=["no-cup", "matching"])).status_code == 404
        assert client.get(reverse(name, args=["cup", "no-kind"])).status_code == 404


def test_nothing_private_or_unrounded_is_there_before_the_reveal(
    two: list[Task], as_user: Callable[..., Client], olga: User
) -> None:
    for html in before_the_reveal(html_of, two, [as_user(None), as_user(olga)]):
        assert "Private part" not in html


def test_after_the_reveal_it_is_private_and_the_public_one_is_kept(
    two: list[Task], client: Client
) -> None:
    over(two[0].challenge)
    html = html_of(client, two[0])
    assert "Private part: skill" in html
    assert "(0.123)" in html
    kept = html_of(client, two[0], part="public")
    assert ("Matching Task", "0.763 (0.81)") in cells(kept)
    assert "0.123" not in kept


def test_until_the_reveal_is_made_the_public_one_stands(two: list[Task], client: Client) -> None:
    over(two[0].challenge, made=False)
    html = html_of(client, two[0])
    assert ("Matching Task", "0.763 (0.81)") in cells(html)
    assert "0.1234" not in html


def test_an_earlier_matrix_is_shown(two: list[Task], client: Client) -> None:
    before = timezone.now()
    again(two[1], Team.objects.get(slug="beta"), 0.95)
    assert ("Other Task", "★ the best entry 0.938 (0.95)") in cells(html_of(client, two[0]))
    html = html_of(client, two[0], at=before.isoformat())
    assert ("Other Task", "–") in cells(html)
    assert "Leaderboard as of" in html
    assert "No teams yet" in html_of(client, two[0], at="2001-01-01")


def test_what_cannot_be_followed_is_told(two: list[Task], client: Client) -> None:
    for query in ({"at": HOSTILE}, {"part": HOSTILE}, {"page": HOSTILE}, {"sort": HOSTILE}):
        html = html_of(client, two[0], **query)
        assert '<p class="note warning">' in html
        assert "<script>alert" not in html
        assert names(html)


def test_a_page_has_sixty_rows(two: list[Task], client: Client) -> None:
    task, challenge = two[0], two[0].challenge
    many = [
        Team(challenge=challenge, name=f"T{n}", slug=f"t{n}", captain=factories.make_user(f"t{n}"))
        for n in range(100)
    ]
    board = Standing.objects.filter(board__task=task).first().board  # type: ignore[union-attr]
    now = timezone.now()
    Standing.objects.bulk_create(
        Standing(
            board=board, team=made, valid_from=now, score=0.3,
            first_reached=now, score_since=now, attempts=1,
        )
        for n, made in enumerate(Team.objects.bulk_create(many))
    )  # fmt: skip
    BoardDocument.objects.all().delete()
    write_track(task.track, ranking_tasks(task.track), Part.PUBLIC, now, {})
    first, second = (html_of(client, task, page=page) for page in ("1", "2"))
    assert len(names(first)) == 60
    assert len(names(second)) == 44
    assert "Page 1 of 2" in first
    assert "The first 40 rows; the file has all 60." in first
    drawn = client.get(reverse("matrix-figure", args=["cup", "matching"])).content.decode()
    assert "60 rows, 2 tasks" in drawn
    assert "40 rows, 2 tasks" in first
    assert "sort=matching-task&amp;page=2" in html_of(client, task, sort="matching-task")
    assert names(html_of(client, task, page="0")) == names(first)


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
    third = factories.make_task(two[0].challenge, Kind.MATCHING, "third-task")
    for place in range(4):
        enter(two[0], f"Team {place}", 0.4 + place / 100)
    again(third, Team.objects.get(baseline="trivial"), 0.2)
    if is_over:
        over(two[0].challenge)
    with CaptureQueriesContext(connection) as queries:
        html_of(client, two[0])
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]
