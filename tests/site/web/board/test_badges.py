"""A team's places elsewhere: what everybody sees, for every reader, and safe whatever names say."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from markdown_it import MarkdownIt

from figures.words import ordinal
from podium.accounts.models import User
from podium.catalog.models import Kind
from podium.challenges.models import Challenge, Task
from podium.teams.actions import disqualify
from podium.teams.models import Team
from tests.figures.drawn import parsed
from tests.site import factories
from tests.site.standings.conftest import Scored, scored
from tests.site.web.board.boards import fill
from tests.site.web.moments import frozen, over

__all__ = ["scored"]
ClientOf = Callable[[User | None], Client]
HOSTILE = (
    "a|b|c", "</table><script>alert(1)</script>", "[x](javascript:alert(1))", "`code` *b* _i_",
    "two\nlines\n# head", "\u202eelif", "عربي", "=1+1", "\\|", "<!-- x", "&amp;", "~~x~~",
    "![i](u)",
)  # fmt: skip


@pytest.fixture
def board(matching_task: Task, team: Team) -> Task:
    """A task and its track: Alpha second of three, with two baselines."""
    entries = []
    for name, baseline, public in (
        ("Trivial", "trivial", 0.21),
        ("AutoGluon", "autogluon", 0.6),
        ("Beta", "", 0.912345),
        ("Gamma", "", 0.651234),
    ):
        people = [] if baseline else [factories.make_user(name.lower())]
        entered = factories.make_team(matching_task.challenge, name, *people, baseline=baseline)
        entries.append((matching_task, entered, public))
    fill(*entries, private=0.345678)
    fill((matching_task, team, 0.812345), private=0.654321)
    return matching_task


def badge(client: Client, slug: str, **query: str) -> Any:
    return client.get(reverse("team-badge", args=["cup", slug], query=query))


def table(client: Client, slug: str, form: str) -> Any:
    return client.get(reverse("team-table", args=["cup", slug, form]))


def said(client: Client, slug: str, **query: str) -> str:
    """Return what a badge says, once it is known to be an SVG."""
    return parsed(badge(client, slug, **query).content.decode()).attrib["aria-label"]


class TestBadge:
    def test_it_tells_the_place_on_a_track_or_a_task(self, board: Task, client: Client) -> None:
        assert said(client, "alpha") == "Matching: 2nd of 3"
        assert said(client, "alpha", track="matching") == "Matching: 2nd of 3"
        assert said(client, "beta", task=board.slug) == "Matching Task: 1st of 3"
        assert said(client, "gamma", task=board.slug) == "Matching Task: 3rd of 3"
        assert said(client, "autogluon", task=board.slug) == "Matching Task: baseline"

    def test_who_has_no_place_is_not_ranked(
        self, board: Task, client: Client, team: Team, olga: User
    ) -> None:
        factories.make_team(board.challenge, "Late", factories.make_user("late"))
        assert said(client, "late") == "Matching: not ranked"
        disqualify(team=team, reason="Two accounts.", by=olga)
        assert said(client, "alpha") == "Matching: not ranked"

    @pytest.mark.parametrize(
        "query", [{"task": "none"}, {"track": "none"}, {"task": "matching-task", "track": "x"}]
    )
    def test_a_board_that_is_not_there_is_said_so(
        self, board: Task, client: Client, query: dict[str, str]
    ) -> None:
        answer = badge(client, "alpha", **query)
        assert answer.status_code == 404
        assert b"?task=" in answer.content

    def test_a_challenge_without_tracks_has_no_badge(self, team: Team, client: Client) -> None:
        assert badge(client, "alpha").status_code == 404

    def test_any_site_may_show_it_and_caches_keep_it_for_five_minutes(
        self, board: Task, client: Client, scored: Scored, team: Team
    ) -> None:
        answer = badge(client, "alpha")
        assert answer["Content-Type"] == "image/svg+xml"
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer["Cache-Control"] == "public, max-age=300"
        assert "X-Frame-Options" not in answer
        assert "Cookie" not in answer.get("Vary", "")
        assert not answer.cookies
        url, tag = answer.request["PATH_INFO"], answer["ETag"]
        assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
        scored(team, board, 0.99)
        changed = client.get(url, headers={"If-None-Match": tag})
        assert (changed.status_code, changed["ETag"] == tag) == (200, False)

    def test_all_readers_get_the_same_and_a_freeze_holds_for_the_team_itself(
        self, board: Task, as_user: ClientOf, bob: User, olga: User, scored: Scored, team: Team
    ) -> None:
        frozen(board.challenge)
        scored(team, board, 0.99)
        for viewer in (None, bob, olga):
            client = as_user(viewer)
            assert said(client, "alpha", task=board.slug) == "Matching Task: 2nd of 3"
            assert "0.81" in table(client, "alpha", "md").content.decode()

    def test_no_private_or_raw_number_is_in_it_before_the_reveal(
        self, board: Task, as_user: ClientOf, olga: User
    ) -> None:
        for client in (as_user(None), as_user(olga)):
            for answer in (
                badge(client, "alpha"), table(client, "alpha", "md"), table(client, "alpha", "html")
            ):  # fmt: skip
                text = answer.content.decode()
                assert not [n for n in ("812345", "654321", "0.65", "0.35") if n in text]

    def test_after_it_the_place_is_the_final_one(self, board: Task, client: Client) -> None:
        over(board.challenge)
        assert said(client, "alpha", task=board.slug) == "Matching Task: 1st of 3"

    @pytest.mark.parametrize("who", ["anonymous", "alice", "olga"])
    def test_a_draft_has_none_for_anybody_since_caches_keep_it(
        self, board: Task, request: pytest.FixtureRequest, as_user: ClientOf, olga: User, who: str
    ) -> None:
        Challenge.objects.update(announced_at=None, opens_at=timezone.now() + timedelta(days=1))
        client = as_user(None if who == "anonymous" else request.getfixturevalue(who))
        assert badge(client, "alpha").status_code == 404
        assert table(client, "alpha", "md").status_code == 404

    def test_a_team_of_another_challenge_is_not_found(self, board: Task, client: Client) -> None:
        factories.make_challenge("other")
        assert client.get(reverse("team-badge", args=["other", "alpha"])).status_code == 404
        assert client.get(reverse("team-table", args=["cup", "none", "md"])).status_code == 404

    @pytest.mark.parametrize("title", HOSTILE)
    def test_hostile_titles_stay_text(self, board: Task, client: Client, title: str) -> None:
        Task.objects.update(title=title)
        assert said(client, "alpha", task=board.slug).endswith(": 2nd of 3")

    @pytest.mark.parametrize(
        ("rank", "text"),
        [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
         (21, "21st"), (22, "22nd"), (111, "111th"), (1003, "1003rd")],
    )  # fmt: skip
    def test_ranks_are_spoken(self, rank: int, text: str) -> None:
        assert ordinal(rank) == text


class TestTable:
    def test_markdown_has_all_boards(self, board: Task, client: Client) -> None:
        factories.make_task(board.challenge, Kind.CLASSIFICATION)
        answer = table(client, "alpha", "md")
        assert answer["Content-Type"] == "text/markdown; charset=utf-8"
        assert answer.content.decode().splitlines()[2:] == [
            "| Leaderboard | Place | Score |",
            "| --- | --- | ---: |",
            "| [Matching](<http://testserver/c/cup/tracks/matching/>) | 2nd of 3 | 0.759 |",
            "| [Matching Task](<http://testserver/c/cup/tasks/matching-task/>) | 2nd of 3 | 0.81 |",
            "| [Classification](<http://testserver/c/cup/tracks/classification/>) "
            "| not ranked | – |",
            "| [Classification Task](<http://testserver/c/cup/tasks/classification-task/>) "
            "| not ranked | – |",
        ]

    def test_html_may_be_shown_elsewhere_and_does_nothing(
        self, board: Task, client: Client
    ) -> None:
        answer = table(client, "alpha", "html")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
        root = parsed(answer.content.decode())
        cells = ["".join(cell.itertext()) for cell in root.iter() if cell.tag == "td"]
        assert cells[:3] == ["Matching", "2nd of 3", "0.759"]

    @pytest.mark.parametrize("form", ["txt", "json", "HTML"])
    def test_there_is_no_other_form(self, board: Task, client: Client, form: str) -> None:
        answer = table(client, "alpha", form)
        assert (answer.status_code, answer.content) == (
            404,
            b"The table comes as table.md and table.html.\n",
        )

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names_stay_text(
        self, board: Task, client: Client, team: Team, name: str
    ) -> None:
        factories.relabel(Team.objects.filter(pk=team.pk), name=name)
        Task.objects.update(title=name)
        Challenge.objects.update(title=name)
        shown = html.escape(" ".join(name.replace("\u202e", "\ufffd").split()), quote=False)
        root = parsed(table(client, "alpha", "html").content.decode())
        assert [cell.tag for cell in root.iter() if cell.tag in {"script", "a"}] == ["a", "a"]
        made = (
            MarkdownIt("commonmark")
            .enable("table")
            .render(table(client, "alpha", "md").content.decode())
        )
        assert made.count("<tr>") == 3
        assert made.count("<td") == 6
        assert re.findall(r"<(\w+)", made).count("a") == 2
        for tag in ("script", "code", "em", "strong", "img", "s", "h1"):
            assert f"<{tag}>" not in made
        assert shown.replace('"', "&quot;") in made


def test_members_find_snippets_to_copy(
    board: Task, as_user: ClientOf, bob: User, charlie: User
) -> None:
    page = reverse("team", args=["cup", "alpha"])
    text = html.unescape(as_user(bob).get(page).content.decode())
    address = "http://testserver/c/cup/teams/alpha"
    assert f"[![cup]({address}/badge.svg)]({address}/)" in text
    assert f'<a href="{address}/"><img src="{address}/badge.svg"' in text
    assert "table.md" in text
    assert "badge.svg" not in as_user(charlie).get(page).content.decode()


def test_whoever_comes_from_a_board_finds_the_teams_places_and_can_compare(
    board: Task, as_user: ClientOf, bob: User, client: Client
) -> None:
    page = reverse("team", args=["cup", "beta"])
    text = " ".join(client.get(page).content.decode().split())
    assert f'<a href="http://testserver{board.get_absolute_url()}">' in text
    assert re.search(r"<td[^>]*>1st of 3</td>", text)
    assert "0.345678" not in text
    assert "Compare with" not in text
    compare = reverse("compare", args=["cup"])
    assert (
        f'{compare}?a=alpha&amp;b=beta">Compare with Alpha'
        in as_user(bob).get(page).content.decode()
    )
