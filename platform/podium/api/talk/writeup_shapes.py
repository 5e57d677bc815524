"""Write-ups as the API takes and shows them."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema
from pydantic import Field

from podium.api.base.shapes import Named, PageQuery, Text, Whole, example, strict
from podium.writeups import actions, attachments, reading
from podium.writeups.models import Attachment, WriteUp, WriteUpVersion
from podium.writeups.validation import MOST_BODY, MOST_LINKS, MOST_REASON, MOST_TITLE, MOST_URL

_SHORT: dict[str, object] = {
    "challenge": "sample",
    "track": "matching",
    "team": {"slug": "alpha", "name": "Alpha"},
    "title": "Blocking, then boosting",
    "number": 3,
    "published": 3,
    "published_at": "2027-03-02T12:00:00Z",
    "is_public": True,
    "is_mine": True,
    "url": "/c/sample/write-ups/matching/alpha/",
}
_LINK = {"url": "https://code.example.org/alpha", "title": "The code"}


class WriteUpShort(Schema):
    """What a team says of its system for a track, as lists have it."""

    challenge: str
    track: str
    team: Named
    title: str = Field(description="Of the version that you read.")
    number: int = Field(description="Of the version that you read: the newest of your own team's.")
    published: int | None = Field(description="The number of the version that everybody reads.")
    published_at: datetime | None
    is_public: bool = Field(description="Whether everybody reads it: published, and not hidden.")
    is_mine: bool
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(**_SHORT)


class Link(Schema):
    """An address that a write-up leads to."""

    url: Text = Field(max_length=MOST_URL, description="It begins with https://.")
    title: Text = Field("", max_length=MOST_TITLE, description="Empty: the host of the address.")
    model_config = strict(**_LINK)


class Pdf(Schema):
    """A PDF that is attached to a version."""

    name: str
    bytes: int
    sha256: str
    url: str = Field(description="Where it is, relative to this site.")
    model_config = example(
        name="paper.pdf",
        bytes=183_222,
        sha256="e" * 64,
        url="/api/v1/challenges/sample/write-ups/matching/alpha/versions/3/paper",
    )


class VersionShort(Schema):
    """A version of a write-up, as lists have it."""

    number: int
    title: str
    by: str
    at: datetime
    model_config = example(
        number=3, title="Blocking, then boosting", by="Ada", at="2027-03-01T12:00:00Z"
    )


class WriteUpOut(WriteUpShort):
    """One version of a write-up: the newest for its team and organizers, else the published."""

    body: str = Field(description="Markdown.")
    links: list[Link]
    paper: Pdf | None
    slides: Pdf | None
    at: datetime = Field(description="When the version was saved.")
    versions: list[VersionShort] = Field(
        description="All of them, newest first; only for its team and organizers."
    )
    hidden: str | None = Field(description="Why organizers have hidden it; for the same readers.")
    why_not_written: str | None = Field(description="Why your team can save nothing now, if so.")
    why_not_published: str | None = Field(description="Why it cannot be published now, if so.")
    model_config = example(
        **_SHORT,
        body="We *block* first.",
        links=[_LINK],
        paper=None,
        slides=None,
        at="2027-03-01T12:00:00Z",
        versions=[],
        hidden=None,
        why_not_written=None,
        why_not_published=None,
    )


class WriteUpQuery(PageQuery):
    """Which write-ups are wanted."""

    track: Text | None = Field(None, max_length=70, description="Only those for this track.")
    mine: bool = Field(False, description="Only your own team's.")


class VersionQuery(Schema):
    """Which version is wanted."""

    version: int | None = Field(
        None, ge=1, le=2**31, description="Its number; for the team and organizers."
    )


class WriteUpGiven(Schema):
    """A version of your team's write-up."""

    title: Text = Field(min_length=1, max_length=MOST_TITLE)
    body: Text = Field(min_length=1, max_length=MOST_BODY, description="Markdown.")
    links: list[Link] = Field([], max_length=MOST_LINKS)
    remove: list[Literal["paper", "slides"]] = Field(
        [], max_length=2, description="PDFs to leave out; the others stay as they were."
    )
    based_on: Whole = Field(
        ge=0, le=2**31, description="The number of the version that you changed; 0 for the first."
    )
    model_config = strict(
        title="Blocking, then boosting", body="We *block* first.", links=[_LINK], based_on=2
    )


class VersionGiven(Schema):
    """Which version everybody shall read."""

    version: Whole = Field(ge=1, le=2**31, description="Its number.")
    model_config = strict(version=3)


class ReasonGiven(Schema):
    """Why a write-up is hidden."""

    reason: Text = Field(min_length=1, max_length=MOST_REASON, description="The team reads it.")
    model_config = strict(reason="It names another team's people.")


def short(
    request: HttpRequest, found: WriteUp, version: WriteUpVersion, *, is_public: bool, is_mine: bool
) -> dict[str, object]:
    """Return a write-up as lists have it; `version` is the one that the reader reads."""
    published = found.published_version
    return {
        "challenge": found.team.challenge.slug,
        "track": found.track.kind,
        "team": found.team,
        "title": version.title,
        "number": version.number,
        "published": published.number if published else None,
        "published_at": found.published_at,
        "is_public": is_public,
        "is_mine": is_mine,
        "url": found.get_absolute_url(),
    }


def shown(request: HttpRequest, found: WriteUp, version: WriteUpVersion) -> dict[str, object]:
    """Return a version of a write-up as the reader sees it."""
    own, inside = reading.is_own(request.user, found), reading.is_insider(request.user, found)
    is_public = reading.is_public(found)
    versions = found.versions.select_related("by").defer("body") if inside else []
    return {
        **short(request, found, version, is_public=is_public, is_mine=own),
        "body": version.body,
        "links": version.links,
        **{kind: _pdf(found, version, kind) for kind in attachments.KINDS},
        "at": version.at,
        "versions": [
            {"number": each.number, "title": each.title, "by": str(each.by), "at": each.at}
            for each in versions
        ],
        "hidden": found.hidden_reason or None if inside else None,
        "why_not_written": actions.why_not_written(found.team) or None if own else None,
        "why_not_published": actions.why_not_published(found) or None if own else None,
    }


def _pdf(found: WriteUp, version: WriteUpVersion, kind: str) -> dict[str, object] | None:
    attached: Attachment | None = getattr(version, kind)
    if attached is None:
        return None
    return {
        "name": attached.name,
        "bytes": attached.size,
        "sha256": attached.sha256,
        "url": reverse("api:write-up-pdf", args=[*found.address, version.number, kind]),
    }
