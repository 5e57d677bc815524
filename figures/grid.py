"""Teams × tasks as a heat map of skill."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg, words
from figures.svg import drawable

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
    decimals: int = 2, width: int = svg.WIDTH,
) -> str:  # fmt: skip
    """Rows in the order given, a cell per task: the deeper the colour, the larger the skill.

    The description names the best entry of each task and the number of entries; the page's table
    has every number. More tasks than fit make the figure wider. Empty string without rows or tasks.
    """
    if not rows or not tasks:
        return ""
    longest = max(svg.width_of(svg.named(_name(row))) for row in rows)
    names = min(longest, NAMES, width * 0.4) + 16
    reach = SLANT * 0.71
    grid = columns(
        tasks, names, width, narrowest=NARROWEST, widest=WIDEST, slant=(reach + 16, reach)
    )
    body = grid.header(SLANT - 12)
    for place, row in enumerate(rows):
        body += _row(row, (names, grid.top + ROW * place), grid.cell, len(tasks), decimals)
    lines, bottom = legend(LEGEND, grid.top + ROW * len(rows), width)
    size = (max(grid.right, width), bottom)
    description = _description(tasks, rows, decimals)
    return svg.sheet(name, title, description, size, [*body, *lines])


@dataclass(frozen=True)
class Columns:
    """Where the columns of a heat map are: `left` of the first, `cell` pixels each, below `top`.

    `right` is where the last one ends with its name, which slants where names are too long.
    """

    names: Sequence[str]
    left: float
    cell: float
    top: float
    right: float
    slants: bool

    def header(self, room: float) -> list[str]:
        """The names of the columns; slanting ones are cut to `room` pixels."""
        body = []
        for place, name in enumerate(self.names):
            x, y = self.left + self.cell * (place + 0.5), self.top - 10
            if self.slants:
                text = svg.label(0, 0, svg.cut(name, room))
                moved = f"translate({svg.coord(x)} {svg.coord(y)}) rotate(-45)"
                body.append(f'<g transform="{moved}">{text}</g>')
            else:
                body.append(svg.label(x, y, svg.cut(name, self.cell), anchor="middle"))
        return body


def columns(
    names: Sequence[str], left: float, width: int, *, narrowest: float, widest: float,
    slant: tuple[float, float],
) -> Columns:  # fmt: skip
    """Columns that fill `width` pixels if they can.

    `slant` is how far slanting names reach above the cells, and to the right of the last middle.
    """
    cell = min(max((width - left) / len(names), narrowest), widest)
    slants = any(svg.width_of(svg.named(name)) > cell - 8 for name in names)
    top, beyond = slant if slants else (28.0, 0.0)
    if slants:
        cell = min(cell, max((width - left - beyond) / (len(names) - 0.5), narrowest))
    right = left + cell * len(names) + max(beyond - cell / 2, 0)
    return Columns(names, left, cell, top, right, slants)


def legend(text: str, y: float, width: int) -> tuple[list[str], float]:
    """The lines of a legend below y, and where they end."""
    lines = svg.wrapped(text, width)
    body = [
        svg.label(0, y + 24 + 18 * place, line, fill=svg.QUIET) for place, line in enumerate(lines)
    ]
    return body, y + 18 * len(lines) + 12


def _row(
    row: MatrixRow, at: tuple[float, float], cell: float, tasks: int, decimals: int
) -> list[str]:
    left, y = at
    fill = svg.QUIET if row.is_baseline else svg.INK
    ending = BASELINE if row.is_baseline else ""
    name = svg.cut(row.name, left - 12 - svg.width_of(ending)) + ending
    body = [svg.label(0, y + 16, name, fill=fill, italic=row.is_baseline)]
    # A short row is filled up, so that no skill is drawn in another task's column.
    for place, skill in enumerate([*map(drawable, row.skills), *[None] * tasks][:tasks]):
        x = left + cell * place
        if skill is not None:
            colour = svg.ACCENT if skill > 0 else svg.FALL
            deep = STRONGEST * min(abs(skill), 1)
            body.append(svg.rect((x + 1, y + 1, cell - 2, ROW - 2), fill=colour, opacity=deep))
        text = words.number(skill, decimals)
        ink = svg.QUIET if skill is None else svg.INK
        body.append(svg.label(x + cell / 2, y + 16, text, anchor="middle", fill=ink))
    return body


def _name(row: MatrixRow) -> str:
    return row.name + (BASELINE if row.is_baseline else "")


def _description(tasks: Sequence[str], rows: Sequence[MatrixRow], decimals: int) -> str:
    texts = [f"{len(rows)} rows, {len(tasks)} tasks"]
    for place, task in enumerate(tasks):
        entered = [
            (skill, row)
            for row in rows
            if place < len(row.skills) and (skill := drawable(row.skills[place])) is not None
        ]
        if not entered:
            texts.append(f"{svg.named(task)}: no entry")
            continue
        best, row = max(entered, key=lambda item: item[0])
        texts.append(
            f"{svg.named(task)}: best {svg.named(_name(row))} with "
            f"{words.number(best, decimals)}, {len(entered)} entered"
        )
    return "; ".join(texts) + "."
