"""Public folders from which the tests make profiles."""

from dataclasses import replace
from pathlib import Path

import tabset
from tabset import Column, ColumnType, Source
from tests.tabset import sources

HOSTILE = (
    "<script>alert(1)</script>",
    "]]></title><svg onload=alert(1)>",
    "quote\"'&amp;",
    "a|b`c`",
    "turned\u202eround",
    "x" * 3_000,
)
LABELS = ("<img src=x onerror=alert(1)>", "turned \u202eround", "y" * 500, "|`{{7*7}}`|")


def public(source: Source, folder: Path) -> Path:
    """The public folder of the source."""
    return tabset.build(source, folder / "public", folder / "private", salt="s").public


def hostile() -> Source:
    """A source whose column names, values and labels try to break out of a page."""
    plain = sources.classification()
    columns = tuple(Column(name, ColumnType.CATEGORICAL, name) for name in HOSTILE)

    def part(prefix: str, count: int) -> dict[str, list[str]]:
        cells = {
            name: [HOSTILE[(row + place) % len(HOSTILE)] for row in range(count)]
            for place, name in enumerate(HOSTILE)
        }
        ids = [f"{prefix}{row}<b>" for row in range(count)]
        return {"id": ids, **cells, "label": [LABELS[row % len(LABELS)] for row in range(count)]}

    dataset = replace(
        plain.dataset,
        title="<script>alert(1)</script> --- \u202e",
        columns=columns,
        classes=LABELS,
        citation="} % \\input{/etc/passwd} @ \u202e",
    )
    return replace(
        plain,
        dataset=dataset,
        train=part("t", 40),
        test=part("q", sources.TEST_ROWS),
        images={},
    )
