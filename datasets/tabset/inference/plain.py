"""Columns that stay text: lists with a separator, codes, categories and prose."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.inference import shapes
from tabset.inference.observe import ColumnObserver
from tabset.inference.probes import Probe
from tabset.schema import ColumnType

FEW = 20
GLANCE = 1_000
MOST_CATEGORIES = 1_000
LONGEST_CATEGORY = 100
LONG = 50  # characters on average, from which on texts are prose
CODE_LENGTH = 12
NEARLY = 0.95
LISTED = 3
LISTED_CHARACTERS = 40
SEPARATORS = ("; ", ";", " | ", "|")
RECURRING = 0.6
SEPARATED = 0.05


@dataclass(frozen=True)
class Decision:
    """What a column becomes and why."""

    type: ColumnType
    evidence: str
    missing: Mapping[str, int] = field(default_factory=dict)  # text -> number of cells
    format: str = ""


# Decisions


def role(column: ColumnObserver) -> Decision:
    """A column with a role: whatever its texts look like, they stay as they are."""
    if not column.filled:
        return Decision(ColumnType.TEXT, "Kept as text because of its role; no cell is filled.")
    if all_different(column):
        kind = ColumnType.ID
    else:
        kind = ColumnType.CATEGORICAL if _few(column) else ColumnType.TEXT
    return Decision(kind, f"Kept as text because of its role. {different(column)}.")


def text(column: ColumnObserver, note: str = "") -> Decision:
    """A column that stays text: an id, a category or text; the note belongs to the evidence."""
    for rule in (_constant, _code, _category):
        if decision := rule(column):
            break
    else:
        decision = _prose(column)
    remarks = (note, _lost_as_number(column), _almost(column), _markers(column))
    evidence = " ".join([decision.evidence, *filter(None, remarks)])
    return Decision(decision.type, evidence)


def separated(column: ColumnObserver) -> Decision | None:
    """Lists, where cells hold several short texts with a separator that recur in other cells."""
    values, counts = column.distinct.values, column.distinct.counts
    for separator in SEPARATORS:
        several = np.array(compute.match_substring(values, separator))
        cells = int(counts[several].sum())
        if several.sum() < 2 or cells < SEPARATED * column.distinct.cells:
            continue
        if separator == ";" and share_like(values, r"&#?[a-zA-Z0-9]+;") > 0:
            continue  # HTML entities
        share = _recurring(values, several, separator)
        if share >= RECURRING:
            return Decision(
                ColumnType.LIST,
                f"{cells:,} of {_counted(column)} hold several texts with {separator!r} between "
                f"them, and {share:.0%} of these texts recur in other cells.",
                format=separator,
            )
    return None


def _recurring(values: pa.Array, several: NDArray[np.bool_], separator: str) -> float:
    """The share of the parts of cells with several that occur in another cell, too."""
    parts = compute.split_pattern(values, separator)
    texts = compute.utf8_trim_whitespace(parts.flatten()).dictionary_encode()
    cell = np.asarray(compute.list_parent_indices(parts), np.int64)
    code = np.asarray(texts.indices, np.int64)
    if compute.mean(compute.utf8_length(texts.dictionary)).as_py() > LONG:
        return 0.0
    pairs = np.unique(cell * len(texts.dictionary) + code)
    cell, code = np.divmod(pairs, len(texts.dictionary))
    recurs = np.bincount(code)[code] > 1
    return float(recurs[several[cell]].mean())


# The kinds of text


def _constant(column: ColumnObserver) -> Decision | None:
    if column.distinct.full or len(column.distinct) > 1:
        return None
    value = column.distinct.values[0].as_py()
    short = len(value) <= LONGEST_CATEGORY
    return Decision(
        ColumnType.CATEGORICAL if short else ColumnType.TEXT,
        f"{_all(column)} {shown(value)!r}: the column is constant.",
    )


def _all(column: ColumnObserver) -> str:
    if column.filled == 1:
        return "The only filled cell is"
    return f"All {column.filled:,} filled cells are"


def _code(column: ColumnObserver) -> Decision | None:
    """All different, without blanks, and called id, with digits, or like country codes."""
    values = column.distinct.values
    found = all_different(column)
    if not found or share_like(values, shapes.CODE) < 1 or _phones(column):
        return None
    lengths = np.asarray(compute.utf8_length(values))
    equal = lengths.min() == lengths.max() <= CODE_LENGTH and share_like(values, "[a-z]") == 0
    named = shapes.ID_NAME.fullmatch(column.name) is not None
    if not (equal or named or share_like(values, "[0-9]") >= NEARLY):
        return None
    examples = listed(values.slice(0, 2).to_pylist())
    return Decision(ColumnType.ID, f"{found} and look like codes ({examples}).")


def _category(column: ColumnObserver) -> Decision | None:
    if not _few(column):
        return None
    return Decision(ColumnType.CATEGORICAL, f"{different(column)}.")


def _prose(column: ColumnObserver) -> Decision:
    evidence = f"{different(column)}, {_mean_length(column):,.0f} characters long on average."
    if _phones(column):
        evidence += " They look like phone numbers."
    return Decision(ColumnType.TEXT, evidence)


def _few(column: ColumnObserver) -> bool:
    """Whether the texts are few, short and recurring enough to be categories."""
    count = len(column.distinct)
    if column.distinct.full or count > MOST_CATEGORIES:
        return False
    if compute.max(compute.utf8_length(column.distinct.values)).as_py() > LONGEST_CATEGORY:
        return False
    often = 2 if count <= FEW else 4
    return _mean_length(column) <= LONG and column.filled >= often * count


def _mean_length(column: ColumnObserver) -> float:
    lengths = np.asarray(compute.utf8_length(column.distinct.values))
    return float(lengths @ column.distinct.counts / column.distinct.cells)


def _phones(column: ColumnObserver) -> bool:
    return share_like(column.distinct.values.slice(0, GLANCE), shapes.PHONE) >= NEARLY


# Remarks on a column that stays text


def _lost_as_number(column: ColumnObserver) -> str:
    """Why texts that are digits do not become numbers."""
    if share_like(column.distinct.values, shapes.NUMBER) < NEARLY:
        return ""
    coded = [text.strip() for text in column.numbers.exceptions if re.search(shapes.NUMBER, text)]
    if not coded:
        return ""
    if coded[0].startswith("+"):
        return f"Numbers with a plus sign such as {shown(coded[0])!r} are treated as codes."
    if re.match("-?0[0-9]", coded[0]):
        return f"Numbers would lose the leading zeros of {shown(coded[0])!r}."
    return f"Numbers would lose the last digits of {shown(coded[0])!r}."


def _almost(column: ColumnObserver) -> str:
    """What a few cells keep the column from being."""
    found: list[tuple[Probe, str, str]] = [(column.numbers, "numbers", "numeric")]
    found += [(probe, "dates", "datetime") for probe in column.dates.values()]
    for probe, what, kind in found:
        others = [text for text in probe.exceptions if not shapes.is_missing(text)]
        if probe.alive and others and NEARLY * column.filled <= probe.fitting < column.filled:
            return (
                f"{probe.fitting:,} filled cells are {what}, but not {listed(others)}: if that "
                f"means missing, set type {kind} and add it to missing_values."
            )
    return ""


def _markers(column: ColumnObserver) -> str:
    """A word on texts that mean missing elsewhere; here they may be values as NA is Namibia."""
    if column.distinct.full or len(column.distinct) == 1:
        return ""
    texts = [text for text in column.distinct.values.to_pylist() if shapes.is_missing(text)]
    if not texts:
        return ""
    if len(texts) == 1:
        return f"{listed(texts)} stays a value; add it to missing_values if it means missing."
    return f"{listed(texts)} stay values; add to missing_values what means missing."


# Words


def all_different(column: ColumnObserver) -> str:
    """The beginning of a sentence that says so; "" if two of the counted cells are equal."""
    if column.distinct.cells > len(column.distinct):
        return ""
    if column.distinct.full:
        return f"The first {column.distinct.cells:,} filled cells are all different"
    return f"All {column.filled:,} filled cells are different"


def different(column: ColumnObserver) -> str:
    """How many different texts there are in how many cells."""
    count = len(column.distinct)
    number = f"More than {count:,}" if column.distinct.full else f"{count:,}"
    texts = "text" if number == "1" else "different texts"
    return f"{number} {texts} in {column.filled:,} filled cell{'s' * (column.filled != 1)}"


def _counted(column: ColumnObserver) -> str:
    if column.distinct.full:
        return f"the first {column.distinct.cells:,} filled cells"
    return f"{column.filled:,} filled cells"


def read_as_missing(texts: Collection[str]) -> str:
    """The sentence that says so."""
    return f"{listed(texts)} {'is' if len(texts) == 1 else 'are'} read as missing."


def listed(texts: Iterable[str], word: str = "and") -> str:
    """The first few texts in quotes, for a sentence."""
    quoted = [repr(shown(text, LISTED_CHARACTERS)) for text in texts]
    if len(quoted) > LISTED:
        quoted = [*quoted[:LISTED], f"{len(quoted) - LISTED:,} more"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


def shown(text: str, characters: int = 80) -> str:
    """The text, cut to this many characters, with ␀ for NUL, which not every database can keep."""
    text = text[: characters + 1].replace("\0", "␀")
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def share_like(values: pa.Array, pattern: str) -> float:
    """The share of the values that match the pattern."""
    return (
        compute.mean(compute.match_substring_regex(values, pattern).cast(pa.int8())).as_py() or 0.0
    )
