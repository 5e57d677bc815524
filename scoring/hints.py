"""What a faulty file most likely meant: the commonest mistakes, recognized by the file itself.

All functions look at texts of the participant and at public names (ids of test rows, classes,
columns); a suggestion never depends on a label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.messages import SHOWN, quoted
from scoring.result import Problem

Rows = npt.NDArray[np.int64]

WITHOUT_INDEX = "`to_csv(…, index=False)`"
INDEX_NAMES = frozenset({"", "Unnamed: 0", "__index_level_0__"})
"""How a saved pandas index is called."""
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ALIKE = 0.75
"""Least similarity of a near miss, from 0 to 1 (`difflib`)."""
_MOST_CHOICES = 500
"""Among more choices than this only spelling variants are recognized: similarity takes long."""
_PREFIX = 100
"""Values are compared by this many characters: a hostile cell may hold megabytes."""
_FEW = 5
_LISTED = 10
"""How many distinct wrong values are listed."""


# Names


def some(names: Sequence[str]) -> str:
    """The first names in backticks, and how many more there are: a few show what is meant."""
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(quoted(name) for name in names[:_FEW]) + more


def spelling(value: str) -> str:
    """The value without quotes, outer blanks and a decimal `.0`, in one case and separator."""
    bare = value[:_PREFIX].strip().strip("\"'").strip().casefold()
    return re.sub(r"[\s_-]+", " ", re.sub(r"(?<=\d)\.0+$", "", bare))


def nearest(value: str, choices: Sequence[str]) -> str | None:
    """The one of the choices that the value most likely means; None if none is similar."""
    variants = {spelling(each): each for each in reversed(choices)}
    meant = spelling(value)
    if meant in variants:
        return variants[meant]
    if not meant or len(choices) > _MOST_CHOICES:
        return None
    close = get_close_matches(meant, list(variants), n=1, cutoff=_ALIKE)
    return variants[close[0]] if close else None


def near_misses(unknown: Sequence[str], missing: Sequence[str]) -> dict[str, str]:
    """Of the unknown names, each with the missing one that it means; no name is meant twice."""
    meant: dict[str, str] = {}
    for name in unknown[:SHOWN]:
        free = [each for each in missing if each not in meant.values()]
        if (found := nearest(name, free)) is not None:
            meant[name] = found
    return meant


# Headers


def wrong_delimiter(names: Sequence[str]) -> Problem | None:
    """The problem of a header that something other than commas separates, if it is one."""
    if len(names) != 1:
        return None
    mark = next((mark for mark in _DELIMITERS if mark in names[0]), None)
    if mark is None:
        return None
    message = (
        f"{_DELIMITERS[mark].capitalize()} separate the columns, where commas are expected: "
        "separate the cells by commas. pandas does with `to_csv(…, sep=',', index=False)`."
    )
    return Problem("missing_column", message)


def saved_index(names: Sequence[str], is_text: bool) -> Problem:
    """The problem of a table that was written with its pandas index in a column of this name."""
    which = "The unnamed first column" if names[0] == "" else f"Column {quoted(names[0])}"
    how = WITHOUT_INDEX if is_text else "`to_parquet(…, index=False)`"
    message = f"{which} is the pandas index. Save the file without it: {how}."
    return Problem("unknown_column", message, (), len(names))


# Values


@dataclass(frozen=True)
class Distinct:
    """One wrong value: its text, how many rows hold it, and the first of them (an index)."""

    text: str
    count: int
    first: int


def distinct(values: pa.Array, rows: Rows) -> list[Distinct]:
    """The values of these rows, each once, the most frequent first; long texts are cut."""
    if not pa.types.is_dictionary(values.type):
        start = pc.utf8_slice_codeunits(values.take(pa.array(rows)), 0, _PREFIX)
        values = start.dictionary_encode()
        codes = values.indices
    else:
        codes = values.indices.take(pa.array(rows))
    numbers = codes.cast(pa.int64()).to_numpy(zero_copy_only=False)
    each, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    return [
        Distinct(
            values.dictionary[int(each[place])].as_py()[:_PREFIX],
            int(counts[place]),
            int(rows[first[place]]),
        )
        for place in order[: 5 * SHOWN].tolist()
    ]


def listed(
    wrong: Sequence[Distinct], numbers: Sequence[int], meant: Sequence[str | None], total: int
) -> str:
    """The first wrong values with their counts, first rows and what they may mean.

    `numbers` are the row numbers that go with `wrong`, as does `meant`; `total` is how many rows
    hold a wrong value.
    """
    texts = []
    shown = list(zip(wrong, numbers, meant, strict=False))[:_LISTED]
    for value, number, right in shown:
        rows = f"row {number}" if value.count == 1 else f"{value.count:,} rows, first {number}"
        hint = "" if right is None else f"; did you mean {quoted(right)}?"
        texts.append(f"{quoted(value.text)} ({rows}{hint})")
    rest = total - sum(value.count for value, _, _ in shown)
    return ", ".join(texts) + (f" and others in {rest:,} more rows" if rest else "")


def label_advice(wrong: Sequence[Distinct], classes: Sequence[str]) -> str:
    """What all wrong labels have in common, as a sentence; empty if nothing is known."""
    texts = [value.text for value in wrong]
    known = set(classes)
    if all(text.strip("\"'") in known for text in texts):
        return "The labels contain quotation marks: write them without."
    if all(text.strip() in known for text in texts):
        return "The labels have spaces around them: write them without."
    folded = {each.casefold(): each for each in classes}
    if all(text.casefold() in folded for text in texts):
        example = f"write {quoted(folded[texts[0].casefold()])}, not {quoted(texts[0])}"
        return f"Class names are case-sensitive: {example}."
    if all(re.fullmatch(r"\d{1,5}(\.0)?", text) for text in texts):
        return "Labels are the names of classes, not their numbers."
    return ""


_VARIANTS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("The ids contain quotation marks: write them without.", lambda text: text.strip("\"'")),
    ("The ids have spaces around them: write them without.", str.strip),
    ("The ids were read as numbers: read them as text.", lambda text: text.removesuffix(".0")),
    ("The ids are in capitals: write them as in the test file.", str.lower),
    ("The ids are in small letters: write them as in the test file.", str.upper),
)


def id_advice(unknown: Sequence[str], are_ids: Callable[[Sequence[str]], bool]) -> str:
    """What makes these texts into ids of test rows, as a sentence; empty if nothing does."""
    for advice, variant in _VARIANTS:
        if unknown and are_ids([variant(text) for text in unknown]):
            return advice
    if unknown and all(re.fullmatch(r"\d{1,9}", text) for text in unknown):
        return "The ids look like row numbers: use the column `id` of the test file."
    return ""


def number_advice(texts: Sequence[str]) -> str:
    """How these texts are to be written as numbers, as a sentence."""
    if all(re.fullmatch(r"[+-]?\d*,\d+", text) for text in texts):
        return "Write decimals with a point: 0.25, not 0,25."
    if all(re.fullmatch(r"[+-]?[\d.]+\s*%", text) for text in texts):
        return "Write 0.25 rather than 25%."
    return "Write numbers as 0.25."


def sum_advice(sums: npt.NDArray[np.float64], accepted: float) -> str:
    """How to correct probabilities whose rows have these sums."""
    if len(sums) and bool((np.abs(sums - 100) < 0.5).all()):
        return "The probabilities sum to 100, so they are percentages: divide them by 100."
    return f"Divide each row by its sum; a difference of at most {accepted} is accepted."
