"""What the site does on PostgreSQL alone; SQLite runs leave this module out."""

from contextlib import closing
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from podium.challenges.models import Task
from podium.database import PLANS, rows_of_frequent
from podium.standings.board_rows import BoardRow
from podium.standings.boards import visible_board
from podium.web.board.state import board_state
from podium.web.board.window import PageWindow
from tests.site.web.board.boards import enter

pytestmark = pytest.mark.django_db


def rows_of(number: int, text: str) -> list[tuple[Any, ...]]:
    return rows_of_frequent("SELECT %s + 1, %s", (number, text))


@pytest.mark.django_db(transaction=True)
def test_postgresql_plans_a_frequent_query_once_and_keeps_so_many_plans() -> None:
    connection.close()  # on which other tests may have had plans made
    connection.ensure_connection()
    for number in range(PLANS):
        rows_of(number, "")
    assert len(plans()) == PLANS
    rows_of(0, "")
    assert len(plans()) == PLANS
    assert rows_of(PLANS, "one more") == [(PLANS + 1, "one more")]
    assert plans() == [(1, 0)]
    rows_of(PLANS, "one more")
    assert plans() == [(2, 0)]


def plans() -> list[tuple[Any, ...]]:
    """Return of each kept plan how often it was used, and made anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements")
        return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_frequent_query_is_answered_although_its_connection_was_lost() -> None:
    connection.ensure_connection()
    rows_of(1, "")
    pid = connection.connection.info.backend_pid
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert rows_of(1, "") == [(2, "")]
    assert connection.connection.info.backend_pid != pid


@pytest.mark.django_db(transaction=True)
def test_a_frequent_query_is_answered_although_its_plan_was_lost() -> None:
    connection.ensure_connection()
    rows_of(1, "")
    assert len(plans()) == 1
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert rows_of(1, "") == [(2, "")]
    assert plans() == []
    for times in (1, 2):
        assert rows_of(1, "") == [(2, "")]
        assert plans() == [(times, 0)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_page", [False, True])
def test_the_rows_of_a_board_are_the_same_by_a_kept_plan(
    matching_task: Task, is_page: bool
) -> None:
    enter(matching_task, "Ahorn", 0.9)
    enter(matching_task, "Trivial", 0.3, baseline="trivial")
    first = board_state({}, {"rank"}, timezone.now(), is_revealed=False)

    def rows() -> list[BoardRow]:
        found = [
            row
            for subject in (matching_task, matching_task.track)
            for row in visible_board(
                AnonymousUser(), subject, window=PageWindow(first, []) if is_page else None
            ).rows
        ]
        return [row._replace(method_or_reader=row.method, tasks=list(row.tasks)) for row in found]

    planned = rows()
    assert len(plans()) >= 2
    with transaction.atomic():
        assert planned == rows()
    assert [row.tasks[0]["score"] for row in planned if row.tasks] == [0.9, 0.3]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_does_not_end_by_a_lost_plan() -> None:
    connection.ensure_connection()
    rows_of(1, "")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        assert rows_of(1, "") == [(2, "")]
        assert rows_of(2, "") == [(3, "")]


@pytest.mark.django_db(transaction=True)
def test_a_frequent_query_is_counted_where_queries_are_counted() -> None:
    uncounted = rows_of(1, "")
    with CaptureQueriesContext(connection) as queries:
        assert rows_of(1, "") == uncounted == [(2, "")]
    assert len(queries) == 1
