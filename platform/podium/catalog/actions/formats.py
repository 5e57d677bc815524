"""The format that raw files are read in, changed after an import began: planned, then done.

The raw files stay. What was said of the data goes on as options of the new format; what it has no
option for, and what was decided about single columns, is dropped, and the plan says so.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.actions.imports import LEGAL, SET_BY_US, CannotImport
from podium.catalog.models import DatasetVersion, Import, ImportState, Step, VersionState
from podium.files import Json
from tabset.draft import Draft
from tabset.draft import from_json as draft_of
from tabset.importers import IMPORTERS, carry

_SHARES = ("test_share", "public_share")


@dataclass(frozen=True)
class FormatPlan:
    """What another format does to an import: the options that go on, and what is dropped.

    `dropped` are names of options and keys of the draft, each with a value.
    """

    before: str
    after: str
    options: Mapping[str, str]
    dropped: tuple[str, ...]
    drops_columns: bool
    raw_files: int
    fingerprint: str


def plan_format(*, source: Import, importer: str) -> FormatPlan:
    """Return what reading the raw files in another format would do. Raises CannotImport."""
    if importer not in IMPORTERS:
        raise CannotImport(
            f"There is no format `{importer}`. Choose one of {', '.join(IMPORTERS)}."
        )
    if importer == source.importer:
        raise CannotImport(f"The format is {importer} already. Choose another one.")
    if source.state not in LEGAL[Step.IMPORT] or source.version.state != VersionState.DRAFT:
        raise CannotImport("The format can be changed in a draft that no worker has. Try later.")
    said = dict(source.options)
    if source.draft is not None:
        said |= _said_in(draft_of(source.draft))
    known = {option.name for option in IMPORTERS[importer].options} - SET_BY_US
    options = {name: text for name, text in said.items() if name in known}
    world = [source.importer, importer, said, source.draft, source.state]
    return FormatPlan(
        before=source.importer,
        after=importer,
        options=options,
        dropped=tuple(name for name in said if name not in known),
        drops_columns=source.draft is not None,
        raw_files=source.raw_files.count(),
        fingerprint=hashlib.sha256(json.dumps(world, sort_keys=True).encode()).hexdigest(),
    )


@transaction.atomic
def change_format(*, source: Import, importer: str, fingerprint: str, by: User) -> FormatPlan:
    """Read the raw files in another format from now on, as was planned. Raises CannotImport.

    Nothing is read yet: the options of the new format can be looked at first.
    """
    row = Import.objects.select_for_update(of=("self",)).select_related("version").get(pk=source.pk)
    plan = plan_format(source=row, importer=importer)
    if plan.fingerprint != fingerprint:
        raise CannotImport("The draft has changed since. Read again what would happen now.")
    Import.objects.filter(pk=row.pk).update(
        importer=importer,
        options=plan.options,
        draft=None,
        findings=[],
        checked_draft="",
        staged=0,
        state=ImportState.UPLOADING,
        step=Step.IMPORT,
        error="",
        reference="",
        message="",
        progress=0,
    )
    DatasetVersion.objects.filter(pk=row.version_id).update(kind="")
    record(
        Verb.CHANGED_FORMAT,
        subject=row,
        by=by,
        version=str(row.version),
        before=plan.before,
        after=plan.after,
        dropped=list(plan.dropped),
    )
    source.refresh_from_db()
    return plan


def _said_in(draft: Draft) -> dict[str, str]:
    """Return what a draft says of the data by the names of options, without what is empty.

    How rows are divided is not among it: each format proposes what fits its files, and an option
    that was given goes on. Shares and whether to drop crossing pairs are the same in all.
    """
    facts: Json = {
        option: getattr(draft, key)
        for key, option in carry.FACTS.items()
        if key not in ("name", "title")
    }
    facts |= {option: getattr(draft.licence, key) for key, option in carry.LICENCE.items()}
    facts |= {name: getattr(draft.split, name) for name in _SHARES}
    facts |= {"strict": "true" if draft.split.strict else ""}
    roles = {name: getattr(draft.roles, name) for name in carry.ROLES}
    facts |= roles | {"slices": ",".join(draft.roles.slices)}
    facts |= {"classes": ",".join(draft.classes), "negative_label": draft.negative_label}
    facts |= {"shared_salt": draft.split.shared_salt}
    return {name: str(value) for name, value in facts.items() if value not in ("", None)}
