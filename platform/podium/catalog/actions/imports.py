"""What happens to an import: begun, queued, taken by a worker, ended; and its draft edited."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from django.db import transaction
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.actions.editors import forget_data_set
from podium.catalog.actions.versions import (
    CannotPublish,
    back_to_draft,
    drop_files,
    drop_raw,
    new_draft,
    raw_folders,
)
from podium.catalog.models import (
    Access,
    DatasetVersion,
    Import,
    ImportState,
    Step,
    VersionState,
)
from podium.refusals import Refused
from tabset import draft as drafts
from tabset.errors import DatasetError
from tabset.importers import IMPORTERS

# The states in which a step can be requested.
LEGAL: Mapping[str, frozenset[str]] = {
    Step.IMPORT: frozenset({ImportState.UPLOADING, ImportState.DRAFTED, ImportState.FAILED}),
    Step.CHECK: frozenset({ImportState.DRAFTED, ImportState.FAILED}),
    Step.BUILD: frozenset({ImportState.DRAFTED, ImportState.FAILED}),
}
# What the catalogue itself tells an importer, and what is never the name of a file.
SET_BY_US = frozenset({"name", "title", "draft"})
TEXTS = frozenset(
    {
        "description", "licence", "licence_url", "citation", "origin", "match_semantics",
        "delimiter", "escape", "comment",
    }
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ASKED_FOR: Mapping[Step, Verb] = {
    Step.IMPORT: Verb.ASKED_FOR_IMPORT,
    Step.CHECK: Verb.ASKED_FOR_CHECK,
    Step.BUILD: Verb.ASKED_FOR_BUILD,
}
_CLEARED = {"error": "", "reference": ""}


class CannotImport(Refused):
    """A request about an import is refused; the message says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__("import", message)


def start_import(
    *,
    name: str,
    title: str = "",
    importer: str,
    options: Mapping[str, str] | None = None,
    access: str = Access.PUBLIC,
    by: User | None = None,
) -> Import:
    """Return the import of a new draft version, which waits for raw files. Raises CannotImport.

    Without `options` they are still to come: at the latest with the request to read the files.
    """
    if not _NAME.fullmatch(name) or len(name) > 60:
        raise CannotImport(
            f"`{name}` cannot be a data set's name: use up to 60 small letters a–z and digits, "
            "with single hyphens between them, such as `abt-buy`."
        )
    if access not in Access.values:
        raise CannotImport(f"Access `{access}` is none of {', '.join(Access.values)}.")
    if importer not in IMPORTERS:
        raise CannotImport(f"There is no importer `{importer}`. Known: {', '.join(IMPORTERS)}.")
    given = {} if options is None else checked_options(importer, options)
    with transaction.atomic():
        try:
            version = new_draft(name=name, title=title[:120] or name, by=by, access=access)
        except CannotPublish as error:
            raise CannotImport(str(error)) from error
        return Import.objects.create(version=version, importer=importer, options=given)


def checked_options(importer: str, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options that are not empty. Raises CannotImport if the importer rejects them."""
    known = {o.name: o for o in IMPORTERS[importer].options if o.name not in SET_BY_US}
    if unknown := sorted(set(options) - set(known)):
        raise CannotImport(
            f"The importer {importer} has no option `{unknown[0]}`. "
            f"Known: {', '.join(known) or 'none'}."
        )
    given = {name: value for name, value in options.items() if value}
    for option in known.values():
        if option.required and option.name not in given:
            raise CannotImport(f"The importer {importer} needs `{option.name}`: {option.help}")
    for name, value in given.items():
        path = PurePosixPath(value)
        if "\0" in value or (name not in TEXTS and (path.is_absolute() or ".." in path.parts)):
            raise CannotImport(f"Option `{name}`: name files as they are called in the upload.")
    return given


def request_import(
    *,
    source: Import,
    options: Mapping[str, str] | None = None,
    by: User | None = None,
    send: bool = True,
) -> None:
    """Queue the reading of the raw files, with other options if given. Raises CannotImport.

    Without `send` no worker is notified: the caller does the work itself.
    """
    raw = source.raw_files.all()
    if not raw:
        raise CannotImport("There is nothing to import yet. Upload the raw files first.")
    if partial := next((file for file in raw if not file.is_complete), None):
        raise CannotImport(
            f"`{partial.name}` has not arrived in full ({partial.received:,} of {partial.size:,} "
            "bytes). Resume its upload, or remove it."
        )
    given = checked_options(source.importer, source.options if options is None else options)
    _request(source, Step.IMPORT, by, send=send, options=given)


def request_check(*, source: Import, by: User | None = None) -> None:
    """Queue the checks of the draft as it stands. Raises CannotImport."""
    _request(source, Step.CHECK, by)


def request_build(*, source: Import, by: User | None = None, send: bool = True) -> None:
    """Queue the build, which ends in a checked version. Raises CannotImport."""
    _request(source, Step.BUILD, by, send=send)


def retry(*, source: Import, by: User | None = None) -> None:
    """Queue again the step that failed. Raises CannotImport."""
    if source.state != ImportState.FAILED:
        raise CannotImport("Nothing has failed here.")
    _request(source, source.step, by)


@transaction.atomic
def cancel(*, source: Import, by: User | None = None) -> None:
    """Stop what is queued or running; the worker notices within seconds. Raises CannotImport."""
    busy = Import.objects.filter(pk=source.pk, state__in=[ImportState.QUEUED, ImportState.RUNNING])
    ended = {"lease_until": None, "finished_at": timezone.now(), **_CLEARED}
    fields = {**ended, "progress": 0, "message": "Cancelled."}
    changed = busy.filter(draft__isnull=True).update(state=ImportState.UPLOADING, **fields)
    changed += busy.filter(draft__isnull=False).update(state=ImportState.DRAFTED, **fields)
    if not changed:
        raise CannotImport("Nothing is queued or running here.")
    record(Verb.CANCELLED_IMPORT, subject=source, by=by, version=str(source.version))
    source.refresh_from_db()


@transaction.atomic
def edit_draft(*, source: Import, draft: object, by: User | None = None) -> None:
    """Keep the draft as edited: a document as in draft.json. Raises CannotImport.

    The error names the key at fault. Name, tables and columns are those of the raw files; to read
    these otherwise, import them again with other options.
    """
    try:
        edited = drafts.from_json(draft)
    except DatasetError as error:
        raise CannotImport(f"{error}.") from error
    row = Import.objects.select_for_update().get(pk=source.pk)
    if row.draft is None or row.state not in LEGAL[Step.CHECK]:
        raise CannotImport("There is no draft to edit now. Wait for the work to end, or cancel it.")
    if edited.name != row.version.name:
        raise CannotImport(
            f"draft.name is `{edited.name}`, but this is {row.version.name}. "
            "Begin another import for another name."
        )
    if _columns(draft) != _columns(row.draft):
        raise CannotImport(
            "draft.tables has other tables or columns than the raw files. Leave a column out with "
            "`use: false`, and give it another name with `rename`."
        )
    Import.objects.filter(pk=row.pk).update(
        draft=edited.to_json(), state=ImportState.DRAFTED, **_CLEARED
    )
    DatasetVersion.objects.filter(pk=row.version_id).update(
        title=edited.title[:120] or row.version.name, kind=edited.kind
    )
    record(Verb.EDITED_DRAFT, subject=source, by=by, version=str(row.version))
    source.refresh_from_db()


@transaction.atomic
def reopen(*, version: DatasetVersion, by: User | None = None) -> None:
    """Turn a checked version back into a draft, to edit and rebuild it. Raises CannotPublish."""
    back_to_draft(version)
    Import.objects.filter(version=version).update(
        state=ImportState.DRAFTED, message="", progress=0, **_CLEARED
    )
    record(Verb.REOPENED_DATA_SET_VERSION, subject=version, by=by, version=str(version))


@transaction.atomic
def discard(*, version: DatasetVersion, by: User | None = None) -> None:
    """Delete a version that was never published, with all that belongs to it.

    Raises CannotPublish.
    """
    raw = raw_folders(version)
    if version.state == VersionState.CHECKED:
        back_to_draft(version)
    if not DatasetVersion.objects.filter(pk=version.pk, state=VersionState.DRAFT).exists():
        raise CannotPublish(f"{version} has been published and stays. Retire it instead.")
    record(Verb.DISCARDED_DATA_SET_VERSION, subject=version, by=by, version=str(version))
    version.delete()
    forget_data_set(version.name)
    # A build that broke off may have left files of what never became a checked version.
    transaction.on_commit(lambda: drop_files(version))
    transaction.on_commit(lambda: drop_raw([*raw, str(version.solutions_folder)]))


# What workers call ------------------------------------------------------------------------------


def finish(source: Import, state: str, **fields: object) -> bool:
    """End a claimed import's step. Returns whether the claim still held."""
    return source.finish(state, **{**_CLEARED, "progress": 1, "message": "", **fields})


@transaction.atomic
def fail(source: Import, error: str, reference: str = "") -> None:
    """End a claimed import's step as failed, with a text for the organizer."""
    if finish(source, ImportState.FAILED, error=error, reference=reference):
        record(Verb.IMPORT_FAILED, subject=source, version=str(source.version), step=source.step)


@transaction.atomic
def _request(
    source: Import, step: str, by: User | None, *, send: bool = True, **fields: object
) -> None:
    rows = Import.objects.filter(
        pk=source.pk, state__in=LEGAL[step], version__state=VersionState.DRAFT
    )
    if step != Step.IMPORT:
        rows = rows.filter(draft__isnull=False)
    changed = Import.requeue(rows, step=step, progress=0, message="", **_CLEARED, **fields)
    if not changed:
        label = Import.objects.get(pk=source.pk).state_label
        raise CannotImport(f"This cannot be done now: the import's state is “{label}”.")
    record(_ASKED_FOR[Step(step)], subject=source, by=by, version=str(source.version))
    if send:
        source.send()
    source.refresh_from_db()


def _columns(draft: Any) -> dict[str, list[str]]:
    return {
        table: [column["name"] for column in columns] for table, columns in draft["tables"].items()
    }
