"""The type of a column from what was seen of it, with the evidence in plain words."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from tabset.cells import FALSE_WORDS, TRUE_WORDS
from tabset.draft import DraftColumn
from tabset.inference import plain, shapes
from tabset.inference.observe import ColumnObserver
from tabset.inference.plain import Decision, listed, read_as_missing
from tabset.inference.probes import Numbers, Probe
from tabset.inference.samples import samples
from tabset.schema import ColumnType

MOST_BOOLEAN_TEXTS = 20
NEARLY = 0.95
YEARS = (1500, 2100)
DAYS = (19_000_101, 21_001_231)


def draft_column(column: ColumnObserver, kept: bool) -> DraftColumn:
    """The column as the draft describes it; `kept` columns have a role and stay as they are."""
    decision = plain.role(column) if kept else _decide(column)
    missing = column.rows - column.filled + sum(decision.missing.values())
    different = len(column.distinct)
    described = DraftColumn(
        name=column.name,
        type=decision.type,
        missing_values=_missing_values(decision),
        format=decision.format,
        evidence=decision.evidence,
        missing=round(missing / column.rows, 6) if column.rows else 0.0,
        distinct=different + 1 if column.distinct.full else different - len(decision.missing),
    )
    return replace(described, samples=samples(column.distinct, described, decision.missing))


def _missing_values(decision: Decision) -> tuple[str, ...]:
    """The texts that mean missing, without the blanks around them where reading takes them off."""
    if decision.type is ColumnType.IMAGE:
        return tuple(decision.missing)
    bare = dict.fromkeys(text.strip(shapes.BLANKS) for text in decision.missing)
    return tuple(text for text in bare if text)


def _decide(column: ColumnObserver) -> Decision:
    for rule in RULES:
        if decision := rule(column):
            return decision
    return plain.text(column)


def _agreed(probe: Probe) -> bool:
    """Whether every filled cell reads as the type or commonly means missing."""
    return (
        probe.alive
        and probe.fitting > 0
        and all(shapes.is_missing(text) for text in probe.exceptions)
    )


def _read(column: ColumnObserver, probe: Probe, what: str) -> str:
    """How many cells are what they are said to be, and which other texts mean missing."""
    if not probe.exceptions:
        return f"All {column.filled:,} filled cells are {what}."
    other = sum(probe.exceptions.values())
    others = f"{other:,} are" if other > 1 else "one is"
    return (
        f"{probe.fitting:,} of {column.filled:,} filled cells are {what}; the other {others} "
        f"{listed(probe.exceptions)}. {'Those are' if other > 1 else 'That is'} read as missing."
    )


# Rules: each gives the decision for the columns it knows


def _empty(column: ColumnObserver) -> Decision | None:
    if column.filled:
        return None
    found = f"None of the {column.rows:,} cells is filled." if column.rows else "There are no rows."
    return Decision(ColumnType.TEXT, f"{found} Nothing can be learned from this column.")


def _image(column: ColumnObserver) -> Decision | None:
    probe = column.images
    if probe is None or not probe.alive or probe.fitting < NEARLY * column.filled:
        return None
    if shapes.LINK.match(column.distinct.values[0].as_py()):
        return None
    missing = {text: count for text, count in probe.exceptions.items() if shapes.is_missing(text)}
    evidence = f"{probe.fitting:,} of {column.filled:,} filled cells are names of image files."
    if others := [text for text in probe.exceptions if text not in missing]:
        evidence += f" Not so {listed(others)}."
    if missing:
        evidence += f" {read_as_missing(missing)}"
    return Decision(ColumnType.IMAGE, evidence, missing)


def _json_list(column: ColumnObserver) -> Decision | None:
    probe = column.lists
    if probe is None or not _agreed(probe):
        return None
    return Decision(ColumnType.LIST, _read(column, probe, "JSON lists of texts"), probe.exceptions)


def _boolean(column: ColumnObserver) -> Decision | None:
    if column.distinct.full or len(column.distinct) > MOST_BOOLEAN_TEXTS:
        return None
    texts = column.distinct.values.to_pylist()
    found = zip(texts, column.distinct.counts.tolist(), strict=True)
    missing = {text: count for text, count in found if shapes.is_missing(text)}
    spelled = [text for text in texts if text not in missing]
    words = {text.strip(shapes.BLANKS).lower() for text in spelled}
    if not any(words == set(pair) for pair in zip(TRUE_WORDS, FALSE_WORDS, strict=True)):
        return None
    evidence = f"{'Every other' if missing else 'Every'} filled cell is {listed(spelled, 'or')}."
    if missing:
        evidence = f"{read_as_missing(missing)} {evidence}"
    return Decision(ColumnType.BOOLEAN, evidence, missing)


def _numeric(column: ColumnObserver) -> Decision | None:
    probe = column.numbers
    if not _agreed(probe):
        return None
    if probe.whole and shapes.CODE_NAME.fullmatch(column.name):
        return plain.text(column, "Its name says that the digits are a code and no quantity.")
    if _names_things(column):
        return Decision(
            ColumnType.ID,
            f"{plain.different(column)}, all whole numbers from {probe.low:,.0f} to "
            f"{probe.high:,.0f}, that seem to name things rather than measure them. Set type "
            "numeric if they are a quantity.",
        )
    evidence = _read(column, probe, "numbers")
    return Decision(
        ColumnType.NUMERIC, " ".join([evidence, *_remarks(column, probe)]), probe.exceptions
    )


def _names_things(column: ColumnObserver) -> bool:
    """Whether whole numbers are identifiers: so named, or all different and in a row."""
    probe = column.numbers
    if not probe.whole or probe.low < 0 or probe.exceptions or _years(probe):
        return False
    if len(column.distinct) < plain.FEW:
        return False
    in_a_row = probe.high - probe.low + 1 == column.filled and plain.all_different(column)
    return bool(shapes.ID_NAME.fullmatch(column.name) or in_a_row)


def _years(probe: Numbers) -> bool:
    return probe.whole and YEARS[0] <= probe.low and probe.high <= YEARS[1]


def _remarks(column: ColumnObserver, probe: Numbers) -> Iterable[str]:
    """What a person should know before taking the numbers at their word."""
    if not probe.otherwise_negative and probe.high >= 0:
        for sentinel, count in probe.sentinels.items():
            yield (
                f"{count:,} {'is' if count == 1 else 'are'} {sentinel!r} although the others are "
                "not negative: if that means missing, add it to missing_values."
            )
    if probe.low == probe.high:
        yield f"They are all {probe.low:g}: the column is constant."
    elif probe.whole and (probe.low, probe.high) == (0, 1):
        yield "They are all 0 or 1 and stay numbers."
    elif _years(probe):
        yield f"They look like years ({probe.low:.0f} to {probe.high:.0f}) and stay numbers."
    elif probe.whole and DAYS[0] <= probe.low and probe.high <= DAYS[1]:
        yield "If they are dates such as 20200131, set type datetime and format %Y%m%d."


def _date(column: ColumnObserver) -> Decision | None:
    agreed = {form: probe for form, probe in column.dates.items() if _agreed(probe)}
    if not agreed:
        return None
    form, probe = next(iter(agreed.items()))
    rival = shapes.RIVALS.get(form)
    if rival in agreed:
        return Decision(
            ColumnType.TEXT,
            "Looks like dates, but no day is above 12, so day and month cannot be told apart; kept "
            f"as text. Set type datetime and format {form} or {rival} to read it as a date.",
        )
    evidence = _read(column, probe, f"dates of the format {form}" if form else "dates in ISO 8601")
    if rival:
        evidence += " Some day is above 12, which tells day and month apart."
    return Decision(ColumnType.DATETIME, evidence, probe.exceptions, form)


def _unsettled_date(column: ColumnObserver) -> Decision | None:
    values = column.distinct.values.slice(0, plain.GLANCE)
    first = values[0].as_py()
    for pattern, (what, form) in shapes.UNSETTLED.items():
        if re.search(pattern, first) and plain.share_like(values, pattern) >= NEARLY:
            return Decision(
                ColumnType.TEXT,
                f"Looks like {what} ({first}), whose century is ambiguous; kept as text. Set type "
                f"datetime and format {form} to read it as a date.",
            )
    return None


RULES: tuple[Callable[[ColumnObserver], Decision | None], ...] = (
    _empty,
    _image,
    _json_list,
    _boolean,
    _numeric,
    _date,
    _unsettled_date,
    plain.separated,
)
