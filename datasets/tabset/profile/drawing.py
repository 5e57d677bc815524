"""The figures of a profile: a tiny one per column, the classes, the similarity of pairs."""

from collections.abc import Iterator, Sequence

from figures import Bar, class_bars, overlap, sparkbars, words
from tabset.profile.columns import edges_text
from tabset.profile.model import (
    ClassCount,
    Classes,
    ColumnProfile,
    Histogram,
    Pairs,
    Profile,
    Values,
)

SHOWN = 24
AXIS = (
    "0 · nothing in common",
    "similarity of the texts (3-grams in common)",
    "1 · same text",
)


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


def _column(column: ColumnProfile, distribution: Histogram | Values) -> str:
    """Bars for the first part (train) and an outline for the second (test), both as shares."""
    heights = _heights(distribution)
    about = "Train as bars, test as a line. " if len(heights) > 1 else ""
    if isinstance(distribution, Values) and distribution.distinct > len(distribution.values):
        about += f"The {len(distribution.values)} most frequent values. "
    title = f"Distribution of {words.short(column.name, 80)}"
    hints = _hints(distribution)
    return sparkbars(_name(column.figure), title, about + column.words, heights, hints)


def _hints(distribution: Histogram | Values) -> list[str]:
    """What each bar holds, and its share of each part: "35–40: train 16 %, test 15 %"."""
    if isinstance(distribution, Values):
        names = [words.short(value, 60) for value in distribution.values]
    else:
        names = [edges_text(distribution, place) for place in range(len(distribution.edges) - 1)]
    shares = []
    for part, counts in distribution.counts.items():
        other = distribution.other[part] if isinstance(distribution, Values) else 0
        total = max(sum(counts) + other, 1)
        shares.append([f"{part} {words.share(count / total)}" for count in counts])
    bars = zip(names, zip(*shares, strict=True), strict=True)
    return [f"{name}: {', '.join(of_parts)}" for name, of_parts in bars]


def _heights(distribution: Histogram | Values) -> list[list[float]]:
    """The counts of each part as shares of it, on one scale whose largest share is 1.

    Of many values only the most frequent are drawn: a bar for all others would flatten them.
    """
    shares = []
    for part, counts in distribution.counts.items():
        other = distribution.other[part] if isinstance(distribution, Values) else 0
        shares.append([count / max(sum(counts) + other, 1) for count in counts])
    top = max(max(part) for part in shares) or 1.0
    return [[value / top for value in part] for part in shares]


def _classes(classes: Classes) -> str:
    """The classes, the largest first; if there are many, a line for the rest."""
    shown, rest = sorted(classes.counts, key=lambda item: -item.rows), ""
    if len(shown) > SHOWN:
        shown, rest = shown[: SHOWN - 1], _rest(shown[SHOWN - 1 :])
    bars = [
        Bar(item.name or item.label, item.share, f"{item.rows:,} · {words.share(item.share)}")
        for item in shown
    ]
    return class_bars(_name(classes.figure), classes.words, bars, rest)


def _rest(classes: Sequence[ClassCount]) -> str:
    low, high = classes[-1].rows, classes[0].rows
    rows = f"{low:,} rows" if low == high else f"{low:,} to {high:,} rows"
    return f"{len(classes):,} more classes with {rows} each"


def _pairs(pairs: Pairs) -> str:
    """Matching and other pairs over their similarity, each as shares of its own pairs."""
    finding, _, _ = pairs.words.partition(":")
    matching, other = (
        [count / sum(counts) for count in counts] for counts in (pairs.matching, pairs.other)
    )
    columns = ", ".join(words.short(name, 40) for name in pairs.columns)
    return overlap(
        _name(pairs.figure),
        finding,
        f"{pairs.words} Compared: {columns}.",
        filled=("matching pairs, filled", matching),
        outlined=("other pairs, outline", other),
        axis=AXIS,
    )
