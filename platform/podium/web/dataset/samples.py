"""A few rows of a version for its page: a pair that matches and one that does not, and values."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import structlog
from django.core.cache import caches

from podium import files
from podium.catalog.models import DatasetVersion, Kind
from podium.web.base.presenters import Context
from podium.web.dataset.preview import pairs, records, tables
from podium.web.dataset.profile import MOST_COLUMNS

log = structlog.get_logger(__name__)

KEPT_SECONDS = 3600
LOOKED_AT = 4096  # rows of a table, among which the examples are
CANDIDATES = 50  # pairs of a label; the one with most to see is shown
VALUES = 2
VALUE_CHARACTERS = 40


def samples(version: DatasetVersion) -> Context:
    """Return `pairs`, one of each label, and `values`: {table: {column: a few of its values}}.

    Only training rows and record tables are read. The tables are {"": …} for classification.
    """
    key = f"samples-{version.pk}-{version.content_hash}"
    found: Context | None = caches["pages"].get(key)
    if found is None:
        try:
            found = _read(version)
        except FileNotFoundError:  # the page shows the facts without rows as well
            log.exception("rows are lost", version=str(version))
            return {"pairs": [], "values": {}}
        caches["pages"].set(key, found, KEPT_SECONDS)
    return found


def _read(version: DatasetVersion) -> Context:
    train = first_rows(version, "train")
    described = [name for name in tables(version) if name in _described(version)]
    shown = {name: first_rows(version, name) for name in described} or {"": train}
    found = []
    if version.kind == Kind.MATCHING:
        labels = [version.facts["positive_label"], version.facts["negative_label"]]
        found = [pair for label in labels if (pair := _fullest(version, train, label))]
    values = {name: _values(version, name, rows) for name, rows in shown.items()}
    return {"pairs": found, "values": values}


def _described(version: DatasetVersion) -> Context:
    described: Context = version.facts.get("records", {})
    return described


def first_rows(version: DatasetVersion, table: str) -> pa.Table:
    """Return the first rows of a table with as many columns as pages show. FileNotFoundError."""
    with files.public().open(str(version.folder / f"{table}.parquet")) as handle:
        source = pq.ParquetFile(handle)
        names = source.schema_arrow.names
        shown = [name for at, name in enumerate(names) if at < MOST_COLUMNS or name == "label"]
        first = next(source.iter_batches(LOOKED_AT, columns=shown, use_threads=False), None)
        empty = source.schema_arrow.empty_table().select(shown)
    return empty if first is None else pa.Table.from_batches([first])


def _fullest(version: DatasetVersion, train: pa.Table, label: str) -> Context | None:
    """Return the pair of the label with the most columns that both records have."""
    chosen = train.filter(pc.equal(train["label"], label)).slice(0, CANDIDATES)
    found = pairs(records(version, "train", chosen))
    return max(found, key=fullness, default=None)


def fullness(pair: Context) -> int:
    """Return in how many columns of a pair both records have a value."""
    sides = [(field.get("left", {}), field.get("right", {})) for field in pair["fields"]]
    return sum(not (left.get("missing") or right.get("missing")) for left, right in sides)


def _values(version: DatasetVersion, table: str, rows: pa.Table) -> dict[str, list[str]]:
    """Return the first different values of each column, shortened; none of images."""
    values: dict[str, list[str]] = {}
    for row in records(version, table, rows.slice(0, CANDIDATES)):
        for cell in row["fields"]:
            few = values.setdefault(cell["name"], [])
            text = cell.get("text", "")
            short = text[:VALUE_CHARACTERS] + "…" * (len(text) > VALUE_CHARACTERS)
            if text.strip() and len(few) < VALUES and short not in few:
                few.append(short)
    return values
