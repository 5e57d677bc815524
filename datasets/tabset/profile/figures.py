"""The figures of a profile: a tiny one per column, the classes, the similarity of pairs."""

from collections.abc import Iterator, Sequence

from figures import svg, words
from tabset.profile.model import (
    ClassCount,
    Classes,
    ColumnProfile,
    Histogram,
    Pairs,
    Profile,
    Values,
)

TINY = (120, 24)
WIDTH = 480
HEADING = 22
MARGIN = 12
LABELS = 184
NUMBERS = 112
ROW = 24
SHOWN = 24
PLOT = 150


def draw(profile: Profile) -> Iterator[tuple[str, str]]:
    """File name and SVG of each figure that the profile names."""
    for columns in (profile.columns, *profile.records.values()):
        for column in columns:
            if column.distribution:
                yield column.figure, _column(column, column.distribution)
    yield profile.classes.figure, _classes(profile.classes)
    if profile.pairs:
        yield profile.pairs.figure, _pairs(profile.pairs)


def _name(file: str) -> str:
    """What makes the ids inside a figure: its file name, since several share a page."""
    return "profile-" + file.removeprefix("figures/").removesuffix(".svg")


def _column(column: ColumnProfile, found: Histogram | Values) -> str:
    """Bars for the first part (train) and an outline for the second (test), both as shares."""
    heights = _heights(found)
    box = (0.0, 1.0, float(TINY[0]), TINY[1] - 2.0)
    body = [svg.bars(heights[0], box, fill=svg.ACCENT)]
    body += [svg.steps(other, box, stroke=svg.INK) for other in heights[1:]]
    body.append(svg.rule(0, TINY[1] - 0.5, TINY[0]))
    title = f"Distribution of {words.short(column.name, 80)}"
    about = "Train as bars, test as a line. " if len(heights) > 1 else ""
    if isinstance(found, Values) and found.distinct > len(found.values):
        about += f"The {len(found.values)} most frequent values. "
    return svg.document(_name(column.figure), TINY, title, about + column.words, body)


def _heights(found: Histogram | Values) -> list[list[float]]:
    """The counts of each part as shares of it, on one scale whose largest share is 1.

    Of many values only the most frequent are drawn: a bar for all others would flatten them.
    """
    shares = []
    for part, counts in found.counts.items():
        rows = sum(counts) + (found.other[part] if isinstance(found, Values) else 0)
        shares.append([count / max(rows, 1) for count in counts])
    top = max(max(part) for part in shares) or 1.0
    return [[value / top for value in part] for part in shares]


def _classes(classes: Classes) -> str:
    """A lying bar per class with its name before it and its numbers behind it."""
    shown, rest = _folded(classes.counts)
    heading, top = _heading(classes.words)
    most = max(item.share for item in shown) or 1.0
    names = [svg.fitted(words.short(item.label, 60), LABELS) for item in shown]
    left = max(svg.width_of(name) for name in names) + MARGIN
    body = heading
    for place, (item, name) in enumerate(zip(shown, names, strict=True)):
        body += _class_row(item, name, (left, top + place * ROW), item.share / most)
    if rest:
        body.append(svg.label(left, top + len(shown) * ROW + 16, _rest(rest), fill=svg.QUIET))
    height = top + (len(shown) + bool(rest)) * ROW + MARGIN
    told = [f"{words.short(item.label, 60)}: {_rows(item)}" for item in shown]
    described = "; ".join([*told, _rest(rest)] if rest else told) + "."
    name = _name(classes.figure)
    return svg.document(name, (WIDTH, height), classes.words, described, body)


def _class_row(item: ClassCount, name: str, at: tuple[float, float], part: float) -> list[str]:
    left, y = at
    width = max((WIDTH - left - NUMBERS) * part, 1.0)
    whole = words.short(item.label, 200)
    return [
        svg.label(left - 8, y + 16, name, anchor="end"),
        svg.bar(left, y + 4, width, ROW - 8, fill=svg.ACCENT, title=whole),
        svg.label(left + width + 6, y + 16, _rows(item), fill=svg.QUIET),
    ]


def _folded(counts: Sequence[ClassCount]) -> tuple[Sequence[ClassCount], Sequence[ClassCount]]:
    """All classes in declared order if they are few; else the largest, and the others apart."""
    if len(counts) <= SHOWN:
        return counts, ()
    ordered = sorted(counts, key=lambda item: -item.rows)
    return ordered[: SHOWN - 1], ordered[SHOWN - 1 :]


def _rows(item: ClassCount) -> str:
    return f"{item.rows:,} · {words.share(item.share)}"


def _rest(rest: Sequence[ClassCount]) -> str:
    if not rest:
        return ""
    low, high = rest[-1].rows, rest[0].rows
    rows = f"{low:,} rows" if low == high else f"{low:,} to {high:,} rows"
    return f"{len(rest):,} more classes with {rows} each"


def _pairs(pairs: Pairs) -> str:
    """Two distributions over one axis, each as shares of its own pairs, named in place."""
    finding, _, _ = pairs.words.partition(":")
    heading, top = _heading(finding)
    matching, other = (
        [count / sum(counts) for count in counts] for counts in (pairs.matching, pairs.other)
    )
    most = max(*matching, *other)
    top += ROW
    box = (0.0, float(top), float(WIDTH), float(PLOT))
    body = [
        *heading,
        svg.bars([part / most for part in matching], box, fill=svg.ACCENT),
        svg.steps([part / most for part in other], box, stroke=svg.INK),
        svg.rule(0, top + PLOT, WIDTH),
        *_names(matching, other, top - 8),
        *_axis(top + PLOT + 18),
    ]
    size = (WIDTH, top + PLOT + 48)
    columns = ", ".join(words.short(name, 40) for name in pairs.columns)
    described = f"{pairs.words} Compared: {columns}."
    return svg.document(_name(pairs.figure), size, finding, described, body)


def _names(matching: Sequence[float], other: Sequence[float], y: float) -> list[str]:
    """The names of both distributions above their centres, pushed apart where they are close."""
    centres = [WIDTH * _centre(shares) for shares in (other, matching)]
    texts = ("other pairs, outline", "matching pairs, filled")
    widths = [svg.width_of(text) / 2 for text in texts]
    left, right = sorted(range(2), key=lambda place: centres[place])
    lack = widths[left] + widths[right] + MARGIN - (centres[right] - centres[left])
    if lack > 0:
        centres[left] -= lack / 2
        centres[right] += lack / 2
    over = max(centres[right] + widths[right] - WIDTH, 0)
    under = max(widths[left] - centres[left], 0)
    shift = under - over
    return [
        svg.label(centres[place] + shift, y, texts[place], anchor="middle", fill=fill)
        for place, fill in ((0, svg.INK), (1, svg.ACCENT))
    ]


def _centre(shares: Sequence[float]) -> float:
    """The mean place of a distribution over equal bins, in [0, 1]."""
    return sum(share * (place + 0.5) for place, share in enumerate(shares)) / len(shares)


def _axis(y: float) -> list[str]:
    middle = "similarity of the texts (3-grams in common)"
    return [
        svg.label(0, y, "0 · nothing in common", fill=svg.QUIET),
        svg.label(WIDTH, y, "1 · same text", anchor="end", fill=svg.QUIET),
        svg.label(WIDTH / 2, y + 20, middle, anchor="middle", fill=svg.QUIET),
    ]


def _heading(text: str) -> tuple[list[str], int]:
    """The finding in bold at the top, and where the figure goes on below it."""
    lines = svg.wrapped(text, WIDTH, svg.TEXT)
    labels = [
        svg.label(0, HEADING * (place + 1), line, size=svg.TEXT, bold=True)
        for place, line in enumerate(lines)
    ]
    return labels, HEADING * len(lines) + MARGIN
