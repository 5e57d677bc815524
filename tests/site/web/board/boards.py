"""Teams on boards, and the boards of pages read back as a reader finds them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from podium.challenges.models import Task, Track
from podium.standings.actions import rebuild, refresh
from podium.teams.models import Team
from tests.site import factories


def enter(task: Task, name: str, public: float, private: float = 0.123456, **team: Any) -> Team:
    """Put a team with this score on the board; one of that name scores again."""
    entered = task.challenge.teams.filter(name=name).first()
    if entered is None:
        members = [] if team.get("baseline") else [factories.make_user(name.lower())]
        entered = factories.make_team(task.challenge, name, *members, **team)
    submission = factories.make_submission(entered, task)
    factories.make_evaluation(submission, public=public, private=private)
    refresh(task, entered)
    return entered


def fill(*entries: tuple[Task, Team, float], private: float = 0.123456) -> None:
    """Put these teams on the boards of tasks with these scores, each board in one new state."""
    for task, team, public in entries:
        submission = factories.make_submission(team, task)
        factories.make_evaluation(submission, public=public, private=private)
    for task in dict.fromkeys(task for task, _, _ in entries):
        rebuild(task)


@dataclass
class Row:
    """A row of a board as it is read: its text, and by the columns' heads what its cells say."""

    anchor: str
    kind: str
    cells: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.cells["Team"]


@dataclass
class Shown:
    """The board of a page: heads with their links and directions, and rows."""

    html: str
    heads: list[str]
    links: dict[str, str]
    sorted: dict[str, str]
    rows: list[Row]

    @property
    def names(self) -> list[str]:
        return [row.name for row in self.rows]

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name.startswith(name))


def address(subject: Task | Track) -> str:
    """Return the address of the board of a task or track."""
    slug = subject.challenge.slug
    if isinstance(subject, Task):
        return reverse("task-board", args=[slug, subject.slug])
    return reverse("track", args=[slug, subject.kind])


def shown(client: Client, subject: Task | Track, **query: str) -> Shown:
    """Return the board as this client is shown it; the page must be there."""
    answer = client.get(address(subject), query)
    assert answer.status_code == 200
    return read(answer.content.decode())


def read(html: str) -> Shown:
    """Return the board of a page."""
    parser = _Board()
    parser.feed(html)
    return Shown(html, parser.heads, parser.links, parser.sorted, parser.rows)


class _Board(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.heads: list[str] = []
        self.links: dict[str, str] = {}
        self.sorted: dict[str, str] = {}
        self.rows: list[Row] = []
        self._depth = 0  # of svg: what is drawn is not the text of a cell
        self._text: list[str] | None = None
        self._in_board = False
        self._cell: dict[str, str | None] = {}
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self._in_board = "board" in (given.get("class") or "").split()
        if not self._in_board:
            return
        if tag == "tr" and (given.get("id") or "").startswith("team-"):
            self.rows.append(Row(given["id"] or "", given.get("class") or ""))
        if tag in {"td", "th"}:
            self._text, self._cell, self._link = [], given, ""
        if tag == "a" and not self._link:
            self._link = given.get("href") or ""
        self._depth += tag == "svg"

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._depth:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "svg" and self._depth > 0
        if tag == "table":
            self._in_board = False
        if tag not in {"td", "th"} or self._text is None or not self._in_board:
            return
        text = " ".join("".join(self._text).split())
        if tag == "th":
            self.heads.append(text)
            self.links[text] = self._link
            if direction := self._cell.get("aria-sort"):
                self.sorted[text] = direction
        else:
            head = self.heads[len(self.rows[-1].cells)]
            self.rows[-1].cells[head] = text
            self.rows[-1].titles[head] = self._cell.get("title") or ""
        self._text = None
