"""The rows of a board's table as HTML: there are many, and templates are slow."""

from django.utils.safestring import SafeString, mark_safe

from podium.web.base.markup import as_html
from podium.web.base.presenters import Context


def lines(board: Context) -> SafeString:
    """Return the rows of what components/board_table.html describes as `board`."""
    return mark_safe("\n".join(_line(board, row) for row in board["rows"]))  # noqa: S308


def _line(board: Context, row: Context) -> str:
    name = "baseline" if row.get("baseline") else "mine" if row.get("mine") else ""
    kind = f' class="{name}"' if name else ""
    near = f' title="{as_html(row["near"])}"' if row.get("near") else ""
    slug = as_html(row["slug"])
    cells = [
        f'<td role="cell" class="rank">{_place(row)}</td>',
        f'<td role="cell" class="team">{_team(row)}</td>',
        f'<td role="cell" class="num score">{_score(row)}</td>',
    ]
    if board.get("scale"):
        cells.append(f'<td role="cell" class="range">{as_html(row["whisker"])}</td>')
    cells.append(as_html(row.get("cells", "")))
    if board.get("trend"):
        cells.append(f'<td role="cell" class="spark-cell">{as_html(row["spark"])}</td>')
    if board.get("compare"):
        cells.append(
            f'<td role="cell" class="tick"><input type="checkbox" name="compare" value="{slug}" '
            f'form="{as_html(board["compare"])}" aria-label="Compare {as_html(row["name"])}"></td>'
        )
    return f'<tr role="row" id="team-{slug}"{kind}{near}>\n{"".join(cells)}\n</tr>'


def _place(row: Context) -> str:
    ties = as_html(row.get("ties", ""))
    if row["rank"] is None:
        return f'{ties}<span class="place missing" aria-label="not ranked">–</span>'
    medal = f" medal medal-{row['medal']}" if row.get("medal") else ""
    place = f'{ties}<span class="place{medal}">{row["rank"]}</span>'
    if not row.get("interval"):
        return place
    interval = f'<span aria-hidden="true">·</span>{as_html(row["interval"])}'
    return f'{place}<small title="not separable from these ranks">{interval}</small>'


def _team(row: Context) -> str:
    parts = [f'<a href="{as_html(row["url"])}">{as_html(row["name"])}</a>']
    if row.get("baseline"):
        parts.append(' <span class="chip outline">baseline</span>')
    elif row.get("mine"):
        parts.append(' <span class="chip info">your team</span>')
    if row.get("gone"):
        parts.append(f' <span class="chip failed">{as_html(row["gone"])}</span>')
    if row.get("method"):
        parts.append(f"<small>{as_html(row['method'])}</small>")
    return "".join(parts)


def _score(row: Context) -> str:
    if not row.get("same"):
        return as_html(row["score"])
    sign = '<span class="same" aria-hidden="true">≈</span>'
    return f'{sign}<span class="hidden-text">{as_html(row["same"])}: </span>{as_html(row["score"])}'
