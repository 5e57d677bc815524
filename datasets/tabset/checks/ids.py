"""Checks of the texts of ids."""

import unicodedata
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.checks.registry import asks
from tabset.checks.subject import Subject
from tabset.checks.words import about_rows, counted
from tabset.draft import RECORD_ID, Keep
from tabset.findings import Finding, Level

ODD = r"^[\s\pZ]|[\s\pZ]$|[\x00-\x1f\x7f]"


def odd_ids(subject: Subject) -> Iterable[Finding]:
    """An id with blanks around it or in another Unicode form is easily changed in a submission."""
    for table, column, advice in _ids(subject):
        start, found = 0, [np.zeros(0, dtype=np.int64)]
        for batch in subject.stage.tables[table].batches([column]):
            found.append(np.flatnonzero(_is_odd(batch.column(0))) + start)
            start += batch.num_rows
        rows = np.concatenate(found)
        if len(rows):
            yield about_rows(
                Level.WARNING,
                "odd-ids",
                f"{counted(len(rows), 'id has', 'ids have')} blanks at an end, a line break or"
                f" another control character, or a Unicode form other than NFC: {advice}.",
                rows,
                table=table,
                column=column,
            )


def _ids(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """Table and column of the ids that stay, and what to do about odd ones."""
    draft = subject.draft
    if draft.roles.id and draft.ids is Keep.KEEP:
        yield draft.main, draft.roles.id, "correct them, or set `ids` to new"
    for table in draft.record_tables:
        yield table, RECORD_ID, "correct them in the record tables and in the pairs"


def _is_odd(ids: pa.Array) -> NDArray[np.bool_]:
    odd = compute.fill_null(compute.match_substring_regex(ids, ODD), False)
    found: NDArray[np.bool_] = odd.to_numpy(zero_copy_only=False).copy()
    # Arrow's own function for Unicode forms takes NFC for NFD, so only other letters cost time.
    ascii_only = compute.fill_null(compute.string_is_ascii(ids), True)
    places = np.flatnonzero(~ascii_only.to_numpy(zero_copy_only=False))
    texts = ids.take(pa.array(places)).to_pylist()
    found[places] |= np.array([not unicodedata.is_normalized("NFC", t) for t in texts], np.bool_)
    return found


CHECKS = (asks("odd-ids", odd_ids),)
