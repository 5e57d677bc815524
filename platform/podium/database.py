"""What is done by hand where Django's own way takes too long: reading times, planning a query."""

import hashlib
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Literal
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

PLANS = 100  # so many are kept by a connection


def read_times_quickly(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a new connection to PostgreSQL read times by Python's own compiled parser.

    Django's reader is made of Python, as psycopg's below it: it gives times the connection's zone,
    which is UTC here, as the server has written them already. A board of a thousand rows has over
    two thousand times, and reading those took longer than finding the rows. A receiver of
    `connection_created`.
    """
    if connection.vendor != "postgresql" or connection.timezone != UTC:
        return
    from psycopg.types.datetime import TimestamptzLoader  # SQLite does without

    class Times(TimestamptzLoader):
        timezone = UTC  # Django compares it with the connection's before each query

        def load(self, data: Any) -> datetime:
            try:
                return datetime.fromisoformat(str(data, "ascii"))
            except ValueError:  # another style of dates, or what psycopg refuses in good words
                return super().load(data).replace(tzinfo=UTC)

    connection.connection.adapters.register_loader("timestamptz", Times)


def rows_of_frequent(sql: str, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return the rows of a query that is asked very often with few different parameters.

    PostgreSQL plans it once on each connection: to do so each time takes many times as long as to
    answer. Whether a kept connection still works this query finds out by itself. Where it does not
    (the server was restarted, a pooler gave another one's connection), it is asked in Django's way,
    as it is within a transaction, which such an error would end.
    """
    django: Any = connections[DEFAULT_DB_ALIAS]  # some of whose attributes have no type
    is_open = django.connection is not None and not django.in_atomic_block
    if django.vendor == "postgresql" and is_open:
        django.health_check_done = True
        try:
            return _planned_once(django, sql, params)
        except DatabaseError:
            _plans.pop(django.connection, None)
            django.health_check_done = False
    return rows_of(sql, params)


def rows_of(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a query as the database gives them: of a time see `in_utc`."""
    django: Any = connections[DEFAULT_DB_ALIAS]
    adapted = [
        django.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in params
    ]
    with django.cursor() as cursor:
        cursor.execute(sql, adapted)
        return list(cursor.fetchall())


def in_utc(value: Any) -> Any:
    """Return a time of a row with its zone, which SQLite does not keep; anything else as it is."""
    is_naive = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=UTC) if is_naive else value


def json_items(kind: Literal["array", "object"]) -> str:
    """Return the function that gives the items of a JSON column as rows with `key` and `value`.

    Those of an array in PostgreSQL have no `key`.
    """
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        return "json_each"
    return "jsonb_each" if kind == "object" else "jsonb_array_elements"


def json_value(item: str, key: str) -> str:
    """Return what gives the value of a key of a JSON object, null for none, as SQL.

    In PostgreSQL it is a text.
    """
    if not key.isidentifier():
        raise ValueError(key)
    is_postgres = connections[DEFAULT_DB_ALIAS].vendor == "postgresql"
    return f"({item} ->> '{key}')" if is_postgres else f"json_extract({item}, '$.{key}')"


class Together:
    """Lets threads that ask the same at the same time share one answer, as fresh as their own.

    Who comes while an answer is on its way waits for the next one, since that may have been begun
    too early. The first of those who wait asks for them all.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: dict[Hashable, _Round] = {}
        self._next: dict[Hashable, _Round] = {}

    def ask(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        """Return the answer to a question, begun after this call. What `answer` raises all get."""
        with self._lock:
            mine, before = self._next.get(question), self._under_way.get(question)
            is_first = mine is None
            if mine is None:
                mine = _Round()
                (self._next if before else self._under_way)[question] = mine
        if not is_first:
            return mine.result()
        if before:
            before.wait()
            with self._lock:
                self._under_way[question] = self._next.pop(question)
        mine.run(answer)
        with self._lock:
            if question not in self._next:
                del self._under_way[question]
        mine.end()
        return mine.result()


class _Round:
    """One answer that several threads wait for."""

    def __init__(self) -> None:
        self._over = Lock()
        self._over.acquire()
        self._answer: Any = None
        self._error: BaseException | None = None

    def run(self, answer: Callable[[], Any]) -> None:
        try:
            self._answer = answer()
        except BaseException as error:  # of any kind: others wait for it
            self._error = error

    def end(self) -> None:
        self._over.release()

    def wait(self) -> None:
        with self._over:  # let go of by each to the next
            return

    def result(self) -> Any:
        self.wait()
        if self._error:
            raise self._error
        return self._answer


def _planned_once(django: Any, sql: str, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return the rows of a query whose plan this connection keeps.

    Its parameters are written into it: with places for them the server may plan it each time.
    """
    name, kept = _name(sql, params), _plans.setdefault(django.connection, set())
    if name not in kept:
        _prepare(django, f"PREPARE {name} AS {sql}", params, kept)
        kept.add(name)
    if not (django.queries_logged or django.execute_wrappers):
        return _answered(django, name)
    with django.cursor() as cursor:
        cursor.execute(f"EXECUTE {name}")
        return list(cursor.fetchall())


def _answered(django: Any, name: str) -> list[tuple[Any, ...]]:
    """Return the rows of a kept statement, without cursors, which take as long as the server."""
    from psycopg import OperationalError  # SQLite does without
    from psycopg.adapt import Transformer
    from psycopg.pq import ExecStatus

    with django.wrap_database_errors:
        result = django.connection.pgconn.exec_prepared(name.encode(), [])
        if result.status != ExecStatus.TUPLES_OK:
            raise OperationalError(result.error_message.decode(errors="replace"))
        reader = Transformer(django.connection)
        reader.set_pgresult(result)
        return list(reader.load_rows(0, result.ntuples, tuple))


def _prepare(django: Any, statement: str, params: tuple[Any, ...], kept: set[str]) -> None:
    """Give the server a statement to keep, as drivers do: below what counts and logs queries."""
    with django.wrap_database_errors, django.connection.cursor() as cursor:
        if not kept or len(kept) >= PLANS:  # nothing is known of what a pooler's one holds
            cursor.execute("DEALLOCATE ALL")
            kept.clear()
        cursor.execute(statement, params)


@lru_cache(maxsize=1000)
def _name(sql: str, params: tuple[Any, ...]) -> str:
    return f"podium_{hashlib.sha256(repr((sql, params)).encode()).hexdigest()[:32]}"


_plans: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
