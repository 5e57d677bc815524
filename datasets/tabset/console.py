"""Output of the command line, for people or programs: progress, findings, results.

For programs every line on standard output is one JSON object: `{"progress": 0–1, "message": "…"}`
while it works, then one with the result.
"""

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from io import TextIOWrapper
from typing import Any

from tabset.findings import Finding, Level

BAR = 30
SECONDS_BETWEEN = 0.1
LEVELS: Mapping[Level, tuple[str, str]] = {
    Level.ERROR: ("error", "errors"),
    Level.WARNING: ("warning", "warnings"),
    Level.INFO: ("note", "notes"),
}


class Console:
    """Progress and results on standard output and error.

    Progress is a bar where standard error is a terminal, a JSON line for programs, else nothing.
    """

    def __init__(self, *, for_programs: bool) -> None:
        self._for_programs = for_programs
        self._bar = not for_programs and sys.stderr.isatty()
        self._told = (-1.0, "")
        self._told_at = float("-inf")
        for stream in (sys.stdout, sys.stderr):  # a terminal may know fewer letters than the data
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")

    def progress(self, share: float, message: str) -> None:
        """Reports the progress, at most ten times a second."""
        told = (round(share, 3), message)
        now = time.monotonic()
        is_due = now - self._told_at >= SECONDS_BETWEEN or share >= 1 or message != self._told[1]
        if told == self._told or not is_due:
            return
        self._told, self._told_at = told, now
        if self._for_programs:
            self._line({"progress": told[0], "message": message})
        elif self._bar:
            full = "█" * int(share * BAR)
            sys.stderr.write(f"\r\x1b[K{full:·<{BAR}} {share:4.0%}  {message}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Removes the bar, so that further output begins on a new line."""
        if self._bar and self._told_at > float("-inf"):
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def say(self, text: str, **facts: Any) -> None:
        """The result: a sentence for people, `facts` with it as `message` for programs."""
        self.clear()
        if self._for_programs:
            self._line({"result": text, **facts})
        else:
            print(text)

    def complain(self, text: str) -> None:
        """Why it cannot go on."""
        self.clear()
        print(text, file=sys.stderr)

    def findings(self, findings: Sequence[Finding], *, as_json: bool = False) -> None:
        """Findings grouped by level with their numbers, or as JSON."""
        self.clear()
        document = {"findings": [finding.to_json() for finding in findings]}
        if self._for_programs:
            self._line(document)
        elif as_json:
            print(json.dumps(document, ensure_ascii=False, indent=2))
        else:
            print("\n".join(_grouped(findings)))

    @staticmethod
    def _line(document: Mapping[str, Any]) -> None:
        print(json.dumps(document, ensure_ascii=False), flush=True)


def counted(findings: Iterable[Finding]) -> str:
    """How many findings of each level there are, in words."""
    levels = [finding.level for finding in findings]
    return ", ".join(
        f"{levels.count(level)} {names[levels.count(level) != 1]}"
        for level, names in LEVELS.items()
    )


def _grouped(findings: Sequence[Finding]) -> list[str]:
    lines = []
    for level, names in LEVELS.items():
        if found := [finding for finding in findings if finding.level is level]:
            lines += [f"{len(found)} {names[len(found) != 1]}", *map(_line, found), ""]
    return [*lines, counted(findings)]


def _line(finding: Finding) -> str:
    """`code: message (table, column, rows)`."""
    places = [finding.table] if finding.table else []
    places += [f"column {finding.column}"] if finding.column else []
    if finding.rows:
        more = " …" if finding.count > len(finding.rows) else ""
        word = "rows" if len(finding.rows) > 1 else "row"
        places.append(f"{word} {', '.join(map(str, finding.rows))}{more}")
    where = f" ({', '.join(places)})" if places else ""
    return f"  {finding.code}: {finding.message}{where}"
