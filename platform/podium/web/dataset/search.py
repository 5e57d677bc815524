"""Rows of a data set version that have what a reader looks for.

Only the public file of the table is read: it has no label of a test row, so nothing here depends
on one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django import forms
from django.http import QueryDict

from podium import files
from podium.catalog.models import DatasetVersion, Kind
from podium.web.base.presenters import Context
from podium.web.dataset.preview import (
    BATCH_ROWS,
    PAGE_ROWS,
    NoSuchPage,
    label_words,
    page_of,
    shown_columns,
    tables,
)

MOST_CELLS = 4_000_000  # that one search compares with a word; more would take seconds
MOST_WORDS = 5
ID = "id"


@dataclass(frozen=True)
class Wanted:
    """What rows must have: each of the words in a column (any, if it is empty), and the label."""

    words: tuple[str, ...] = ()
    column: str = ""
    label: str = ""


@dataclass(frozen=True)
class Found:
    """The rows of one page, how many rows there are in all, and how many rows were read.

    `hidden_columns` of the file are not among those of the rows.
    """

    rows: pa.Table
    total: int
    read: int
    hidden_columns: int


class SearchForm(forms.Form):
    """What to look for; every field may stay empty."""

    q = forms.CharField(label="Contains", required=False, max_length=80)
    column = forms.ChoiceField(label="In column", required=False)
    label = forms.ChoiceField(required=False)

    def __init__(self, data: QueryDict, version: DatasetVersion, table: str) -> None:
        super().__init__(data)
        names = _column_names(version, table)
        _set_choices(self, "column", [(name, name) for name in names])
        words = label_words(version)
        if table == "train":
            self.fields["label"].label = "Label" if words else "Class"
            labels = list(words) or version.classes
            _set_choices(self, "label", [(each, words.get(each, each)) for each in labels])
        else:
            del self.fields["label"]

    @property
    def wanted(self) -> Wanted | None:
        """What the reader asked for; None for nothing. A value that no field knows is ignored."""
        self.is_valid()
        given = self.cleaned_data
        text, column = given.get("q", ""), given.get("column", "")
        words = (text,) if column == ID else tuple(text.split()[:MOST_WORDS])
        if not text:
            words, column = (), ""
        found = Wanted(words, column, given.get("label", ""))
        return found if found != Wanted() else None


def _set_choices(form: forms.Form, name: str, known: list[tuple[str, str]]) -> None:
    form.fields[name].choices = [("", "any"), *known]  # type: ignore[attr-defined]


def _column_names(version: DatasetVersion, table: str) -> list[str]:
    """Return what a reader can search in: for pairs the columns of their records."""
    facts = version.facts
    columns = facts.get("records", {}).get(table) or facts["columns"]
    names = [column["name"] for column in columns if column["type"] != "image"]
    if _is_pair(version, table):
        names = [name.partition("_")[2] for name in names]
    return list(dict.fromkeys([ID, *names]))


def _is_pair(version: DatasetVersion, table: str) -> bool:
    return version.kind == Kind.MATCHING and table in {"train", "test"}


def searched(version: DatasetVersion, table: str, page: int, wanted: Wanted) -> Context:
    """Return one page of the rows of a table that have what is wanted, as `preview` does.

    `read` is how many rows were read, if not all of them. Raises NoSuchPage.
    """
    if table not in tables(version) or page < 1:
        raise NoSuchPage
    found = search(version, table, wanted, (page - 1) * PAGE_ROWS, PAGE_ROWS)
    context = page_of(version, table, page, PAGE_ROWS, shown=found.rows, total=found.total)
    is_all = found.read >= int(version.facts["rows"][table])
    return {
        **context,
        "read": None if is_all else found.read,
        "hidden_columns": found.hidden_columns,
    }


def search(version: DatasetVersion, table: str, wanted: Wanted, start: int, count: int) -> Found:
    """Return the rows from `start` that have what is wanted, in the order of the file."""
    with files.public().open(str(version.folder / f"{table}.parquet")) as handle:
        source = pq.ParquetFile(handle)
        names = source.schema_arrow.names
        looked_in = _looked_in(version, table, names, wanted)
        shown = shown_columns(names)
        read = list(dict.fromkeys([*shown, *looked_in]))
        most = MOST_CELLS // max(len(looked_in) * len(wanted.words), 1)
        parts, total, rows = [], 0, 0
        for batch in source.iter_batches(BATCH_ROWS, columns=read, use_threads=False):
            found = batch.filter(_mask(batch, looked_in, wanted)).select(shown)
            first = max(start - total, 0)
            last = min(start + count - total, len(found))
            if first < last:
                parts.append(found.slice(first, last - first))
            total, rows = total + len(found), rows + len(batch)
            if rows >= most:
                break
        schema = source.schema_arrow.empty_table().select(shown)
    page = pa.Table.from_batches(parts) if parts else schema
    return Found(page, total, rows, len(names) - len(shown))


def _looked_in(
    version: DatasetVersion, table: str, names: Sequence[str], wanted: Wanted
) -> list[str]:
    """Return the columns of the file in which the words may be."""
    types = _types(version, table)
    texts = [name for name in names if name != "label" and types.get(name) != "image"]
    if not wanted.words:
        return []
    if not wanted.column:
        return texts
    if wanted.column == ID:
        own = {"id", "record_id", "left_id", "right_id"}
    elif _is_pair(version, table):
        own = {f"left_{wanted.column}", f"right_{wanted.column}"}
    else:
        own = {wanted.column}
    return [name for name in texts if name in own]


def _types(version: DatasetVersion, table: str) -> Mapping[str, str]:
    columns = version.facts.get("records", {}).get(table) or version.facts["columns"]
    return {column["name"]: column["type"] for column in columns}


def _mask(batch: pa.RecordBatch, looked_in: Sequence[str], wanted: Wanted) -> pa.Array:
    """Return which rows of a batch have the label and, in any of the columns, each word."""
    mask = pa.array([True] * len(batch))
    if wanted.label and "label" in batch.schema.names:
        mask = pc.equal(batch["label"], wanted.label)
    texts = list(_texts(batch, looked_in))
    for word in wanted.words:
        has = pa.array([False] * len(batch))
        for values in texts:
            if wanted.column == ID:
                here = pc.equal(values, word)
            else:
                here = pc.match_substring(values, word, ignore_case=True)
            has = pc.or_(has, pc.fill_null(here, False))
        mask = pc.and_(mask, has)
    return mask


def _texts(batch: pa.RecordBatch, names: Sequence[str]) -> Iterator[pa.Array]:
    """Return columns as texts, numbers as pages show them."""
    for name in names:
        values = batch[name]
        if pa.types.is_list(values.type):
            values = pc.binary_join(values, " ")
        yield values.cast(pa.string())
