"""The page of a board: order, filter, brackets, and what each reader sees of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.standings.models import Board, BoardDocument, Revision
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.board.boards import address, enter, fill, read, shown

HTMX = {"HX-Request": "true"}
AsUser = Callable[[User | None], Client]


@pytest.fixture
def task(matching_task: Task, team: Team) -> Task:
    """A task with five teams, Alice's the third of them, and two baselines."""
    challenge = matching_task.challenge
    teams = {
        name: factories.make_team(challenge, name, factories.make_user(name.lower()))
        for name in ("Zeta", "École", "beta", "Gamma")
    }
    fill(
        (matching_task, teams["Zeta"], 0.91),
        (matching_task, teams["École"], 0.87),
        (matching_task, team, 0.85),
        (matching_task, teams["beta"], 0.8),
        (matching_task, factories.make_team(challenge, "AutoGluon", baseline="autogluon"), 0.75),
        (matching_task, teams["Gamma"], 0.7),
        (matching_task, factories.make_team(challenge, "Trivial", baseline="trivial"), 0.1),
    )
    return matching_task


def study(task: Task, rows: dict[str, Any], brackets: list[tuple[str, str]] = ()) -> None:  # type: ignore[assignment]
    """Store what a worker would have found of the board's last state, by the teams' names."""
    ids = {team.name: team.pk for team in task.challenge.teams.all()}
    board = Board.objects.filter(task=task).latest("pk")
    Revision.objects.filter(board=board, number=board.revision).update(
        study={
            "rows": {str(ids[name]): found for name, found in rows.items()},
            "brackets": [[ids[first], ids[last]] for first, last in brackets],
        },
        studied_at=timezone.now(),
    )


def names(client: Client, task: Task, **query: str) -> list[str]:
    """Return only the teams' names, in the order of the rows."""
    found = shown(client, task, **query).names
    return [name.removesuffix(" baseline") for name in found]


RANKED = ["Zeta", "École", "Alpha", "beta", "AutoGluon", "Gamma", "Trivial"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", RANKED),
        ("rank", RANKED),
        ("-rank", ["Gamma", "beta", "Alpha", "École", "Zeta", "AutoGluon", "Trivial"]),
        ("score", RANKED),
        ("-score", RANKED[::-1]),
        ("team", ["Alpha", "AutoGluon", "beta", "École", "Gamma", "Trivial", "Zeta"]),
        ("-team", ["Zeta", "Trivial", "Gamma", "École", "beta", "AutoGluon", "Alpha"]),
        ("improved", RANKED[::-1]),
        ("-improved", RANKED),
        ("nfr", RANKED),  # nobody has one: the order stays
        ("nonsense", RANKED),
    ],
)
def test_a_board_is_sorted_by_its_address(
    client: Client, task: Task, sort: str, order: list[str]
) -> None:
    first = timezone.now() - timedelta(days=1)
    for minute, name in enumerate(RANKED):
        for row in Board.objects.get(task=task).standings.filter(team__name=name):
            row.first_reached = first + timedelta(minutes=minute)
            row.save()
    assert names(client, task, sort=sort) == order


def test_heads_are_links_that_work_without_script_and_tell_the_direction(
    client: Client, task: Task
) -> None:
    board = shown(client, task, q="a", pin="beta")
    assert board.sorted == {"Rank": "ascending"}
    assert board.links["Average precision"] == "?sort=score&q=a&pin=beta"
    again = shown(client, task, sort="score")
    assert again.sorted == {"Average precision": "descending"}
    assert again.links["Average precision"] == "?sort=-score"
    other = shown(client, task, sort="-score")
    assert other.sorted == {"Average precision": "ascending"}
    assert other.links["Average precision"] == "?sort=score"


@pytest.mark.parametrize(
    ("q", "found"), [("ECOLE", ["École"]), ("ta", ["Zeta", "beta"]), ("  be ", ["beta"])]
)
def test_a_board_is_filtered_by_name(client: Client, task: Task, q: str, found: list[str]) -> None:
    assert names(client, task, q=q) == found


@pytest.mark.parametrize("q", ["nobody", "%", "\0", "<script>alert(1)</script>", "𝕏" * 100])
def test_a_name_that_nobody_has_is_answered_in_words(client: Client, task: Task, q: str) -> None:
    html = client.get(address(task), {"q": q}).content.decode()
    assert ("No team with this name" in html) == bool(q.strip("\0"))
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "x"}, {"page": "0"}, {"at": "never"}, {"since": "x"}, {"part": "private"},
        {"pin": "<b>"}, {"compare": "zeta"},
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_said_on_the_page(
    client: Client, task: Task, query: dict[str, str]
) -> None:
    html = client.get(address(task), query).content.decode()
    assert 'class="note warning" role="status"' in html
    assert names(client, task, **query) == RANKED


def test_a_board_has_pages(client: Client, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.web.board.paging.PAGE_ROWS", 3)
    assert names(client, task) == RANKED[:3]
    html = shown(client, task, page="2").html
    assert names(client, task, page="2") == RANKED[3:6]
    assert 'rel="prev" href="?"' in html
    assert 'rel="next" href="?page=3"' in html
    last = shown(client, task, page="9")
    assert "There is no page 9" in last.html
    assert [row.name for row in last.rows] == ["Trivial baseline"]


def test_two_ticked_rows_lead_to_their_comparison(client: Client, task: Task) -> None:
    html = shown(client, task).html
    assert 'name="compare" value="zeta" form="compare" aria-label="Compare Zeta"' in html
    answer = client.get(address(task), {"compare": ["zeta", "beta"], "sort": "team"})
    compare = reverse("compare", args=[task.challenge.slug])
    assert answer.headers["Location"] == f"{compare}?a=zeta&b=beta&task={task.slug}"
    track = client.get(address(task.track), {"compare": ["zeta", "beta"]})
    assert track.headers["Location"] == f"{compare}?a=zeta&b=beta"
    three = client.get(address(task), {"compare": ["zeta", "beta", "gamma"]})
    assert "Tick exactly two rows" in three.content.decode()


# What a worker found ---------------------------------------------------------------------------


def test_a_study_shows_tied_ranks_and_what_is_not_separable(client: Client, task: Task) -> None:
    assert "Which ranks differ beyond noise is being" in shown(client, task).html
    study(
        task,
        {
            "Zeta": {"rank_low": 1, "rank_high": 2, "separable": None, "nfr": 0.0123},
            "École": {"rank_low": 1, "rank_high": 3, "separable": False},
            "Alpha": {"rank_low": 2, "rank_high": 4, "separable": True},
        },
        [("Zeta", "École"), ("École", "Alpha")],
    )
    board = shown(client, task)
    assert "Which ranks differ beyond noise is being" not in board.html
    ranks = [board.row(name).cells["Rank"] for name in ("Zeta", "École", "Alpha", "beta")]
    assert ranks == ["1·1–2", "2·1–3", "3·2–3", "4"], "those of its brackets, not the bootstrap's"
    assert board.row("École").cells["Average precision"] == ("≈not separable from Zeta above: 0.87")
    assert board.row("Alpha").cells["Average precision"] == "0.85"
    assert board.row("Zeta").cells["NFR"] == "1.2 %"
    assert board.row("beta").cells["NFR"] == ""
    near = "Above: Zeta, 0.04 apart, not separable\nBelow: Alpha, 0.02 apart, separable"
    assert f'title="{near}"' in board.html


def test_columns_that_are_empty_for_all_are_left_out(client: Client, task: Task) -> None:
    heads = shown(client, task).heads
    assert not {"NFR", "OPIS", "Shake-up", "Moved", "Progress"} & set(heads)
    study(task, {"beta": {"opis": 0.25}})
    assert shown(client, task).row("beta").cells["OPIS"] == "0.250"


def test_brackets_are_drawn_in_lanes_and_said_in_words(client: Client, task: Task) -> None:
    study(task, {}, [("Zeta", "Alpha"), ("École", "beta"), ("beta", "Gamma")])
    board = shown(client, task)
    assert board.html.count('class="ties"') == 6  # the baseline between them too, the last one not
    assert "Ranks 1 to 3: Zeta to Alpha" in board.html
    assert "Ranks 4 to 5: beta to Gamma" in board.html
    assert 'class="ties"' not in shown(client, task, sort="team").html
    assert 'class="ties"' not in shown(client, task, q="a").html


def test_brackets_of_teams_that_left_are_not_drawn(client: Client, task: Task) -> None:
    gone = Team.objects.get(slug="zeta")
    study(task, {}, [("Zeta", "Alpha")])
    Board.objects.get(task=task).standings.filter(team=gone).delete()
    BoardDocument.objects.all().delete()
    assert 'class="ties"' not in shown(client, task).html


# Readers ---------------------------------------------------------------------------------------


def test_the_table_is_the_same_for_all_and_ones_own_place_beside_it(
    task: Task, alice: User, as_user: AsUser
) -> None:
    mine, anybodys = shown(as_user(alice), task), shown(as_user(None), task)
    table = '<table class="table board'
    assert (
        mine.html.split(table)[1].split("</table>")[0]
        == (anybodys.html.split(table)[1].split("</table>")[0])
    )
    assert 'data-own="alpha"' in mine.html
    assert "data-own" not in anybodys.html
    assert mine.row("Alpha").anchor == "team-alpha"
    assert 'href="?#team-alpha"' in mine.html


def test_another_team_can_be_pinned_beside_ones_own(
    task: Task, alice: User, as_user: AsUser
) -> None:
    html = shown(as_user(alice), task, pin="zeta").html
    assert html.index('data-own="alpha"') < html.index('aria-label="Pinned"')
    assert 'href="?pin=zeta#team-zeta"' in html
    assert 'aria-label="Pinned"' in shown(as_user(None), task, pin="zeta").html
    assert 'aria-label="Pinned"' not in shown(as_user(None), task, pin="nobody").html


@pytest.mark.parametrize("query", [{}, {"q": "a"}, {"pin": "zeta"}, {"at": "2020-01-01"}])
def test_an_anonymous_page_has_no_token_and_nothing_personal(
    client: Client, task: Task, query: dict[str, str]
) -> None:
    answer = client.get(address(task), query)
    html = answer.content.decode()
    assert "csrf" not in html
    assert not answer.cookies
    assert "@example.org" not in html


def test_signed_in_pages_carry_the_token_for_what_they_post(
    task: Task, alice: User, as_user: AsUser
) -> None:
    assert "x-csrftoken" in as_user(alice).get(address(task)).content.decode()


@pytest.mark.parametrize("kind", ["task", "track"])
def test_htmx_gets_the_board_alone_and_the_same_one(client: Client, task: Task, kind: str) -> None:
    subject = task if kind == "task" else task.track
    answer = client.get(address(subject), {"sort": "team"}, headers=HTMX)
    html = answer.content.decode()
    assert "<body" not in html
    assert 'id="board"' in html
    assert "HX-Request" in answer.headers["Vary"]
    assert read(html).rows == shown(client, subject, sort="team").rows
    history = client.get(address(subject), headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<body" in history.content.decode()


def test_a_new_score_is_on_the_very_next_page(client: Client, task: Task) -> None:
    assert shown(client, task).names[0] == "Zeta"
    enter(task, "beta", 0.99)
    assert shown(client, task).names[0] == "beta"
    assert shown(client, task.track).html.count('id="team-beta"') == 1


def test_names_cannot_carry_markup_into_table_or_figures(client: Client, task: Task) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    factories.relabel(Team.objects.filter(slug="zeta"), name=evil)
    study(task, {"École": {"separable": False}}, [(evil, "École")])
    for subject in (task, task.track):
        html = shown(client, subject, pin="zeta").html
        assert "<img" not in html
        assert "&lt;img src=x" in html


def test_a_folding_table_keeps_its_roles(client: Client, task: Task) -> None:
    html = shown(client, task).html
    table = html.split('<table class="table board')[1].split("</table>")[0]
    for tag, role in (("tr", "row"), ("td", "cell"), ("th", "columnheader")):
        assert table.count(f"<{tag} ") == table.count(f'<{tag} role="{role}"') + table.count(
            f'<{tag} scope="col" role="{role}"'
        )
    assert 'role="search"' in html


def test_a_task_of_another_challenge_is_not_found(client: Client, task: Task) -> None:
    draft = factories.make_challenge(
        "later", announced_at=None, opens_at=timezone.now() + timedelta(days=1)
    )
    hidden = factories.make_task(draft, "matching", "hidden")
    assert client.get(address(hidden)).status_code == 404
    assert client.get(address(hidden.track)).status_code == 404
    slug = task.challenge.slug
    assert client.get(reverse("task-board", args=[slug, "hidden"])).status_code == 404
    assert client.get(reverse("track", args=[slug, "classification"])).status_code == 404


def test_the_filter_is_folded_on_a_short_board_unless_it_is_in_use(
    client: Client, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = '<summary class="small">Filter</summary>'
    closed, opened = f"<details>\n  {summary}", f"<details open>\n  {summary}"
    assert closed in shown(client, task).html
    for query in ({"q": "beta"}, {"since": "2026-01-01"}, {"at": "2100-01-01", "q": "a"}):
        assert opened in shown(client, task, **query).html
    monkeypatch.setattr("podium.web.board.page.FOLDED_BELOW", 7)
    caches["boards"].clear()
    html = shown(client, task).html
    assert summary not in html
    assert 'id="board-q"' in html


def test_the_own_team_is_in_colour_in_its_members_figures_only(
    as_user: AsUser, task: Task, team: Team, alice: User
) -> None:
    enter(task, team.name, 0.86)
    enter(task, "Zeta", 0.92)
    accent = "var(--accent"
    drawings = {
        user: client.get(address(task)).content.decode().partition('class="drawings"')[2]
        for user, client in ((alice, as_user(alice)), (None, as_user(None)))
    }
    assert accent in drawings[alice]
    assert accent not in drawings[None]
    assert all("var(--scoring" in drawn for drawn in drawings.values())  # AutoGluon
    assert all("over time" in drawn for drawn in drawings.values())


def test_the_board_says_how_many_test_rows_are_public(client: Client, task: Task) -> None:
    version = task.dataset_version
    version.facts["rows"]["test"] = 2094
    version.save()
    task.solution.public_rows = 533
    task.solution.save()
    html = " ".join(client.get(address(task)).content.decode().split())
    assert "<dt>Public part</dt> <dd> 25 %<small>533 of 2,094 test rows</small>" in html
    html = " ".join(client.get(task.get_absolute_url()).content.decode().split())
    assert "Public: 533 of 2,094 test rows (25 %)." in html


def test_the_columns_are_explained_below_the_table(client: Client, task: Task) -> None:
    study(task, {"Zeta": {"nfr": 0.03, "opis": 0.01}})
    below = shown(client, task).html.partition("What the columns mean")[2]
    assert "<dt>NFR</dt><dd>Negative flips: the share of rows" in below
    assert "<dt>OPIS</dt><dd>Operating-point inconsistency" in below
