"""Column names as a raw file gives them, made usable."""

from collections import Counter
from collections.abc import Sequence

from tabset.errors import DatasetError
from tabset.readers.raw import MAX_COLUMNS, SHOWN_ROWS, Report, shown


def column_names(header: Sequence[str], report: Report, name: str) -> tuple[str, ...]:
    """The column names, made unique where they are not, with findings about those."""
    if len(header) > MAX_COLUMNS:
        raise DatasetError(f"{name} has {len(header)} columns; at most {MAX_COLUMNS} are read")
    if any("\0" in each for each in header):
        raise DatasetError(
            f"the header of {name} has a NUL byte; take it out, or, if it is a text in UTF-16 "
            "without a byte order mark, save it as UTF-8"
        )
    _tell_names(header, report, name)
    names: dict[str, None] = {}
    taken = set(header)
    for place, each in enumerate(header, start=1):
        unique = each
        if not each or each in names:
            unique = each or f"column_{place}"
            while unique in taken or unique in names:
                unique = f"{each or 'column'}_{place}"
                place += len(header)
        names[unique] = None
    return tuple(names)


def _tell_names(header: Sequence[str], report: Report, name: str) -> None:
    empty = [place for place, each in enumerate(header, start=1) if not each]
    if empty:
        report.error(
            "empty-column-name",
            f"{name}: the header has no name for column {_listed(empty)}; name each column (pandas "
            "writes such a column for its index: use to_csv(index=False))",
            count=len(empty),
        )
    for each, count in Counter(header).items():
        if count > 1 and each:
            report.error(
                "doubled-column-name",
                f"{name}: {count} columns are named {shown(each)}; give each a name of its own",
                column=each,
                count=count,
            )


def _listed(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - SHOWN_ROWS} more" if len(numbers) > SHOWN_ROWS else ""
    return ", ".join(map(str, numbers[:SHOWN_ROWS])) + more
