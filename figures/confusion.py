"""What is taken for what: classes × decisions as a heat map of shares."""

from collections.abc import Sequence

from figures import paper, svg
from figures.grid import STRONGEST

ROW = 24
NARROWEST, WIDEST = 28, 72
NAMES = 168
SLANT = 112
LEGEND = "% of the rows of a class · rows: the true class · columns: what was decided"


def confusion(
    name: str, title: str, classes: Sequence[str], decided: Sequence[str],
    shares: Sequence[Sequence[float]], *, width: int = paper.WIDTH,
) -> str:  # fmt: skip
    """A row per true class, a column per decision: the deeper the colour, the larger the share.

    `shares[i][j]` in [0, 1] is the part of class i that was decided as `decided[j]`; where both
    have one name it is right. The description tells of each class how much is right and what it is
    taken for most. More columns than fit make it wider than `width`. Empty string without classes.
    """
    if not classes:
        return ""
    names = min(max(paper.width_of(paper.named(each)) for each in classes), NAMES, width * 0.3) + 12
    cell = min(max((width - names) / len(decided), NARROWEST), WIDEST)
    slants = any(paper.width_of(paper.named(each)) > cell - 6 for each in decided)
    top, beyond = 28.0, 0.0
    if slants:
        # The slanting text of the last column reaches beyond the middle of its cell.
        longest = min(max(paper.width_of(paper.named(each)) for each in decided), SLANT)
        top, beyond = longest * 0.71 + 20, longest * 0.71 + 6
        cell = min(cell, max((width - names - beyond) / (len(decided) - 0.5), NARROWEST))
    body = _header(decided, names, cell, top, slants)
    for place, (each, row) in enumerate(zip(classes, shares, strict=True)):
        y = top + ROW * place
        body.append(paper.label(0, y + 16, paper.cut(each, names - 12)))
        for column, share in enumerate(row):
            body += _cell(share, (names + cell * column, y), cell, is_right=decided[column] == each)
    bottom = top + ROW * len(classes)
    legend = svg.wrapped(LEGEND, width)
    body += [
        paper.label(0, bottom + 24 + 18 * place, text, fill=paper.QUIET)
        for place, text in enumerate(legend)
    ]
    full = names + cell * len(decided) + max(beyond - cell / 2, 0)
    size = (max(full, width), bottom + 18 * len(legend) + 12)
    return paper.sheet(name, title, _told(classes, decided, shares), size, body)


def percent(share: float) -> str:
    """The share in whole percent, or `<1` for one that would look like none."""
    return "<1" if 0 < share < 0.01 else f"{share * 100:.0f}"


def _header(
    decided: Sequence[str], left: float, cell: float, top: float, slants: bool
) -> list[str]:
    body = []
    for place, each in enumerate(decided):
        x, y = left + cell * (place + 0.5), top - 10
        if slants:
            text = paper.label(0, 0, paper.cut(each, SLANT))
            body.append(
                f'<g transform="translate({paper.n(x)} {paper.n(y)}) rotate(-45)">{text}</g>'
            )
        else:
            body.append(paper.label(x, y, paper.cut(each, cell), anchor="middle"))
    return body


def _cell(share: float, at: tuple[float, float], cell: float, *, is_right: bool) -> list[str]:
    x, y = at
    colour = paper.ACCENT if is_right else paper.FALL
    deep = STRONGEST * min(max(share, 0.0), 1.0)
    ink = paper.INK if share else paper.QUIET
    return [
        paper.box(x + 1, y + 1, cell - 2, ROW - 2, fill=colour, opacity=deep),
        paper.label(x + cell / 2, y + 16, percent(share), anchor="middle", fill=ink),
    ]


def _told(classes: Sequence[str], decided: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    said = []
    for each, row in zip(classes, shares, strict=True):
        right = sum(share for what, share in zip(decided, row, strict=True) if what == each)
        wrong = [(share, what) for what, share in zip(decided, row, strict=True) if what != each]
        most, what = max(wrong, key=lambda item: item[0], default=(0.0, ""))
        text = f"{paper.named(each)}: {percent(right)} % right"
        said.append(f"{text}, {percent(most)} % {paper.named(what)}" if most else text)
    return "; ".join(said) + "."
