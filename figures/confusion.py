"""The confusion matrix: classes × decisions as a heat map of shares."""

from collections.abc import Sequence

from figures import svg
from figures.grid import STRONGEST, columns, legend

ROW = 24
NARROWEST, WIDEST = 28, 72
NAMES = 168
SLANT = 112
TEXTS, TINY = 12, 12
LEGEND = "% of the rows of a class · rows: true class · columns: predicted class"


def confusion(
    name: str, title: str, classes: Sequence[str], decided: Sequence[str],
    shares: Sequence[Sequence[float]], *, width: int = svg.WIDTH,
) -> str:  # fmt: skip
    """A row per true class, a column per decision: the deeper the colour, the larger the share.

    `shares[i][j]` in [0, 1] is the share of class i that was decided as `decided[j]`, correctly if
    both have the same name. The description gives each class's correct share and its most frequent
    wrong decision; each cell has its values as a title, and with more than `TEXTS` columns only
    there. More columns than fit make the figure wider. Empty string without classes.
    """
    if not classes:
        return ""
    names = min(max(svg.width_of(svg.named(label)) for label in classes), NAMES, width * 0.3) + 12
    # The slanting text of the last column reaches beyond the middle of its cell.
    reach = min(max(svg.width_of(svg.named(label)) for label in decided), SLANT) * 0.71
    has_texts = len(decided) <= TEXTS
    narrowest = NARROWEST if has_texts else TINY
    grid = columns(
        decided, names, width, narrowest=narrowest, widest=WIDEST, slant=(reach + 20, reach + 6)
    )
    body = grid.header(SLANT)
    for place, (label, row) in enumerate(zip(classes, shares, strict=True)):
        y = grid.top + ROW * place
        body.append(svg.label(0, y + 16, svg.cut(label, names - 12)))
        for column, share in enumerate(row):
            at = (names + grid.cell * column, y)
            cell = _cell(share, at, grid.cell, (label, decided[column]))
            body += cell if has_texts else cell[:1]
    lines, bottom = legend(LEGEND, grid.top + ROW * len(classes), width)
    size = (max(grid.right, width), bottom)
    description = _description(classes, decided, shares)
    return svg.sheet(name, title, description, size, [*body, *lines])


def percent(share: float) -> str:
    """The share in whole percent, or `<1` for a small one that would read as 0."""
    return "<1" if 0 < share < 0.01 else f"{share * 100:.0f}"


def similar_order(shares: Sequence[Sequence[float]]) -> list[int]:
    """An order of the classes in which those that are confused with each other are neighbours.

    `shares[i][j]` is the share of class i decided as class j. Each class is followed by the one
    that is most often confused with it among those that are left.
    """
    count = len(shares)

    def alike(one: int, other: int) -> float:
        return shares[one][other] + shares[other][one]

    left = list(range(count))
    order: list[int] = []
    while left:
        if order:
            last = order[-1]
            following = max(left, key=lambda each: (alike(last, each), -each))
        else:
            pairs = [(alike(one, other), -one) for one in left for other in left if one != other]
            following = -max(pairs, default=(0.0, 0))[1]
        order.append(following)
        left.remove(following)
    return order


def _cell(share: float, at: tuple[float, float], cell: float, names: tuple[str, str]) -> list[str]:
    x, y = at
    label, decided = names
    colour = svg.ACCENT if decided == label else svg.FALL
    deep = STRONGEST * min(max(share, 0.0), 1.0)
    ink = svg.INK if share else svg.QUIET
    title = f"{svg.named(label)} predicted as {svg.named(decided)}: {percent(share)} %"
    return [
        svg.rect((x + 1, y + 1, cell - 2, ROW - 2), fill=colour, opacity=deep, title=title),
        svg.label(x + cell / 2, y + 16, percent(share), anchor="middle", fill=ink),
    ]


def _description(
    classes: Sequence[str], decided: Sequence[str], shares: Sequence[Sequence[float]]
) -> str:
    texts = []
    for label, row in zip(classes, shares, strict=True):
        right = sum(share for name, share in zip(decided, row, strict=True) if name == label)
        wrong = [(share, name) for name, share in zip(decided, row, strict=True) if name != label]
        most, name = max(wrong, key=lambda item: item[0], default=(0.0, ""))
        text = f"{svg.named(label)}: {percent(right)} % right"
        texts.append(f"{text}, {percent(most)} % {svg.named(name)}" if most else text)
    return "; ".join(texts) + "."
