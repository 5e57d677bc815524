"""What the site does on PostgreSQL alone; SQLite runs leave this module out."""

from contextlib import closing
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from podium.database import PLANS, rows_of_frequent

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
    rows_of(1, "")
    pid = connection.connection.info.backend_pid
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert rows_of(1, "") == [(2, "")]
    assert connection.connection.info.backend_pid != pid


@pytest.mark.django_db(transaction=True)
def test_a_frequent_query_is_answered_although_its_plan_was_lost() -> None:
    rows_of(1, "")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert rows_of(1, "") == [(2, "")]


@pytest.mark.django_db(transaction=True)
def test_a_frequent_query_is_counted_where_queries_are_counted() -> None:
    uncounted = rows_of(1, "")
    with CaptureQueriesContext(connection) as queries:
        assert rows_of(1, "") == uncounted == [(2, "")]
    assert len(queries) == 1
