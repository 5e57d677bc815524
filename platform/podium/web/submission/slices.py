"""Where a submission fails: its headline by class and by slice, the worst first."""

from itertools import groupby

from podium.standings.feedback import DisplayedSlice
from podium.web.base.presenters import displayed_context, slice_title

WORST = 8


def slice_tables(slices: list[DisplayedSlice]) -> list[dict[str, object]]:
    """Return a table for each way to slice: the worst values, the others, and those not shown."""
    tables = []
    for by, members in groupby(slices, key=lambda each: each.by):
        each = list(members)
        rows = [_row(one) for one in sorted(each, key=_worst_first) if one.shown.value is not None]
        hidden = [one for one in each if one.shown.value is None]
        tables.append(
            {
                "title": slice_title(by),
                "what": slice_title(by).removeprefix("By "),
                "worst": rows[:WORST],
                "others": rows[WORST:],
                "hidden": len(hidden),
                "reason": hidden[0].shown.reason if hidden else "",
            }
        )
    return tables


def _worst_first(each: DisplayedSlice) -> float:
    value = each.shown.value or 0.0
    return value if each.shown.metric.higher_is_better else -value


def _row(each: DisplayedSlice) -> dict[str, object]:
    return {"label": each.value, **displayed_context(each.shown)}
