"""Imports small raw files for tests, and reads back what the draft folder holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabset import draft as drafts
from tabset.draft import Draft, DraftColumn
from tabset.findings import Finding
from tabset.importers import import_raw
from tabset.stage import Stage


@dataclass(frozen=True)
class Imported:
    """A draft folder and what is in it."""

    folder: Path
    draft: Draft
    findings: list[Finding]

    def rows(self, table: str) -> list[dict[str, str | None]]:
        """The staged rows of a table."""
        found: list[dict[str, str | None]] = (
            Stage.open(self.folder).tables[table].read().to_pylist()
        )
        return found

    def column(self, name: str, table: str = "") -> DraftColumn:
        """A column of the draft, of its main table if none is named."""
        columns = self.draft.tables[table or self.draft.main]
        return next(column for column in columns if column.name == name)

    def finding(self, code: str) -> Finding:
        """The only finding with a code."""
        (found,) = [finding for finding in self.findings if finding.code == code]
        return found

    @property
    def codes(self) -> set[str]:
        """The codes of the findings."""
        return {finding.code for finding in self.findings}


def silent(share: float, message: str) -> None:
    """Shows no progress."""


def imported(importer: str, *paths: Path, to: str = "draft", **options: str) -> Imported:
    """The import of paths into a folder next to the first one."""
    out = paths[0].parent / to
    draft = import_raw(importer, paths, options, out, progress=silent)
    assert drafts.read(out) == draft
    found = json.loads((out / "findings.json").read_text())
    return Imported(out, draft, [Finding.from_json(each) for each in found])


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """The folder `raw` below `folder` with these files."""
    raw = folder / "raw"
    for name, content in files.items():
        path = raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return raw


def edited(draft: Imported, **changes: Any) -> Path:
    """The draft's file after an organizer has changed some of its keys."""
    path = draft.folder.parent / "edited.json"
    document = json.loads((draft.folder / drafts.FILE).read_text())
    path.write_text(json.dumps({**document, **changes}))
    return path
