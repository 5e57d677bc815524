"""The distribution of each column, in train and test, and how far they differ."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image
from pyarrow import compute

from figures import words
from tabset.profile import bins
from tabset.profile.model import ColumnProfile, Histogram, Shift, Values
from tabset.profile.sample import Sample, generator
from tabset.schema import Column, ColumnType

TOP = 12
SHOWN = 60
IMAGES = 500
COMPARABLE = 20
SLIGHT, CLEAR = 0.05, 0.15
TELLING_GAP = 0.02  # of the missing shares of train and test; the table of columns has the share
SHORT = {"Kolmogorov-Smirnov": "KS", "total variation": "TV"}
Parts = Mapping[str, pa.Array]
Distribution = Histogram | Values | None
OF = {
    "value": "values",
    "characters": "text lengths",
    "items": "list lengths",
    "pixels": "image sizes",
}


def profiles(
    columns: Sequence[Column], samples: Mapping[str, Sample], public: Path, prefix: str
) -> tuple[ColumnProfile, ...]:
    """The profile of each column over the samples of the tables that have it."""
    return tuple(
        _profile(column, samples, public, f"figures/{prefix}-{place:03d}.svg")
        for place, column in enumerate(columns, start=1)
    )


def _profile(
    column: Column, samples: Mapping[str, Sample], public: Path, figure: str
) -> ColumnProfile:
    missing = {part: sample.missing[column.name] for part, sample in samples.items()}
    found: Distribution = None
    if column.type is not ColumnType.ID:
        values = {part: sample.columns[column.name] for part, sample in samples.items()}
        found = _distribution(column.type, values, public)
    shift = difference(found, missing) if found and set(samples) == {"train", "test"} else None
    return ColumnProfile(
        name=column.name,
        type=column.type.value,
        missing=missing,
        distribution=found,
        shift=shift,
        words=_words(column.type, found, missing, shift),
        figure=figure if found else "",
    )


def _distribution(kind: ColumnType, values: Parts, public: Path) -> Distribution:
    present = {part: array.drop_null() for part, array in values.items()}
    if not any(len(array) for array in present.values()):
        return None
    if kind is ColumnType.IMAGE:
        return _of_images(present, public)
    if kind is ColumnType.DATETIME:
        return _of_dates(present)
    if kind is ColumnType.BOOLEAN:
        present = {part: array.cast(pa.string()) for part, array in present.items()}
    if kind in (ColumnType.BOOLEAN, ColumnType.CATEGORICAL):
        return _of_values("value", present)
    of = {ColumnType.TEXT: "characters", ColumnType.LIST: "items"}.get(kind, "value")
    return _of_numbers(of, present)


def _of_numbers(of: str, present: Parts) -> Histogram:
    numbers = {part: _finite(array) for part, array in present.items()}
    together = np.concatenate(list(numbers.values()))
    found = bins.of_numbers(together)
    least, median, most = (_rounded(number) for number in _middle(together))
    return Histogram(
        of=of,
        edges=tuple(_rounded(edge) for edge in found.edges),
        counts={part: found.count(array) for part, array in numbers.items()},
        least=least,
        median=median,
        most=most,
        open_low=found.open_low,
        open_high=found.open_high,
        scale="log" if found.log else "linear",
    )


def _middle(values: NDArray[Any]) -> NDArray[Any]:
    """Least, median (the lower of two) and most of the values, each one that occurs."""
    middle: NDArray[Any] = np.quantile(values, (0.0, 0.5, 1.0), method="lower")
    return middle


def _rounded(number: float) -> float:
    """The number with twelve digits, so that a sum of steps does not end in 0000000001."""
    return float(f"{number:.12g}")


def _finite(values: pa.Array) -> NDArray[np.float64]:
    numbers = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    return numbers[np.isfinite(numbers)]


def _of_dates(present: Parts) -> Histogram:
    moments = {part: array.cast(pa.int64()).to_numpy() for part, array in present.items()}
    together = np.concatenate(list(moments.values()))
    found, texts = bins.of_dates(together)
    least, median, most = (_date(moment) for moment in _middle(together))
    return Histogram(
        of="value",
        edges=texts,
        counts={part: found.count(array) for part, array in moments.items()},
        least=least,
        median=median,
        most=most,
        open_low=found.open_low,
        open_high=found.open_high,
    )


def _date(moment: int) -> str:
    """Date and time in ISO 8601, only the date at midnight."""
    text = str(np.datetime64(int(moment), "us").astype("datetime64[s]"))
    return text.removesuffix("T00:00:00")


def _of_values(of: str, present: Parts) -> Values:
    counted = {part: _counted(array) for part, array in present.items()}
    total: dict[str, int] = {}
    for counts in counted.values():
        for value, count in counts.items():
            total[value] = total.get(value, 0) + count
    top = sorted(total, key=lambda value: (-total[value], value))[:TOP]
    shown = {part: tuple(counts.get(value, 0) for value in top) for part, counts in counted.items()}
    return Values(
        of=of,
        values=tuple(words.short(value, SHOWN) for value in top),
        counts=shown,
        other={part: len(present[part]) - sum(counts) for part, counts in shown.items()},
        distinct=len(total),
    )


def _counted(values: pa.Array) -> dict[str, int]:
    counts = compute.value_counts(values)
    values_of, counts_of = (counts.field(name).to_pylist() for name in ("values", "counts"))
    return dict(zip(values_of, counts_of, strict=True))


def _of_images(present: Parts, public: Path) -> Distribution:
    """Sizes as values where there are few, else a histogram of the longer side."""
    size = cache(lambda path: image_size(public, path))
    found = {
        part: [side for path in _some(array, part) if (side := size(path))]
        for part, array in present.items()
    }
    if not any(found.values()):
        return None
    if len({sides for part in found.values() for sides in part}) <= TOP:
        texts = {
            part: pa.array([f"{wide} × {high}" for wide, high in sides], pa.string())
            for part, sides in found.items()
        }
        return _of_values("pixels", texts)
    longer = {part: pa.array([max(s) for s in sides], pa.int64()) for part, sides in found.items()}
    return _of_numbers("pixels", longer)


def _some(paths: pa.Array, part: str) -> list[str]:
    if len(paths) > IMAGES:
        chosen = generator(f"images {part}").choice(len(paths), IMAGES, replace=False)
        paths = paths.take(pa.array(np.sort(chosen)))
    return [str(path) for path in paths.to_pylist()]


def image_size(public: Path, path: str) -> tuple[int, int] | None:
    """Width and height of an image of the data set; None if it cannot be read."""
    try:
        with Image.open(public / path) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def difference(found: Histogram | Values, missing: Mapping[str, float]) -> Shift:
    """How far train and test differ: Kolmogorov-Smirnov over bins, total variation over values.

    The missing share counts as one more value. Distances up to 0.05, or up to what chance rarely
    exceeds with so few rows, are called alike.
    """
    counts = {part: np.array(found.counts[part], dtype=np.float64) for part in ("train", "test")}
    if isinstance(found, Values):
        counts = {part: np.append(array, found.other[part]) for part, array in counts.items()}
    rows = {part: float(array.sum()) for part, array in counts.items()}
    gap = abs(missing["train"] - missing["test"])
    if min(rows.values()) < COMPARABLE:
        text = "too few rows to compare train and test"
        return Shift(round(gap, 4), 1.0, "missing share", "unknown", text)
    one, two = (counts[part] / rows[part] for part in ("train", "test"))
    spread = 1 / rows["train"] + 1 / rows["test"]
    if isinstance(found, Values):
        measure, distance = "total variation", float(np.abs(one - two).sum() / 2)
        pooled = (one + two) / 2
        noise = 0.8 * float(np.sqrt(pooled * (1 - pooled) * spread).sum())
    else:
        measure, distance = "Kolmogorov-Smirnov", float(np.abs(np.cumsum(one - two)).max())
        noise = 1.63 * math.sqrt(spread)
    if gap > distance:
        measure, distance = "missing share", gap
    level = _level(distance, noise)
    return Shift(
        round(distance, 4), round(min(noise, 1.0), 4), measure, level, _shift_words(found.of, level)
    )


def _level(distance: float, noise: float) -> str:
    if distance <= max(SLIGHT, noise):
        return "alike"
    return "little" if distance <= CLEAR else "clear"


def _shift_words(of: str, level: str) -> str:
    return {
        "alike": f"{OF[of]}: train ≈ test",
        "little": f"{OF[of]} differ a little between train and test",
        "clear": f"{OF[of]} differ clearly between train and test",
    }[level]


def _words(
    kind: ColumnType, found: Distribution, missing: Mapping[str, float], shift: Shift | None
) -> str:
    """The numbers of the figure as sentences."""
    sentences = []
    if isinstance(found, Histogram):
        sentences.append(_histogram_words(found))
    elif isinstance(found, Values):
        sentences.append(_values_words(found))
    elif kind is not ColumnType.ID:
        sentences.append("No value to show")
    if max(missing.values()) - min(missing.values()) >= TELLING_GAP:
        sentences.append(_missing_words(missing))
    if shift:
        chance = ", within chance" if shift.level == "alike" and shift.distance > SLIGHT else ""
        measure = SHORT.get(shift.measure, shift.measure)
        sentences.append(f"{shift.words.capitalize()} ({measure} {shift.distance:.2f}{chance})")
    return ". ".join(sentences) + "."


def _histogram_words(found: Histogram) -> str:
    low, median, high = (_edge(value) for value in (found.least, found.median, found.most))
    unit = "" if found.of == "value" else f" {found.of}"
    if low == high:
        return f"Always {low}{unit}"
    reach = f"From {low} to {high}{unit}, median {median}"
    totals = [sum(counts) for counts in zip(*found.counts.values(), strict=True)]
    if len(totals) == 1:
        return reach
    peak = max(range(len(totals)), key=totals.__getitem__)
    return (
        f"{reach}; most often {edges_text(found, peak)} ({words.share(totals[peak] / sum(totals))})"
    )


def edges_text(found: Histogram, place: int) -> str:
    """The values that a bar holds, in words."""
    if _whole(found):
        return _edge(float(found.edges[place]) + 0.5)
    start, end = (_edge(found.edges[side]) for side in (place, place + 1))
    return f"{start} to {end}" if isinstance(found.edges[place], str) else f"{start}–{end}"


def _whole(found: Histogram) -> bool:
    """Whether every bin holds one whole number."""
    edges = found.edges
    return all(isinstance(edge, float) and edge % 1 == 0.5 for edge in edges)


def _edge(edge: float | str) -> str:
    return edge if isinstance(edge, str) else words.significant(edge)


def _values_words(found: Values) -> str:
    totals = [sum(counts) for counts in zip(*found.counts.values(), strict=True)]
    rows = max(sum(totals) + sum(found.other.values()), 1)
    shown = [
        f"{value} {words.share(count / rows)}"
        for value, count in zip(found.values[:3], totals, strict=False)
    ]
    if found.distinct == 1:
        return f"All {found.values[0]}"
    noun = f"{found.distinct:,} {'values' if found.of == 'value' else 'sizes'}"
    return f"{noun}: {', '.join(shown)}{' …' if found.distinct > 3 else ''}"


def _missing_words(missing: Mapping[str, float]) -> str:
    return "Missing: " + _listed(f"{words.share(part)} in {name}" for name, part in missing.items())


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)
