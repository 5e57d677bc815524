"""The order of a board: where its rows stand and by what they are ordered, without all else."""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from django.db.models import F, FloatField, QuerySet
from django.db.models.expressions import RawSQL

from podium.database import json_items, json_value, rows_of, rows_of_frequent
from podium.standings.board_rows import STUDIED, BoardRow, Query, now_on, studied
from podium.standings.models import Revision, Standing


class By(NamedTuple):
    """A value that orders a board: one of `BoardRow`, "name" for the team's, or one of a task."""

    field: str
    task: str = ""


RANK = By("rank")


class Placed(NamedTuple):
    """A row of a board by its team, with the value that orders it, None where it has none.

    `standing` is its own id, 0 where the whole row was read.
    """

    team: int
    name: str
    baseline: str
    rank: int | None
    value: Any
    standing: int = 0


class Window(Protocol):
    """Who needs some rows of a board alone, having seen where all of them stand."""

    by: By

    def choose(self, order: list[Placed], brackets: list[tuple[int, int]]) -> Collection[int]:
        """Return the teams whose rows are needed."""
        ...


def value_of(row: BoardRow, by: By) -> Any:
    """Return what orders a row: None where it has no such value, and for attempts of baselines."""
    if by.task:
        cell = row.cell(by.task)
        return None if cell.get("score") is None else cell.get(by.field)
    if by.field == "name":
        return row.team.name
    return None if by.field == "attempts" and row.is_baseline else getattr(row, by.field)


def order_of(rows: Iterable[BoardRow], by: By) -> list[Placed]:
    """Return the order of a board whose rows were all read."""
    return [
        Placed(row.team.pk, row.team.name, row.team.baseline, row.rank, value_of(row, by))
        for row in rows
    ]


def read_order(rows: int | QuerySet[Standing], by: By, revision: Revision) -> list[Placed]:
    """Return the order of the rows of now of a board (its id), or of these of an earlier time.

    It is the one that `order_of` tells where all rows were read, without the shake-up.
    """
    if isinstance(rows, int):
        read = rows_of_frequent(*_query_now(rows, by))
    else:
        read = rows_of(*_query(rows, by))
    told = _found(revision, by.field) if by.field in STUDIED else _TOLD.get(by.field)
    order = map(Placed._make, read)
    return [row._replace(value=told(row)) for row in order] if told else list(order)


@lru_cache(maxsize=1000)  # for Django takes long to put a query together
def _query_now(board: int, by: By) -> Query:
    return _query(now_on(board), by)


def _query(rows: QuerySet[Standing], by: By) -> Query:
    """Return the query for rows as the fields of `Placed`."""
    value: Any = F("rank")
    if by.task:
        found, task, score = (json_value("cell.value", key) for key in (by.field, "task", "score"))
        sql = _CELL.format(found=found, items=json_items("array"), task=task, score=score)
        value = RawSQL(sql, (by.task,), output_field=FloatField())  # noqa: S611
    elif by.field in {"score", "attempts", "first_reached"}:
        value = F(by.field)
    names = ("team_id", "team__name", "team__baseline", "rank")
    return rows.values_list(*names, value, "pk").query.sql_with_params()


def _found(revision: Revision, field: str) -> Callable[[Placed], Any]:
    """Return what tells one value that a worker found of each row."""
    rows = studied(revision)
    return lambda row: rows.get(str(row.team), {}).get(field)


_TOLD: dict[str, Callable[[Placed], Any]] = {
    "name": lambda row: row.name,
    "attempts": lambda row: None if row.baseline else row.value,
    "rise": lambda row: None,
}
_CELL = """(
    SELECT CAST({found} AS DOUBLE PRECISION) FROM {items}(tasks) AS cell
    WHERE {task} = %s AND {score} IS NOT NULL
)"""
