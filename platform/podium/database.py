"""How times come from PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


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
                return datetime.fromisoformat(bytes(data).decode())
            except ValueError:  # another style of dates, or what psycopg refuses in good words
                return super().load(data).replace(tzinfo=UTC)

    connection.connection.adapters.register_loader("timestamptz", Times)
