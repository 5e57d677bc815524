"""Checks of a draft before it is built: what is wrong, how severe it is, and what to do about it.

Each check is one small function in `CHECKS`, whose docstring says why it matters.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tabset import draft as drafts
from tabset import plan as plans
from tabset.checks import (
    candidates,
    columns,
    duplicates,
    facts,
    ids,
    labels,
    leaks,
    pairs,
    pictures,
    records,
    structure,
)
from tabset.checks.registry import Check
from tabset.checks.scan import Questions, Scan, pass_over
from tabset.checks.subject import Subject
from tabset.errors import DatasetError
from tabset.findings import Finding, Level, errors
from tabset.stage import Stage

__all__ = ["CHECKS", "Check", "Subject", "check"]

READING = "findings.json"
GRAVITY = tuple(Level)
STRUCTURE = structure.CHECKS  # if they find an error, the others cannot run
CONTENT: tuple[Check, ...] = (
    *columns.CHECKS,
    *labels.CHECKS,
    *ids.CHECKS,
    *duplicates.CHECKS,
    *pairs.CHECKS,
    *records.CHECKS,
    *candidates.CHECKS,
    *leaks.CHECKS,
    *pictures.CHECKS,
)
CHECKS: tuple[Check, ...] = (*STRUCTURE, *facts.CHECKS, *CONTENT)
TOLD_OF_ALL = {
    "doubled-id",
    "missing-id",
}  # a check reports for all rows what the plan reports for test rows
PLANNED, PASSED = 0.1, 0.7  # shares of the progress after the plan, and after the pass

Progress = Callable[[float, str], None]


def check(folder: Path, *, salt: str, progress: Progress) -> list[Finding]:
    """All findings about the draft in `folder`, the most severe first.

    They are those of the reading (`findings.json`), of the plan under `salt`, and of every check.
    `progress` gets the share done in [0, 1] and what is being done. `DatasetError` if there is no
    draft or it cannot be read.
    """
    subject = Subject(drafts.read(folder), Stage.open(folder))
    found = [*_of_reading(folder), *_ask(subject, (*STRUCTURE, *facts.CHECKS))]
    if not errors(_ask(subject, STRUCTURE)):
        found += _of_content(subject, salt, progress)
    progress(1.0, "checked")
    return sorted(found, key=lambda finding: GRAVITY.index(finding.level))


def _ask(subject: Subject, checks: Iterable[Check]) -> list[Finding]:
    return [finding for each in checks for finding in each.run(subject)]


def _of_content(subject: Subject, salt: str, progress: Progress) -> Iterator[Finding]:
    """The findings of the plan, and of the checks that look at cells."""
    progress(0.0, "planning the split")
    try:
        plan = plans.make(subject.draft, subject.stage, salt=salt)
    except DatasetError as error:
        yield Finding(Level.ERROR, "plan", f"The rows cannot be divided: {error}.")
    else:
        yield from (finding for finding in plan.findings if finding.code not in TOLD_OF_ALL)
        if len(plan.train) and len(plan.test):
            subject = replace(subject, plan=plan)
    progress(PLANNED, "reading the tables")
    subject = replace(subject, scans=_scans(subject, progress))
    asked = [each for each in CONTENT if subject.plan is not None or not each.needs_plan]
    for place, each in enumerate(asked):
        progress(PASSED + (1 - PASSED) * place / len(asked), f"checking {each.code}")
        yield from each.run(subject)


def _scans(subject: Subject, progress: Progress) -> dict[str, Scan]:
    draft, staged = subject.draft, subject.stage.tables
    rows = sum(staged[table].rows for table in draft.tables)
    done = 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        progress(PLANNED + (PASSED - PLANNED) * done / max(rows, 1), "reading the tables")

    with tempfile.TemporaryDirectory(prefix=".checks-", dir=subject.stage.folder) as scratch:
        return {
            table: pass_over(
                staged[table],
                Questions(
                    table,
                    draft.features(table),
                    draft.roles.id if table == draft.main else "record_id",
                ),
                Path(scratch),
                tick,
            )
            for table in draft.tables
        }


def _of_reading(folder: Path) -> list[Finding]:
    try:
        documents = json.loads((folder / READING).read_bytes())
        return [Finding.from_json(document) for document in documents[:]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{folder / READING} is not a list of findings: {error}") from error
