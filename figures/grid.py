"""Teams × tasks as a heat map of skill."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import paper, svg
from figures.paper import known

ROW = 24
NARROWEST, WIDEST = 48, 104
NAMES = 208
SLANT = 150
# Ink on the accent over paper keeps a contrast of 4.5:1 in both themes up to this opacity.
STRONGEST = 0.48
BASELINE = " (baseline)"
LEGEND = "skill: 0 = the trivial submission, 1 = the ceiling · – = not entered"


@dataclass(frozen=True)
class MatrixRow:
    """A team's skill per task, in the order of the tasks; None or NaN = not entered."""

    name: str
    skills: Sequence[float | None]
    is_baseline: bool = False


def matrix(
    name: str, title: str, tasks: Sequence[str], rows: Sequence[MatrixRow], *,
    decimals: int = 2, width: int = paper.WIDTH,
) -> str:  # fmt: skip
    """Rows in the order given, a cell per task: the deeper the colour, the larger the skill.

    The description tells the best of each task and who entered; every number is in the page's
    table. More tasks than fit make it wider than `width`. Empty string without rows or tasks.
    """
    if not rows or not tasks:
        return ""
    longest = max(paper.width_of(paper.named(_name(row))) for row in rows)
    names = min(longest, NAMES, width * 0.4) + 16
    cell = min(max((width - names) / len(tasks), NARROWEST), WIDEST)
    slants = any(paper.width_of(paper.named(task)) > cell - 8 for task in tasks)
    top, beyond = 28.0, 0.0
    if slants:
        # The slanting text of the last task reaches beyond the middle of its cell.
        top, beyond = SLANT * 0.71 + 16, SLANT * 0.71
        cell = min(cell, max((width - names - beyond) / (len(tasks) - 0.5), NARROWEST))
    full = names + cell * len(tasks) + max(beyond - cell / 2, 0)
    body = _header(tasks, names, cell, top, slants)
    for place, row in enumerate(rows):
        body += _row(row, (names, top + ROW * place), cell, len(tasks), decimals)
    bottom = top + ROW * len(rows)
    legend = svg.wrapped(LEGEND, width)
    body += [
        paper.label(0, bottom + 24 + 18 * place, text, fill=paper.QUIET)
        for place, text in enumerate(legend)
    ]
    size = (max(full, width), bottom + 18 * len(legend) + 12)
    return paper.sheet(name, title, _told(tasks, rows, decimals), size, body)


def _header(tasks: Sequence[str], names: float, cell: float, top: float, slants: bool) -> list[str]:
    body = []
    for place, task in enumerate(tasks):
        x, y = names + cell * (place + 0.5), top - 10
        if slants:
            text = paper.label(0, 0, paper.cut(task, SLANT - 12))
            body.append(
                f'<g transform="translate({paper.n(x)} {paper.n(y)}) rotate(-45)">{text}</g>'
            )
        else:
            body.append(paper.label(x, y, paper.cut(task, cell), anchor="middle"))
    return body


def _row(
    row: MatrixRow, at: tuple[float, float], cell: float, tasks: int, decimals: int
) -> list[str]:
    left, y = at
    fill = paper.QUIET if row.is_baseline else paper.INK
    ending = BASELINE if row.is_baseline else ""
    name = paper.cut(row.name, left - 12 - paper.width_of(ending)) + ending
    body = [paper.label(0, y + 16, name, fill=fill, italic=row.is_baseline)]
    # A row that is too short is filled up, so that nothing is drawn in another's column.
    for place, skill in enumerate([*map(known, row.skills), *[None] * tasks][:tasks]):
        x = left + cell * place
        if skill is not None:
            colour = paper.ACCENT if skill > 0 else paper.FALL
            deep = STRONGEST * min(abs(skill), 1)
            body.append(paper.box(x + 1, y + 1, cell - 2, ROW - 2, fill=colour, opacity=deep))
        text = paper.fraction(skill, decimals)
        ink = paper.QUIET if skill is None else paper.INK
        body.append(paper.label(x + cell / 2, y + 16, text, anchor="middle", fill=ink))
    return body


def _name(row: MatrixRow) -> str:
    return row.name + (BASELINE if row.is_baseline else "")


def _told(tasks: Sequence[str], rows: Sequence[MatrixRow], decimals: int) -> str:
    said = [f"{len(rows)} rows, {len(tasks)} tasks"]
    for place, task in enumerate(tasks):
        entered = [
            (skill, row)
            for row in rows
            if place < len(row.skills) and (skill := known(row.skills[place])) is not None
        ]
        if not entered:
            said.append(f"{paper.named(task)}: nobody entered")
            continue
        best, row = max(entered, key=lambda item: item[0])
        said.append(
            f"{paper.named(task)}: best {paper.named(_name(row))} with "
            f"{paper.number(best, decimals)}, {len(entered)} entered"
        )
    return "; ".join(said) + "."
