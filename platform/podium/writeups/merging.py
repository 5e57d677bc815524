"""What becomes of write-ups when two teams become one, and when a team's work is removed."""

from django.db.models import F

from podium.teams.models import Team
from podium.writeups.models import WriteUp, WriteUpVersion


def merge(surviving: Team, absorbed: Team) -> None:
    """Make the absorbed team's write-ups drafts of the surviving team.

    Where both have one of a track, the absorbed team's versions come before the surviving team's,
    whose newest stays the newest: no words and no file are lost.
    """
    for theirs in WriteUp.objects.filter(team=absorbed):
        own = WriteUp.objects.filter(team=surviving, track=theirs.track_id).first()
        if own is None:
            theirs.team = surviving
            theirs.published_version = theirs.published_at = None
            theirs.save()
        else:
            _join(own, theirs)


def described(surviving: Team, absorbed: Team) -> list[str]:
    """Return what would become of write-ups, in sentences."""
    own = set(WriteUp.objects.filter(team=surviving).values_list("track", flat=True))
    lines = []
    for theirs in WriteUp.objects.filter(team=absorbed).select_related("track"):
        if theirs.track_id in own:
            becomes = f"versions come before those of {surviving}, whose newest stays the newest"
        else:
            becomes = f"write-up becomes a draft of {surviving}"
        lines.append(f"Write-up for {theirs.track}: {absorbed}’s {becomes}.")
    return lines


def remove(team: Team, _: object) -> None:
    """Delete the write-ups of a team whose submissions go with its last member's account."""
    WriteUp.objects.filter(team=team).delete()


def forget_drafts(team: Team) -> None:
    """Delete what a team has written but not published, when nobody is left to publish it."""
    writeups = WriteUp.objects.filter(team=team)
    writeups.filter(published_version=None).delete()
    for kept in writeups.select_related("published_version"):
        if shown := kept.published_version:
            kept.versions.exclude(pk=shown.pk).delete()
            pdfs = [pk for pk in (shown.paper_id, shown.slides_id) if pk]
            kept.attachments.exclude(pk__in=pdfs).delete()


def _join(own: WriteUp, theirs: WriteUp) -> None:
    """Put their versions before our own, renumbered, and delete the empty write-up."""
    count = theirs.versions.count()
    highest = max((row.number for row in own.versions.all()), default=0)
    # First out of each other's way: a number is given once within a write-up.
    far = highest + count
    own.versions.update(number=F("number") + far)
    theirs.attachments.update(writeup=own)
    WriteUpVersion.objects.filter(writeup=theirs).update(writeup=own)
    own.versions.filter(number__gt=far).update(number=F("number") - far + count)
    if theirs.hidden_at and not own.hidden_at:
        own.hidden_at, own.hidden_reason = theirs.hidden_at, theirs.hidden_reason
        own.save(update_fields=["hidden_at", "hidden_reason"])
    theirs.delete()
