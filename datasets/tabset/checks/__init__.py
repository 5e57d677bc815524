"""Checks of a draft before it is built: what is wrong, how grave it is, and what to do about it.

Each check is one small function in `CHECKS`, whose docstring says why it matters.
"""

import json
from collections.abc import Callable
from pathlib import Path

from tabset import draft as drafts
from tabset.checks import facts, structure
from tabset.checks.registry import Check
from tabset.checks.subject import Subject
from tabset.errors import DatasetError
from tabset.findings import Finding, Level
from tabset.stage import Stage

__all__ = ["CHECKS", "Check", "Subject", "check"]

READING = "findings.json"
GRAVITY = tuple(Level)
STRUCTURE: tuple[Check, ...] = structure.CHECKS
CHECKS: tuple[Check, ...] = (*STRUCTURE, *facts.CHECKS)


def check(folder: Path, *, salt: str, progress: Callable[[float, str], None]) -> list[Finding]:
    """All findings about the draft in `folder`, the gravest first.

    They are those of the reading (`findings.json`) and of every check. `progress` gets the share
    done in [0, 1] and what is being done. `DatasetError` if there is no draft or it cannot be read.
    """
    subject = Subject(drafts.read(folder), Stage.open(folder))
    found = _of_reading(folder)
    for place, each in enumerate(CHECKS):
        progress(place / len(CHECKS), f"checking {each.code}")
        found += each.run(subject)
    progress(1.0, "checked")
    return sorted(found, key=lambda finding: GRAVITY.index(finding.level))


def _of_reading(folder: Path) -> list[Finding]:
    try:
        documents = json.loads((folder / READING).read_bytes())
        return [Finding.from_json(document) for document in documents]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{folder / READING} is not a list of findings: {error}") from error
