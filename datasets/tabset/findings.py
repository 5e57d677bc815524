"""What reading and checking a data set found, in words that say what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How severe a finding is: an error blocks the build."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One finding: what is the case, where, in how many rows, and what to do.

    `rows` are the first row numbers, counted from 1 without the header; `count` is how many rows
    (or cells, or files) there are in all, 0 if it is not about single ones.
    """

    level: Level
    code: str
    message: str
    table: str = ""
    column: str = ""
    rows: tuple[int, ...] = ()
    count: int = 0

    def to_json(self) -> dict[str, Any]:
        """The finding as `findings.json` holds it."""
        return {
            "level": self.level.value,
            "code": self.code,
            "message": self.message,
            "table": self.table,
            "column": self.column,
            "rows": list(self.rows),
            "count": self.count,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Finding":
        """The finding that `to_json` wrote."""
        return cls(
            **{**document, "level": Level(document["level"]), "rows": tuple(document["rows"])}
        )


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that block a build."""
    return [finding for finding in findings if finding.level is Level.ERROR]
