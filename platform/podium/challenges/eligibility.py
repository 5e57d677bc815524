"""Rules that keep people out of a team: they see more of the data, or do not meet the entry rule.

Two challenges share rows if they use the same data set version, or two with the same content.
"""

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from podium.accounts.models import User
from podium.catalog.models import DataEditor, DatasetVersion
from podium.challenges.entry import entry_refusal
from podium.challenges.models import Challenge, Organizer, Task
from podium.challenges.permissions import knows_labels
from podium.refusals import Refused


def refusal_of(user: User, challenge: Challenge) -> Refused | None:
    """Return why the user may not be in a team of the challenge, in words for them, or None."""
    if runs := _organized_by(user, challenge):
        return _of_organizer(runs, challenge)
    if knows_labels(user, challenge):
        return Refused(
            "knows_labels",
            "You are or were a data editor of this challenge, so you know labels and cannot take "
            "part in it. Try another.",
        )
    if user.is_staff or user.is_superuser:
        return Refused(
            "staff",
            "You are staff of this site and may see hidden rows, so you cannot take part. Ask a "
            "superuser to remove your staff rights first.",
        )
    return entry_refusal(user, challenge)


def role_refusal(user: User, challenge: Challenge, who: str = "") -> str:
    """Return why the user may not get a role in the challenge, or "": they compete on its rows.

    `who` is what the text calls them (their name by default). Once another challenge was revealed
    its members may run one on the same rows.
    """
    competes = _competing(user, challenge)
    if competes is None:
        return ""
    if competes == challenge:
        return f"{who or user} is in a team of this challenge. They must leave first."
    return (
        f"{who or user} is in a team of “{competes}”, which uses the same data. They must leave "
        "it first, or wait for its reveal."
    )


def competes_on(user: User, name: str) -> bool:
    """Return whether the person is in a team on rows of the data set that is not revealed yet."""
    versions = DatasetVersion.objects.filter(name=name).exclude(content_hash="")
    hidden = _using(versions.values_list("content_hash", flat=True)).filter(revealed_at=None)
    return user.memberships.filter(challenge__in=hidden).exists()


def version_refusal(challenge: Challenge, version: DatasetVersion) -> str:
    """Return why the challenge may not use the version, or "".

    Somebody would compete on rows whose labels or scores they may see.
    """
    what = next(_insiders(challenge, version), "")
    return what and f"{what}. Name another data set, or let them leave their team."


def _insiders(challenge: Challenge, version: DatasetVersion) -> Iterator[str]:
    """Say of each person with two roles what they would be if the challenge used the version."""
    members = User.objects.filter(memberships__challenge=challenge)
    same = DatasetVersion.objects.filter(content_hash=version.content_hash)
    editors = DatasetVersion.editors.through.objects.filter(datasetversion__in=same)
    ever = DataEditor.objects.filter(name__in=same.values("name"), user__isnull=False)
    knowing = Q(pk__in=editors.values("user")) | Q(pk__in=ever.values("user"))
    for user in members.filter(knowing):
        yield (
            f"{user.email} is or was a data editor of {version} and is in a team of this challenge"
        )
    others = _using([version.content_hash]).exclude(pk=challenge.pk)
    roles = Organizer.objects.select_related("user", "challenge")
    for role in roles.filter(challenge__in=others, user__in=members):
        yield (
            f"{role.user.email} is in a team of this challenge and organizes “{role.challenge}”, "
            f"which uses {version} too"
        )
    hidden = others.filter(revealed_at=None)
    for role in roles.filter(challenge=challenge, user__memberships__challenge__in=hidden):
        found = role.user.memberships.filter(challenge__in=hidden).select_related("challenge")
        yield (
            f"{role.user.email} organizes this challenge and is in a team of "
            f"“{found[0].challenge}”, which uses {version} too"
        )


def _organized_by(user: User, challenge: Challenge) -> Challenge | None:
    """Return the challenge that the user organizes: this one, or one that shares rows with it."""
    roles = Organizer.objects.filter(user=user.pk, challenge__in=_sharing(challenge))
    found = [role.challenge for role in roles.select_related("challenge")]
    return challenge if challenge in found else next(iter(found), None)


def _competing(user: User, challenge: Challenge) -> Challenge | None:
    """Return the challenge that the user competes in: this, or a hidden one on the same rows."""
    hidden = _sharing(challenge).filter(Q(pk=challenge.pk) | Q(revealed_at=None))
    rows = user.memberships.filter(challenge__in=hidden).select_related("challenge")
    found = [row.challenge for row in rows]
    return challenge if challenge in found else next(iter(found), None)


def _of_organizer(runs: Challenge, challenge: Challenge) -> Refused:
    if runs == challenge:
        why = "You organize this challenge, so you cannot take part. Ask an owner to change that."
    else:
        why = (
            f"You organize “{runs}”, which uses the same data, so you cannot take part here. Ask "
            "an owner of it to remove you first."
        )
    return Refused("organizer", why)


def _sharing(challenge: Challenge) -> QuerySet[Challenge]:
    """Return the challenge and all that share rows with it."""
    versions = DatasetVersion.objects.filter(task__challenge=challenge)
    contents = versions.values_list("content_hash", flat=True)
    return Challenge.objects.filter(Q(pk=challenge.pk) | Q(pk__in=_using(contents).values("pk")))


def _using(contents: QuerySet[DatasetVersion, str] | list[str]) -> QuerySet[Challenge]:
    """Return the challenges with a task on a data set version of one of these contents."""
    tasks = Task.objects.filter(dataset_version__content_hash__in=contents)
    return Challenge.objects.filter(pk__in=tasks.values("challenge"))
