"""Write-ups: what teams say of their systems, read, saved with PDFs, published and hidden."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import pydantic
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Path, Query, Router
from ninja.responses import Status

from podium.access import get_challenge, get_track
from podium.accounts.requests import SignedInRequest
from podium.api.base.limits import count_upload
from podium.api.base.paging import part_of
from podium.api.base.problems import NotThere, Problem, invalid, invalid_body
from podium.api.base.readers import ANYBODY, TEAM
from podium.api.base.reading import document_of, json_of
from podium.api.base.shapes import Page, Slug
from podium.api.submission.receiving import FORM, posted
from podium.api.talk.writeup_shapes import (
    ReasonGiven,
    VersionGiven,
    VersionQuery,
    WriteUpGiven,
    WriteUpOut,
    WriteUpQuery,
    WriteUpShort,
    short,
    shown,
)
from podium.api.teams import own_team
from podium.catalog.downloads import Stored, send
from podium.files import Json
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.uploads.receiving import Upload
from podium.writeups import actions, attachments, reading
from podium.writeups.models import WriteUp, WriteUpVersion
from podium.writeups.validation import clean_body, clean_line, clean_links

router = Router(tags=["Write-ups"])
_ALL = "/challenges/{slug:challenge}/write-ups"
_OWN = f"{_ALL}/{{slug:track}}"
_ONE = f"{_OWN}/{{slug:team}}"
_FILE = {"type": "string", "format": "binary", "description": "A PDF."}
_DOCUMENT = "The fields of the JSON body, as one text in JSON."
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "document": {"type": "string", "description": _DOCUMENT},
                        "paper": _FILE,
                        "slides": _FILE,
                    },
                    "required": ["document"],
                    "additionalProperties": False,
                }
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/WriteUpGiven"}},
        },
    }
}


# Reading ---------------------------------------------------------------------------------------


@router.get(
    _ALL,
    response=Page[WriteUpShort],
    auth=ANYBODY,
    url_name="write-ups",
    summary="List write-ups",
)
def writeups(request: HttpRequest, challenge: Path[Slug], page: Query[WriteUpQuery]) -> object:
    """List the write-ups that you may read: published ones, and your team's own."""
    found = get_challenge(request, challenge)
    mine = team_of(request.user, found)
    rows = reading.visible_to(request.user, found).order_by("track__kind", "team__name", "pk")
    if page.track is not None:
        rows = rows.filter(track__kind=page.track)
    if page.mine:
        rows = rows.filter(team=mine) if mine else rows.none()
    public = set(reading.public(found).values_list("pk", flat=True))
    reads_all = reading.reads_all(request.user, found)

    def listed(each: WriteUp) -> dict[str, object]:
        is_mine = mine is not None and each.team_id == mine.pk
        version = each.latest() if is_mine or reads_all else each.published_version
        assert version is not None  # noqa: S101  (what is visible has one)
        return short(request, each, version, is_public=each.pk in public, is_mine=is_mine)

    return part_of(request, rows, page, listed)


@router.get(_ONE, response=WriteUpOut, auth=ANYBODY, url_name="write-up", summary="A write-up")
def writeup(
    request: HttpRequest,
    challenge: Path[Slug],
    track: Path[Slug],
    team: Path[Slug],
    which: Query[VersionQuery],
) -> object:
    """Give a team's write-up: to the team and organizers the newest version, else the published."""
    found = _get(request, challenge, track, team)
    return shown(request, found, _version(request, found, which.version))


@router.get(
    f"{_ONE}/versions/{{int:version}}/{{slug:pdf}}",
    auth=ANYBODY,
    url_name="write-up-pdf",
    summary="Get a PDF",
    openapi_extra={
        "responses": {
            200: {
                "description": "The whole file. Its ETag is the sha256.",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            },
            206: {"description": "The part that the header Range asks for."},
        }
    },
)
def pdf(
    request: HttpRequest,
    challenge: Path[Slug],
    track: Path[Slug],
    team: Path[Slug],
    version: int,
    pdf: Literal["paper", "slides"],
) -> HttpResponseBase:
    """Send the paper or the slides of a version that you may read."""
    found = _version(request, _get(request, challenge, track, team), version)
    attached = getattr(found, pdf)
    if attached is None:
        raise NotThere(request, f"No {pdf} of this version")
    request.method = str(request.META["REQUEST_METHOD"])  # HEAD opens no file
    stored = Stored(
        name=attached.file,
        filename=attached.name,
        tag=attached.sha256,
        at=attached.at,
        is_for_everybody=False,
        is_private=True,
    )
    return send(request, stored)


# Writing ---------------------------------------------------------------------------------------


@router.post(
    _OWN,
    response={200: WriteUpOut, 201: WriteUpOut},
    auth=TEAM,
    url_name="write-up-save",
    summary="Save a version",
    openapi_extra=_BODY,
)
def save(
    request: SignedInRequest, response: HttpResponse, challenge: Path[Slug], track: Path[Slug]
) -> object:
    """Save a version of your team's write-up for a track: JSON, or a form with PDFs.

    A PDF that is not sent stays as it was. What the newest version says already makes no new one
    and is answered with status 200. A colleague's newer version is not passed over: 409, `newer`.
    """
    mine = own_team(request, challenge)
    of_track = get_track(request, challenge, track)
    with _received(request) as (given, uploads):
        wish = given.model_dump(exclude={"based_on"})
        latest = _latest(mine, of_track.pk)
        number, based_on = (latest.number if latest else 0), given.based_on
        if latest and number == based_on + 1 and _says(latest, wish, uploads):
            based_on = number  # it was sent before, and the answer did not arrive
        saved = actions.save(
            team=mine,
            track=of_track,
            paper=uploads.get("paper"),
            slides=uploads.get("slides"),
            based_on=based_on,
            by=request.user,
            **wish,
        )
    found = _get(request, challenge, track, mine.slug)
    response["Location"] = reverse("api:write-up", args=found.address)
    return Status(201 if saved.number > number else 200, shown(request, found, saved))


@router.post(
    f"{_ONE}/publish", response=WriteUpOut, auth=TEAM, url_name="write-up-publish",
    summary="Publish",
)  # fmt: skip
def publish(
    request: SignedInRequest,
    challenge: Path[Slug],
    track: Path[Slug],
    team: Path[Slug],
    given: VersionGiven,
) -> object:
    """Let everybody read a version of your team's write-up, from the close on. For captains."""
    found = _get(request, challenge, track, team)
    version = found.versions.filter(number=given.version).first()
    if version is None or not reading.is_insider(request.user, found):
        raise NotThere(request, "No such version")
    actions.publish(writeup=found, version=version, by=request.user)
    return _answer(request, found)


@router.post(
    f"{_ONE}/take-back", response=WriteUpOut, auth=TEAM, url_name="write-up-take-back",
    summary="Take back",
)  # fmt: skip
def take_back(
    request: SignedInRequest, challenge: Path[Slug], track: Path[Slug], team: Path[Slug]
) -> object:
    """Let only your team and organizers read your team's write-up again. For captains."""
    return _done(request, challenge, track, team, actions.take_back)


@router.post(
    f"{_ONE}/hide", response=WriteUpOut, auth=TEAM, url_name="write-up-hide", summary="Hide"
)
def hide(
    request: SignedInRequest,
    challenge: Path[Slug],
    track: Path[Slug],
    team: Path[Slug],
    given: ReasonGiven,
) -> object:
    """Take a write-up out of the public's sight, with a reason. For owners and managers."""
    return _done(request, challenge, track, team, actions.hide, reason=given.reason)


@router.post(
    f"{_ONE}/show", response=WriteUpOut, auth=TEAM, url_name="write-up-show", summary="Show again"
)
def show(
    request: SignedInRequest, challenge: Path[Slug], track: Path[Slug], team: Path[Slug]
) -> object:
    """Show a hidden write-up again. For owners and managers."""
    return _done(request, challenge, track, team, actions.show)


# Steps -----------------------------------------------------------------------------------------


def _get(request: HttpRequest, challenge: str, track: str, team: str) -> WriteUp:
    """Return a write-up with a version the reader may read. Raises NotThere."""
    rows = reading.visible_to(request.user, get_challenge(request, challenge))
    found: WriteUp | None = rows.filter(track__kind=track, team__slug=team).first()
    if found is None:
        raise NotThere(request, "No such write-up")
    return found


def _version(request: HttpRequest, found: WriteUp, number: int | None) -> WriteUpVersion:
    version = reading.version_for(request.user, found, number)
    if version is None:
        raise NotThere(request, "No such version")
    return version


def _latest(mine: Team, track: int) -> WriteUpVersion | None:
    found = WriteUp.objects.filter(team=mine, track=track).first()
    return found.latest() if found else None


def _says(latest: WriteUpVersion, wish: Json, uploads: dict[str, Upload]) -> bool:
    """Return whether a version has this same text and PDFs. Raises Refused without text."""
    words = (clean_line(wish["title"], "title"), clean_body(wish["body"]))
    has_words = words == (latest.title, latest.body) and clean_links(wish["links"]) == latest.links
    attached = {kind: getattr(latest, kind) for kind in attachments.KINDS}
    return (
        has_words
        and all(
            attached[kind] and attached[kind].sha256 == uploads[kind].sha256 for kind in uploads
        )
        and not any(attached[kind] for kind in wish["remove"] if kind not in uploads)
    )


def _done(
    request: HttpRequest,
    challenge: str,
    track: str,
    team: str,
    verb: Callable[..., WriteUp],
    **more: str,
) -> dict[str, object]:
    """Return a write-up to its readers inside, once a verb has changed it. Raises NotThere."""
    found = _get(request, challenge, track, team)
    if not reading.is_insider(request.user, found):
        raise NotThere(request, "No such write-up of your team")
    verb(writeup=found, by=request.user, **more)
    return _answer(request, found)


def _answer(request: HttpRequest, found: WriteUp) -> dict[str, object]:
    changed = _get(request, *found.address)
    return shown(request, changed, _version(request, changed, None))


class _Pdfs(attachments.PdfUploads):
    """Receives the PDFs of a form; `others` are names of files that no form of this kind has."""

    def __init__(self) -> None:
        super().__init__()
        self.others: set[str] = set()

    def new_file(self, field_name: str, *args: object, **kwargs: object) -> None:
        if field_name not in attachments.KINDS:
            self.others.add(field_name)
        super().new_file(field_name, *args, **kwargs)


@contextmanager
def _received(request: HttpRequest) -> Iterator[tuple[WriteUpGiven, dict[str, Upload]]]:
    """Give what a request says, and its PDFs, which are there as long as the block runs."""
    if request.content_type != FORM:
        yield _given(json_of(request)), {}
        return
    count_upload(request)
    receiver = _Pdfs()
    request.upload_handlers = [receiver]
    try:
        fields = {name: str(value) for name, value in posted(request).items()}
        if others := sorted((set(fields) - {"document"}) | receiver.others):
            raise invalid(f"body.{others[0][:100]}", "A form has `document`, `paper`, `slides`.")
        for kind, refusal in receiver.refusals.items():
            no_room = refusal == attachments.NO_ROOM
            code, status = ("no_room", 503) if no_room else ("too_large", 413)
            raise Problem(status, code, f"`{kind}`: {refusal}")
        uploads = {kind: request.FILES[kind].upload for kind in request.FILES}  # type: ignore[union-attr]
        yield _given(document_of(fields.get("document", ""))), uploads
    finally:
        # When the sender goes away Django tells nobody, and the file would wait for the collector.
        receiver.drop_partial()


def _given(body: object) -> WriteUpGiven:
    try:
        return WriteUpGiven.model_validate(body)
    except pydantic.ValidationError as error:
        raise invalid_body(error) from error
