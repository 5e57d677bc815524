"""Importers: each reads one form of raw data and makes a draft folder of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tabset import draft as drafts
from tabset import folders
from tabset.draft import Draft
from tabset.errors import DatasetError
from tabset.importers import (
    carry,
    ditto,
    files,
    findmatches,
    imagefolder,
    kaggle,
    magellan,
    standard,
    table,
)
from tabset.importers import options as settings
from tabset.importers.base import Importer, Meter, Option, Request
from tabset.readers import Report, TextFormat

__all__ = ["FINDINGS", "IMPORTERS", "Importer", "Option", "Request", "import_raw"]

FINDINGS = "findings.json"
IMPORTERS: Mapping[str, Importer] = {
    module.IMPORTER.name: module.IMPORTER
    for module in (table, imagefolder, kaggle, magellan, findmatches, ditto, standard)
}


def import_raw(
    name: str,
    paths: Sequence[Path],
    options: Mapping[str, str],
    out: Path,
    *,
    progress: Callable[[float, str], None],
) -> Draft:
    """Makes the draft folder `out` of raw files and folders; gives the draft that it holds.

    `out` is new or empty; it gets draft.json, findings.json, the staged tables and raw images, or
    nothing if the import fails. `options` are those of the importer `name` as texts; an empty text
    counts as not given. `progress` gets the share of the bytes read, in [0, 1], and what is being
    done. Raises `DatasetError` with what to do about raw files or options that make no data set.
    """
    if name not in IMPORTERS:
        raise DatasetError(f"there is no importer {name!r}; known are {', '.join(IMPORTERS)}")
    importer = IMPORTERS[name]
    given = {key: text for key, text in options.items() if text}
    edited = carry.read(Path(given["draft"])) if given.get("draft") else None
    filled = carry.as_options(importer, given, edited) if edited else given
    checked = settings.checked(importer, filled)
    try:
        with folders.filled(out, "import into a new folder"):
            request = _request(paths, checked, out, progress)
            draft = importer.run(request)
            if edited:
                draft = carry.over(request, draft, edited, given)
            drafts.from_json(draft.to_json())  # what is written has to be readable again
            drafts.write(draft, out)
            found = [finding.to_json() for finding in request.report.findings]
            text = json.dumps(found, ensure_ascii=False, indent=2)
            (out / FINDINGS).write_text(text + "\n", "utf-8")
    except OSError as error:
        raise DatasetError(f"{error.filename or out}: {error.strerror or error}") from error
    progress(1.0, "imported")
    return draft


def _request(
    paths: Sequence[Path],
    checked: Mapping[str, str],
    out: Path,
    progress: Callable[[float, str], None],
) -> Request:
    form = TextFormat(
        delimiter={"tab": "\t", "\\t": "\t"}.get(checked["delimiter"], checked["delimiter"]),
        encoding=checked["encoding"],
        escape=checked["escape"],
        comment=checked["comment"],
    )
    found = files.given(paths)
    expected = sum(path.stat().st_size for path in files.listed(found))
    return Request(found, checked, out, Report(), Meter(progress, expected), form)
