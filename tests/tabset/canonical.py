"""The canonical CSV of a table, written without the writer."""

import pyarrow as pa

from tabset import cells, sinks, tables


def csv_bytes(table: pa.Table) -> bytes:
    """The header, and the cells of every batch."""
    lines = (cells.csv_buffer(batch) for batch in tables.batches(table))
    return b"".join((sinks.header(table.column_names), *lines))
