"""The rows of a board's table as HTML: there are many, and a template takes ten times as long."""

from collections.abc import Mapping
from html import escape  # Django's own takes four times as long
from typing import Any

from django.utils.safestring import SafeString, mark_safe

Row = Mapping[str, Any]


def lines(board: Mapping[str, Any]) -> SafeString:
    """Return the rows of what components/board_table.html describes as `board`."""
    return mark_safe("\n".join(_line(board, row) for row in board["rows"]))  # noqa: S308


def _line(board: Mapping[str, Any], row: Row) -> str:
    name = "baseline" if row.get("baseline") else "mine" if row.get("mine") else ""
    kind = f' class="{name}"' if name else ""
    near = f' title="{escape(row["near"])}"' if row.get("near") else ""
    slug = escape(row["slug"])
    cells = [
        f'<td role="cell" class="rank">{_place(row)}</td>',
        f'<td role="cell" class="team">{_team(row)}</td>',
        f'<td role="cell" class="num score">{_score(row)}</td>',
    ]
    if board.get("scale"):
        cells.append(f'<td role="cell" class="range">{_text(row["whisker"])}</td>')
    cells.append(_text(row.get("cells", "")))
    if board.get("trend"):
        cells.append(f'<td role="cell" class="spark-cell">{_text(row["spark"])}</td>')
    if board.get("compare"):
        cells.append(
            f'<td role="cell" class="tick"><input type="checkbox" name="compare" value="{slug}" '
            f'form="{escape(board["compare"])}" aria-label="Compare {escape(row["name"])}"></td>'
        )
    return f'<tr role="row" id="team-{slug}"{kind}{near}>\n{"".join(cells)}\n</tr>'


def _place(row: Row) -> str:
    ties = _text(row.get("ties", ""))
    if row["rank"] is None:
        return f'{ties}<span class="place missing" aria-label="not ranked">–</span>'
    medal = f" medal medal-{row['medal']}" if row.get("medal") else ""
    place = f'{ties}<span class="place{medal}">{row["rank"]}</span>'
    if not row.get("interval"):
        return place
    interval = f'<span aria-hidden="true">·</span>{escape(row["interval"])}'
    return f'{place}<small title="95 % rank interval">{interval}</small>'


def _team(row: Row) -> str:
    told = [f'<a href="{escape(row["url"])}">{escape(row["name"])}</a>']
    if row.get("baseline"):
        told.append(' <span class="chip outline">baseline</span>')
    elif row.get("mine"):
        told.append(' <span class="chip info">your team</span>')
    if row.get("gone"):
        told.append(f' <span class="chip failed">{escape(row["gone"])}</span>')
    if row.get("method"):
        told.append(f"<small>{escape(row['method'])}</small>")
    return "".join(told)


def _score(row: Row) -> str:
    if not row.get("same"):
        return escape(row["score"])
    sign = '<span class="same" aria-hidden="true">≈</span>'
    return f'{sign}<span class="hidden-text">{escape(row["same"])}: </span>{escape(row["score"])}'


def _text(value: str) -> str:
    """Return what may be HTML already."""
    return value if isinstance(value, SafeString) else escape(value)
