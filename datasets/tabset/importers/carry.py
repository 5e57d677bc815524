"""Decisions of an earlier, edited draft taken over by a new import of the same kind of data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tabset import draft as drafts
from tabset.draft import Draft, DraftColumn, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers.base import Importer, Request

# Keys of the draft, and of its licence and split: each with the option that goes before it.
FACTS = {
    "name": "name",
    "title": "title",
    "description": "description",
    "citation": "citation",
    "origin": "origin",
    "match_semantics": "match_semantics",
    "positive_label": "positive",
    "ids": "ids",
    "images": "image_names",
    "order": "order",
}
LICENCE = {"name": "licence", "url": "licence_url"}
SPLIT = {
    "method": "split_method",
    "test_share": "test_share",
    "public_share": "public_share",
    "strict": "strict",
}
ROLES = {item.name: item.name for item in fields(Roles)}
DECIDED = ("type", "use", "rename", "description", "missing_values", "format")


def read(path: Path) -> Draft:
    """The draft in a file or folder; `DatasetError` says what is wrong with it."""
    if path.is_dir():
        return drafts.read(path)
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise DatasetError(f"there is no draft at {path} (option draft)") from error
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON in UTF-8: {error}") from error
    return drafts.from_json(document)


def as_options(importer: Importer, given: Mapping[str, str], edited: Draft) -> dict[str, str]:
    """The given options, and those roles of the edited draft for which there is an option."""
    known = {option.name for option in importer.options}
    roles = {name: getattr(edited.roles, name) for name in ROLES}
    main = {column.name for column in edited.tables[edited.main]}  # the option knows no others
    slices = ",".join(name for name in edited.roles.slices if name in main)
    roles |= {"slices": slices, "positive": edited.positive_label}
    found = {name: text for name, text in roles.items() if name in known and text}
    return found | {name: text for name, text in given.items() if text.strip()}


def over(request: Request, found: Draft, edited: Draft, given: Mapping[str, str]) -> Draft:
    """The draft with the decisions of the edited one; options that are given go before them.

    Columns are matched by name; new ones are appended and missing ones are reported.
    """
    if set(edited.tables) != set(found.tables):
        raise DatasetError(
            f"the edited draft has the tables {', '.join(edited.tables)}, but these raw files make"
            f" {', '.join(found.tables)}; it belongs to other data (option draft)"
        )
    tables = {
        table: _columns(request, table, columns, edited.tables[table])
        for table, columns in found.tables.items()
    }
    merged: Draft = replace(_merged(found, edited, FACTS, given), tables=tables)
    if "positive" not in given:
        merged = replace(merged, negative_label=edited.negative_label)
    return replace(
        merged,
        classes=edited.classes,
        licence=_merged(found.licence, edited.licence, LICENCE, given),
        split=_merged(found.split, edited.split, SPLIT, given),
        roles=_present(request, merged, _merged(found.roles, edited.roles, ROLES, given)),
    )


def _merged(found: Any, edited: Any, keys: Mapping[str, str], given: Mapping[str, str]) -> Any:
    decided = {
        key: getattr(edited, key) for key, option in keys.items() if not given.get(option, "")
    }
    return replace(found, **decided)


def _columns(
    request: Request, table: str, found: Sequence[DraftColumn], edited: Sequence[DraftColumn]
) -> tuple[DraftColumn, ...]:
    now = {column.name: column for column in found}
    before = {column.name: column for column in edited}
    for name in [name for name in before if name not in now]:
        request.tell(
            Level.WARNING,
            "column-gone",
            f"The raw files no longer have the column {name!r}, which the edited draft decides on.",
            table=table,
            column=name,
        )
    for name in [name for name in now if name not in before]:
        request.tell(
            Level.INFO,
            "column-new",
            f"The column {name!r} is new; the edited draft says nothing about it.",
            table=table,
            column=name,
        )
    kept = [_decided(now[name], column) for name, column in before.items() if name in now]
    return (*kept, *(column for name, column in now.items() if name not in before))


def _decided(found: DraftColumn, edited: DraftColumn) -> DraftColumn:
    evidence = found.evidence
    if edited.type is not found.type:
        evidence = f"Set to {edited.type} in the edited draft; found {found.type}: {evidence}"
    decisions = {name: getattr(edited, name) for name in DECIDED}
    return replace(found, evidence=evidence, **decisions)


def _present(request: Request, draft: Draft, roles: Roles) -> Roles:
    """The roles without those whose columns are gone; the role entity is one of the records."""
    main = {column.name for column in draft.tables[draft.main]}
    records = {column.name for table in draft.record_tables for column in draft.tables[table]}
    kept = tuple(name for name in roles.slices if name in main | records)
    changed: dict[str, Any] = {"slices": kept}
    for role in ("id", "label", "group", "time", "split", "usage", "entity"):
        name = getattr(roles, role)
        if name and name not in (records if role == "entity" else main):
            changed[role] = ""
            request.tell(
                Level.WARNING,
                "role-gone",
                f"The edited draft gives the role {role} to {name!r}, which is no longer there:"
                " give the role to another column.",
                table=draft.main,
                column=name,
            )
    return replace(roles, **changed)
