"""What teams do with write-ups (save, publish, take back) and organizers to them (hide, show).

Any member writes, the captain publishes and takes back. Events carry no words of a write-up: what
is a draft must not appear there.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Phase, Track
from podium.challenges.permissions import Permission, has_permission
from podium.files import Json
from podium.refusals import Refused
from podium.teams.guards import GONE
from podium.teams.models import Team
from podium.uploads.receiving import Upload
from podium.writeups import attachments
from podium.writeups.models import Attachment, WriteUp, WriteUpVersion
from podium.writeups.reading import is_over
from podium.writeups.validation import (
    MOST_REASON,
    clean_body,
    clean_line,
    clean_links,
)

MOST_VERSIONS = 200
MOST_ATTACHMENTS = 20


# Reading ---------------------------------------------------------------------------------------


def why_not_written(team: Team) -> str:
    """Return why the team can save and publish nothing now, or an empty text."""
    try:
        _refuse_team(team)
    except Refused as refused:
        return refused.message
    return ""


def why_not_published(writeup: WriteUp) -> str:
    """Return why no version can be published now by anyone, or an empty text."""
    try:
        _refuse_publication(writeup)
    except Refused as refused:
        return refused.message
    return ""


# What teams do ---------------------------------------------------------------------------------


def save(
    *,
    team: Team,
    track: Track,
    title: str,
    body: str,
    links: Sequence[object] = (),
    paper: Upload | None = None,
    slides: Upload | None = None,
    remove: Collection[str] = (),
    based_on: int,
    by: User,
) -> WriteUpVersion:
    """Return the newest version, which is a new one if these words or files differ from it.

    A PDF that is not given stays as it was, unless its kind is in `remove`. `based_on` is the
    number of the version that was open while writing, 0 for none: somebody else's newer one is not
    passed over in silence. Raises Refused, and then nothing is kept.
    """
    _refuse_writer(team, by)
    if track.challenge_id != team.challenge_id:
        raise Refused("other_track", "The track belongs to another challenge. Choose one of this.")
    words = {
        "title": clean_line(title, "title"),
        "body": clean_body(body),
        "links": clean_links(links),
    }
    given = {
        kind: upload
        for kind, upload in zip(attachments.KINDS, (paper, slides), strict=True)
        if upload is not None
    }
    for upload in given.values():
        attachments.check(upload)
    stored: dict[str, str] = {}
    try:
        for kind, upload in given.items():
            stored[kind] = attachments.keep(upload)
        with transaction.atomic():
            writeup, latest = _open(team, track, by, based_on)
            pdfs = _pdfs(writeup, latest, given, stored, remove)
            version = _add_version(writeup, latest, words | pdfs, by)
    except BaseException:
        _forget(stored.values())
        raise
    kept = {pdf.file for pdf in (version.paper, version.slides) if pdf}
    _forget(name for name in stored.values() if name not in kept)
    return version


@transaction.atomic
def publish(*, writeup: WriteUp, version: WriteUpVersion, by: User) -> WriteUp:
    """Publish this version and return the write-up. Raises Refused."""
    writeup = _lock_as_captain(writeup, by)
    _refuse_publication(writeup)
    if version.writeup_id != writeup.pk:
        raise Refused("other_version", "This is a version of another write-up. Choose one of it.")
    if writeup.published_version_id != version.pk:
        writeup.published_version, writeup.published_at = version, timezone.now()
        writeup.save(update_fields=["published_version", "published_at"])
        _record(Verb.PUBLISHED_WRITE_UP, writeup, by, number=version.number)
    return writeup


@transaction.atomic
def take_back(*, writeup: WriteUp, by: User) -> WriteUp:
    """Return the write-up, which only its team and organizers read now. Raises Refused."""
    writeup = _lock_as_captain(writeup, by)
    if writeup.published_version_id is not None:
        writeup.published_version = writeup.published_at = None
        writeup.save(update_fields=["published_version", "published_at"])
        _record(Verb.TOOK_BACK_WRITE_UP, writeup, by)
    return writeup


# What organizers do ----------------------------------------------------------------------------


@transaction.atomic
def hide(*, writeup: WriteUp, reason: str, by: User) -> WriteUp:
    """Return the write-up, hidden from the public. Its team is notified why. Raises Refused."""
    writeup = _lock_as_organizer(writeup, by)
    reason = clean_line(reason, "reason", MOST_REASON)
    if writeup.hidden_at is None:
        writeup.hidden_at, writeup.hidden_reason = timezone.now(), reason
        writeup.save(update_fields=["hidden_at", "hidden_reason"])
        _record(Verb.HID_WRITE_UP, writeup, by, track=writeup.track.kind, why=reason)
    return writeup


@transaction.atomic
def show(*, writeup: WriteUp, by: User) -> WriteUp:
    """Return the write-up, public again if its captain has published it. Raises Refused."""
    writeup = _lock_as_organizer(writeup, by)
    if writeup.hidden_at is not None:
        writeup.hidden_at, writeup.hidden_reason = None, ""
        writeup.save(update_fields=["hidden_at", "hidden_reason"])
        _record(Verb.SHOWED_WRITE_UP, writeup, by, track=writeup.track.kind)
    return writeup


# Steps that verbs share ------------------------------------------------------------------------


def _open(
    team: Team, track: Track, by: User, based_on: int
) -> tuple[WriteUp, WriteUpVersion | None]:
    """Return the write-up, made if it is new, and its newest version. Its team is locked."""
    team = _lock(team)
    _refuse_writer(team, by)
    writeup, _ = WriteUp.objects.get_or_create(team=team, track=track)
    latest = writeup.latest()
    number = latest.number if latest else 0
    if latest and number != based_on:
        raise Refused(
            "newer",
            f"Version {number} was saved by {latest.by} while you were writing. Yours is below "
            "and not saved yet: bring over what you want to keep of the other, and save again.",
        )
    if number >= MOST_VERSIONS:
        raise Refused("too_many", f"A write-up has up to {MOST_VERSIONS} versions. Publish one.")
    return writeup, latest


def _pdfs(
    writeup: WriteUp,
    latest: WriteUpVersion | None,
    given: dict[str, Upload],
    stored: dict[str, str],
    remove: Collection[str],
) -> dict[str, Attachment | None]:
    """Return the PDFs of the next version: given now, or those of before unless removed."""
    found = {}
    for kind in attachments.KINDS:
        before: Attachment | None = getattr(latest, kind, None)
        upload = given.get(kind)
        if upload is None:
            found[kind] = None if kind in remove else before
        elif before and (before.sha256, before.name) == (upload.sha256, _name(upload)):
            found[kind] = before
        else:
            found[kind] = _attach(writeup, upload, stored[kind])
    return found


def _attach(writeup: WriteUp, upload: Upload, file: str) -> Attachment:
    if writeup.attachments.count() >= MOST_ATTACHMENTS:
        raise Refused(
            "too_many",
            f"A write-up has up to {MOST_ATTACHMENTS} PDFs in all its versions. Link to others.",
        )
    return writeup.attachments.create(
        name=_name(upload), sha256=upload.sha256, size=upload.size, file=file
    )


def _name(upload: Upload) -> str:
    """Return what the file was called, without signs that nobody sees, as the name of a PDF."""
    stem = "".join(sign for sign in upload.name if sign.isprintable())
    return f"{stem.removesuffix('.pdf').strip()[-196:] or 'file'}.pdf"


def _add_version(
    writeup: WriteUp, latest: WriteUpVersion | None, content: Json, by: User
) -> WriteUpVersion:
    if latest and all(getattr(latest, name) == value for name, value in content.items()):
        return latest
    number = latest.number + 1 if latest else 1
    version = WriteUpVersion.objects.create(writeup=writeup, number=number, by=by, **content)
    _record(Verb.SAVED_WRITE_UP, writeup, by, number=number)
    return version


def _forget(names: Iterable[str]) -> None:
    for name in names:
        files.private().delete(name)


def _record(verb: Verb, writeup: WriteUp, by: User, **facts: Any) -> None:
    challenge = writeup.team.challenge.slug
    record(verb, subject=writeup, by=by, challenge=challenge, team=writeup.team_id, **facts)


def _lock(team: Team) -> Team:
    """Return the team as it is now, locked until the transaction ends: so its write-ups are too."""
    rows = Team.objects.select_related("challenge").filter(pk=team.pk)
    found = rows.select_for_update(no_key=True, of=("self",)).first()
    if found is None:
        raise Refused(
            "no_team", "The team has just been left by its last member. Join or make another."
        )
    return found


def _locked(writeup: WriteUp) -> WriteUp:
    """Return the write-up as it is now, its team locked."""
    _lock(writeup.team)
    rows = WriteUp.objects.select_related("team__challenge", "track__challenge")
    found: WriteUp | None = rows.filter(pk=writeup.pk).first()
    if found is None:
        raise Refused("gone", "This write-up has just become part of another one. Open that.")
    return found


def _lock_as_captain(writeup: WriteUp, by: User) -> WriteUp:
    writeup = _locked(writeup)
    if writeup.team.captain_id != by.pk:
        raise Refused("not_captain", "The team's captain publishes and takes back. Ask them.")
    return writeup


def _lock_as_organizer(writeup: WriteUp, by: User) -> WriteUp:
    writeup = _locked(writeup)
    if not has_permission(by, Permission.MODERATE, writeup.team.challenge):
        raise Refused("not_allowed", "Only owners and managers of the challenge do this. Ask one.")
    return writeup


def _refuse_writer(team: Team, by: User) -> None:
    """Raise Refused unless the person is in the team, and it can write now."""
    if not by.is_authenticated or not team.memberships.filter(user=by).exists():
        raise Refused(
            "not_a_member",
            "Only members of the team write here. Ask its captain to invite you, or write for your "
            "own team.",
        )
    _refuse_team(team)


def _refuse_team(team: Team) -> None:
    if team.is_baseline:
        raise Refused("baseline", "A baseline has no write-up. Choose a team of people.")
    if team.is_merged:
        raise Refused("merged", f"The team became part of “{team.merged_into}”. Write there.")
    if team.removed_at:
        raise Refused("no_team", GONE)
    if team.disqualified_at:
        raise Refused(
            "disqualified",
            "The team is disqualified, so its write-ups are locked and hidden. Write to the "
            "organizers.",
        )
    _refuse_phase(team.challenge)


def _refuse_phase(challenge: Challenge) -> None:
    phase = challenge.phase()
    if phase == Phase.DRAFT:
        raise Refused("not_open", "This challenge is not announced yet. Write once it is.")
    if phase == Phase.ARCHIVED:
        raise Refused(
            "archived",
            "This challenge is archived. Its write-ups stay as they are. Write to the organizers "
            "if one must change.",
        )


def _sentence(text: str) -> str:
    """Return the text with a sign at its end that ends a sentence."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _refuse_publication(writeup: WriteUp) -> None:
    _refuse_team(writeup.team)
    challenge = writeup.team.challenge
    if not is_over(challenge):
        raise Refused(
            "not_closed",
            f"Write-ups can be published from the close on, {in_words(challenge.closes_at)}. "
            "Until then methods are each team's own.",
        )
    if writeup.hidden_at:
        raise Refused(
            "hidden",
            f"The organizers have hidden it: {_sentence(writeup.hidden_reason)} Save a version "
            "that fixes this, and ask them to show it again.",
        )
