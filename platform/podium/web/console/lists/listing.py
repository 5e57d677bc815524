"""Lists of the console: one filter form, one row of columns, as a page and as CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.boards.export import formula_safe
from podium.challenges.models import Challenge
from podium.lists import between

PER_PAGE = 100
Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class Column:
    """One column: its name in CSV, its head on the page, and what both show of a row.

    `shown` is what the page has instead of the value, such as a link.
    """

    name: str
    title: str
    value: Callable[[Any], object]
    shown: Callable[[Any], object] | None = None
    kind: str = ""


class Filters(forms.Form):
    """The filter form of a list. What an address asks for that no field knows is left out."""

    since = forms.DateField(required=False, label="From", widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput({"type": "date"}))

    at = ""
    """The time that `since` and `until` are of."""

    def rows(self, rows: Rows) -> Rows:
        """Return those of the rows that the filters let through; days are UTC."""
        self.is_valid()  # of what is not, only the valid part counts
        data = self.cleaned_data
        since, until = _midnight(data.get("since")), _midnight(data.get("until"))
        rows = between(rows, self.at, since, until and until + timedelta(days=1))
        return self.narrowed(rows, {name: value for name, value in data.items() if value})

    def narrowed(self, rows: Rows, data: dict[str, Any]) -> Rows:
        """Return those of the rows that the list's own filters let through."""
        raise NotImplementedError


def _midnight(day: Any) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def page_context(
    request: HttpRequest,
    filters: Filters,
    rows: Rows,
    columns: Sequence[Column],
    prepare: Callable[[list[Any]], None] | None = None,
) -> dict[str, object]:
    """Return what list.html needs; `prepare` gets the rows of the page before they are shown."""
    page = Paginator(filters.rows(rows), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    if prepare:
        prepare(shown)
    return {
        "filters": filters,
        "is_filtered": any(request.GET.get(name) for name in filters.fields),
        "columns": columns,
        "page_obj": page,
        "rows": [{"key": row.pk, "cells": _cells(columns, row)} for row in shown],
    }


def _cells(columns: Sequence[Column], row: Any) -> list[dict[str, object]]:
    return [
        {"title": each.title, "kind": each.kind, "value": (each.shown or each.value)(row)}
        for each in columns
    ]


def as_csv(
    by: User, challenge: Challenge, name: str, columns: Sequence[Column], rows: Iterable[Any]
) -> HttpResponse:
    """Return the rows as a CSV file that no spreadsheet runs a formula of.

    As they name people, the download is recorded.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([each.name for each in columns])
    for row in rows:
        writer.writerow([formula_safe(_text(each.value(row))) for each in columns])
    answer = HttpResponse(text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"{challenge.slug}-{name}.csv")
    answer["X-Content-Type-Options"] = "nosniff"
    slug = challenge.slug
    record(Verb.DOWNLOADED_LIST, subject=challenge, by=by, challenge=slug, list=name)
    return answer


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return "" if value is None else str(value)
