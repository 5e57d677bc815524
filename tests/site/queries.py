"""What the database was asked."""

from django.db import connection
from django.test.utils import CaptureQueriesContext


def asked(captured: CaptureQueriesContext) -> list[str]:
    """Return the captured queries as SQL, also those whose plan PostgreSQL keeps under a name."""
    kept: dict[str, str] = {}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'EXECUTE ' || name, statement FROM pg_prepared_statements")
            kept = dict(cursor.fetchall())
    queries = captured.captured_queries
    return [kept.get(query["sql"], query["sql"]) for query in queries]
