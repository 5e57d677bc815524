"""The stored form of a board: one compact document with a column for each fact of its rows."""

import json
import zlib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import compress, repeat
from typing import Any

from podium.standings.rows import ADDED, LABELS, BoardRow, BoardTeam, TaskCell

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FASTEST = 1  # a higher level takes longer than the database saves by it
# The fields of a row that do not depend on other teams, except for those of a track's tasks.
FACTS = (
    *("score", "low", "high", "submission_id", "attempts", "first_reached"),
    "tie_break",
)
Numbers = list[float | None]


@dataclass(frozen=True)
class BoardTable:
    """The rows of a board in their order, column by column.

    Times are microseconds since 1970. `labels` has a column for each of LABELS. `tasks` are the
    slugs of the tasks that a track counts; `task_scores` and `task_skills` have a column for each.
    """

    team: list[int]
    labels: dict[str, list[Any]]
    method: list[str]
    rank: list[int | None]
    score: Numbers
    low: Numbers
    high: Numbers
    attempts: list[int]
    first_reached: list[int]
    submission_id: list[int | None]
    tie_break: Numbers
    tasks: list[str]
    task_scores: list[Numbers]
    task_skills: list[Numbers]

    @classmethod
    def of(cls, rows: Iterable[BoardRow]) -> "BoardTable":
        """Return the table of these rows, whose cells are of the same tasks."""
        rows = list(rows)
        teams = [row.team for row in rows]
        tasks = [cell["task"] for cell in rows[0].tasks] if rows else []
        return cls(
            team=[team.pk for team in teams],
            labels={name: [_plain(getattr(team, name)) for team in teams] for name in LABELS},
            method=[row.method for row in rows],
            rank=[row.rank for row in rows],
            score=[row.score for row in rows],
            low=[row.low for row in rows],
            high=[row.high for row in rows],
            attempts=[row.attempts for row in rows],
            first_reached=[(row.first_reached - EPOCH) // MICROSECOND for row in rows],
            submission_id=[row.submission_id for row in rows],
            tie_break=[row.tie_break for row in rows],
            tasks=tasks,
            task_scores=[[row.tasks[n]["score"] for row in rows] for n in range(len(tasks))],
            task_skills=[[row.tasks[n]["skill"] for row in rows] for n in range(len(tasks))],
        )

    @classmethod
    def decode(cls, data: bytes) -> "BoardTable":
        """Return the table that a document stores."""
        return cls(**json.loads(zlib.decompress(data)))

    def encode(self) -> bytes:
        """Return the document of the table."""
        # `asdict` would copy every value.
        text = json.dumps(vars(self), separators=(",", ":"), allow_nan=False)
        return zlib.compress(text.encode(), FASTEST)

    def rows(
        self, challenge: str, added: Mapping[str, list[Any]] | None = None, mine: int | None = None
    ) -> list[BoardRow]:
        """Return the rows; `challenge` is the slug of their challenge.

        `added` has columns for fields of rows; of ADDED, those that are not there are empty. `mine`
        is the id of the viewer's team.
        """
        made: dict[str, Iterable[object]] = {
            **dict.fromkeys(ADDED, [None] * len(self.team)),
            **(added or {}),
            "team": self._teams(challenge),
            "is_mine": [team == mine for team in self.team],
            "tasks": self._cells(),
            "first_reached": map(_moment, self.first_reached),
        }
        columns = [made[name] if name in made else getattr(self, name) for name in BoardRow._fields]
        # By `_make`, because a call with names for each of a thousand rows takes twice as long.
        return list(map(BoardRow._make, zip(*columns, strict=True)))

    def facts(self) -> dict[int, tuple[object, ...]]:
        """Return, by team id, the fields of each row that do not depend on other teams."""
        columns = [getattr(self, name) for name in FACTS] + self.task_scores + self.task_skills
        tasks = repeat(tuple(self.tasks))
        return dict(zip(self.team, zip(*columns, tasks, strict=False), strict=True))

    def of_teams(self, teams: Container[int | None]) -> "BoardTable":
        """Return a table with only the rows of these teams."""
        chosen = [team in teams for team in self.team]
        rows = {name: list(compress(getattr(self, name), chosen)) for name in _BY_ROW}
        labels = {name: list(compress(column, chosen)) for name, column in self.labels.items()}
        scores, skills = (
            [list(compress(column, chosen)) for column in columns]
            for columns in (self.task_scores, self.task_skills)
        )
        return replace(self, **rows, labels=labels, task_scores=scores, task_skills=skills)

    @property
    def best(self) -> float | None:
        """The score of the first team."""
        ranked = zip(self.rank, self.score, strict=True)
        return next((score for rank, score in ranked if rank is not None), None)

    def rename(self, team: BoardTeam) -> bool:
        """Update a team's labels in its row. Return whether the team has a row."""
        if team.pk not in self.team:
            return False
        row = self.team.index(team.pk)
        for name in LABELS:
            self.labels[name][row] = _plain(getattr(team, name))
        return True

    def rename_method(self, submission: int, method: str) -> bool:
        """Update a submission's method in its row. Return whether the submission has a row."""
        if submission not in self.submission_id:
            return False
        self.method[self.submission_id.index(submission)] = method
        return True

    def _teams(self, challenge: str) -> list[BoardTeam]:
        columns = [
            map(_moment, self.labels[name]) if name.endswith("_at") else self.labels[name]
            for name in LABELS
        ]
        shown = zip(self.team, *columns, [challenge] * len(self.team), strict=True)
        return list(map(BoardTeam._make, shown))

    def _cells(self) -> list[list[TaskCell]]:
        columns = [
            [
                {"task": task, "score": score, "skill": skill}
                for score, skill in zip(*pair, strict=True)
            ]
            for task, *pair in zip(self.tasks, self.task_scores, self.task_skills, strict=True)
        ]
        return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in self.team]


_TABLES = ("labels", "tasks", "task_scores", "task_skills")
_BY_ROW = [column.name for column in fields(BoardTable) if column.name not in _TABLES]


def _plain(label: object) -> object:
    """Return a team's label as documents store it."""
    return (label - EPOCH) // MICROSECOND if isinstance(label, datetime) else label


def _moment(at: int | None) -> datetime | None:
    """Return the time that is `at` microseconds after the epoch."""
    return None if at is None else EPOCH + at * MICROSECOND
