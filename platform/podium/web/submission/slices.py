"""Where a submission fails: its headline by class and by slice, the worst first."""

from dataclasses import replace
from itertools import groupby

from podium.standings.feedback import DisplayedSlice
from podium.web.base.presenters import displayed_context, slice_title
from scoring.diagnostics import BY_CLASS

WORST = 8


def slice_tables(slices: list[DisplayedSlice]) -> list[dict[str, object]]:
    """Return a table for each way to slice: the worst values, the others, and those not shown."""
    tables = []
    for by, members in groupby(slices, key=lambda each: each.by):
        each = list(members)
        known = [one for one in sorted(each, key=_worst_first) if one.shown.value is not None]
        places = max((one.shown.decimals for one in known), default=0)
        rows = [_row(one, places) for one in known]
        hidden = [one for one in each if one.shown.value is None]
        tables.append(
            {
                "title": slice_title(by),
                "metric": _metric(each[0]),
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


def _metric(each: DisplayedSlice) -> str:
    """Return what a slice's score is called: of one class the macro F1 is that class's F1."""
    is_one = each.by == BY_CLASS and each.shown.metric.name == "macro_f1"
    return "F1" if is_one else each.shown.metric.title


def _row(each: DisplayedSlice, places: int) -> dict[str, object]:
    """Return a row of a table, which shows all its scores with the same number of decimals."""
    return {"label": each.value, **displayed_context(replace(each.shown, decimals=places))}
