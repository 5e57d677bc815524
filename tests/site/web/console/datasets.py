"""Data set versions in every state, and forms as a browser would send them back."""

from html.parser import HTMLParser
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from podium.catalog.models import (
    DatasetVersion,
    Import,
    ImportState,
    VersionState,
)
from tabset.draft import Draft, DraftColumn, Roles
from tabset.schema import ColumnType, Kind, Licence
from tests.site import factories

PETS = Draft(
    name="pets",
    title="Pets",
    kind=Kind.CLASSIFICATION,
    description="Name the pet.\n\nFrom its weight.",
    licence=Licence("CC0", "https://example.org/cc0"),
    classes=("cat", "dog, large", " owl"),
    roles=Roles(label="kind", slices=("born",)),
    tables={
        "rows": (
            DraftColumn("weight", ColumnType.NUMERIC, missing_values=("NA", "a, b"), missing=0.25),
            DraftColumn(
                "born", ColumnType.DATETIME, format="%d.%m.%Y", samples=("1.2.2020", "x" * 99)
            ),
            DraftColumn("name", ColumnType.TEXT, use=False, rename="called", description='"<b>"'),
            DraftColumn("kind", ColumnType.CATEGORICAL, distinct=3, evidence="Three texts."),
        )
    },
)
SHOP = Draft(
    name="pets",
    kind=Kind.MATCHING,
    positive_label="1",
    negative_label="0",
    match_semantics="exact",
    roles=Roles(label="label", entity="ean"),
    tables={
        "pairs": tuple(DraftColumn(n, ColumnType.ID) for n in ("left_id", "right_id", "label")),
        "records": (
            DraftColumn("record_id", ColumnType.ID),
            DraftColumn("ean", ColumnType.ID),
            DraftColumn("tags", ColumnType.LIST, format=" "),
        ),
    },
)


def finding(level: str, message: str, **fields: Any) -> dict[str, Any]:
    """Return a finding as an import keeps it."""
    empty = {"code": "x", "table": "", "column": "", "rows": [], "count": 0}
    return {"level": level, "message": message, **empty, **fields}


def make_import(state: str = ImportState.UPLOADING, *editors: Any, **fields: Any) -> Import:
    """Return the import of the draft version pets 1 in that state, with what belongs to it."""
    version = factories.make_draft("pets")
    version.editors.add(*editors)
    if state == ImportState.UPLOADING:
        defaults: dict[str, Any] = {}
    else:
        defaults = {"draft": PETS.to_json(), "queued_at": timezone.now()}
    if state == ImportState.RUNNING:
        defaults |= {"lease_until": timezone.now(), "attempt": 1}
    if state == ImportState.FAILED:
        defaults["error"] = "It broke."
    Import.objects.filter(version=version).update(state=state, **{**defaults, **fields})
    return again(version.source)


def again(source: Import) -> Import:
    """Return the import as it stands now."""
    return Import.objects.select_related("version").get(pk=source.pk)


def put_in(version: DatasetVersion, state: str) -> DatasetVersion:
    """Return the version in that state, built unless it is a draft."""
    now = timezone.now()
    times: dict[str, Any] = {
        VersionState.CHECKED: {},
        VersionState.PUBLISHED: {"published_at": now},
        VersionState.RETIRED: {"published_at": now, "retired_at": now},
    }[VersionState(state)]
    facts = factories.make_facts("classification", version.name)
    fields = {"kind": "classification", "content_hash": "a" * 64, "facts": facts, **times}
    DatasetVersion.objects.filter(pk=version.pk).update(state=state, **fields)
    Import.objects.filter(version=version).update(
        state=ImportState.BUILT, lease_until=None, draft=PETS.to_json()
    )
    return DatasetVersion.objects.get(pk=version.pk)


class _Inputs(HTMLParser):
    """Collects what a browser would send of the form whose address ends so."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.sent = QueryDict(mutable=True)
        self.is_inside = False
        self.select = ""
        self.area = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = found.get("action", "").endswith(self.action)
        if not self.is_inside:
            return
        if tag == "input" and found["type"] == "checkbox":
            if "checked" in found:
                self.sent.appendlist(found["name"], found.get("value", "on"))
        elif tag == "input" and found["type"] != "file":
            self.sent.appendlist(found["name"], found.get("value", ""))
        elif tag == "select":
            self.select = found["name"]
        elif tag == "option" and self.select and "selected" in found:
            if "value" in found:
                self.sent.appendlist(self.select, found["value"])
            else:
                self.area = self.select
        elif tag == "textarea":
            self.area = found["name"]
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "option") and self.area:
            # The first line break after the tag is not content; a browser sends CRLF.
            content = self.text.replace("\r\n", "\n").removeprefix("\n").replace("\n", "\r\n")
            self.sent.appendlist(self.area, content)
            self.area = ""
        elif tag == "select":
            self.select = ""


def as_sent(html: str, action: str) -> QueryDict:
    """Return what a browser would send of the form with this address."""
    parser = _Inputs(action)
    parser.feed(html)
    return parser.sent
