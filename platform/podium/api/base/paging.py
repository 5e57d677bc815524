"""Lists in parts: which part was asked for, and where the others are."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest

from podium.api.base.shapes import PageQuery

# A row of a model, or what one made of it.
Row = TypeVar("Row", bound=Any)


def part_of(
    request: HttpRequest,
    rows: "QuerySet[Row] | Sequence[Row]",
    asked: PageQuery,
    shown: Callable[[Row], object],
) -> dict[str, object]:
    """Return the asked part of the rows, each as `shown` makes it, with its neighbours."""
    return whole_part_of(request, rows, asked, lambda part: [shown(row) for row in part])


def whole_part_of(
    request: HttpRequest,
    rows: "QuerySet[Row] | Sequence[Row]",
    asked: PageQuery,
    shown: Callable[[list[Row]], Sequence[object]],
) -> dict[str, object]:
    """Return the asked part of the rows, all of it as `shown` makes it, with its neighbours."""
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    part = list(rows[asked.offset : asked.offset + asked.limit])
    return {**neighbours(request, count, asked), "items": shown(part)}


def neighbours(request: HttpRequest, count: int, asked: PageQuery) -> dict[str, object]:
    """Return how many items there are, and the addresses of the parts before and after."""
    after, before = asked.offset + asked.limit, max(0, asked.offset - asked.limit)
    return {
        "count": count,
        "next": _address(request, after, asked.limit) if after < count else None,
        "previous": _address(request, before, asked.limit) if asked.offset > 0 else None,
    }


def _address(request: HttpRequest, offset: int, limit: int) -> str:
    query = request.GET.copy()
    query["limit"], query["offset"] = str(limit), str(offset)
    return f"{request.path}?{query.urlencode()}"
