"""What a person does with notices: read them, and choose of what to be mailed and how."""

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from podium.accounts.models import User, Viewer
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.previewed import previewed
from podium.notices.models import Announced, How, Kind, MailChoice, Notice
from podium.notices.texts import RenderedNotice, text, texts
from podium.refusals import Refused

__all__ = [
    "RenderedNotice",
    "choices",
    "choose",
    "mark_read",
    "mark_seen",
    "of",
    "text",
    "texts",
    "unread",
    "unread_of",
]

# More are shown as “99+”, so that counting them stays cheap.
MOST_COUNTED = 100
MOST_AT_A_TIME = 2_000
# Nobody is notified of older things, for example by a site that was away for days.
NEWS = timedelta(days=3)
DEFAULTS: dict[str, str] = {
    **dict.fromkeys(Kind.values, How.INSTANT),
    Kind.SCORED: How.DAILY,
    Kind.NEW_LEADER: How.DAILY,
    Kind.RESCORED: How.DAILY,
}


def unread(user: User) -> int:
    """Return how many notices the person has not read, `MOST_COUNTED` at most."""
    return Notice.objects.unread().filter(user=user).order_by()[:MOST_COUNTED].count()


def unread_of(user: str) -> Subquery:
    """Return the number of notices that a person has not read, as a part of another query.

    `user` names the field of that query which holds the person's key. Null stands for none.
    """
    rows = Notice.objects.unread().filter(user=OuterRef(user)).order_by().values("user")
    return Subquery(rows.annotate(count=Count("pk")).values("count"))


def of(user: User) -> QuerySet[Notice]:
    """Return the person's notices, the newest first."""
    return Notice.objects.filter(user=user).select_related("challenge")


def mark_read(*, user: User, ids: Collection[int] | None) -> int:
    """Mark these notices of the person as read, or all; return how many were not before."""
    rows = Notice.objects.unread().filter(user=user)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.update(read_at=timezone.now())


def mark_seen(viewer: Viewer, about: Q) -> None:
    """Mark notices that `about` selects as read: their reader looks at the page they lead to.

    Nothing happens in a preview, in which organizers see pages as somebody else.
    """
    if not isinstance(viewer, User) or previewed() is not None:
        return
    seen = Notice.objects.unread().filter(about, user=viewer)
    if ids := list(seen.values_list("pk", flat=True)):  # most views have none: only read then
        mark_read(user=viewer, ids=ids)


def choices(user: User) -> dict[str, str]:
    """Return how the person is mailed of each kind, in the order of the kinds."""
    made = MailChoice.objects.filter(user=user, kind__in=Kind.values, how__in=How.values)
    return DEFAULTS | dict(made.values_list("kind", "how"))


@transaction.atomic
def choose(*, user: User, kind: str, how: str) -> None:
    """Mail the person so of this kind from now on, also of what waits. Raises Refused."""
    if kind not in Kind.values:
        raise Refused("no_such_kind", f"Choose a kind: one of {', '.join(Kind.values)}.")
    if how not in How.values:
        raise Refused("no_such_way", f"Choose one of {', '.join(How.values)}.")
    _, is_new = MailChoice.objects.get_or_create(user=user, kind=kind, defaults={"how": how})
    changed = MailChoice.objects.filter(user=user, kind=kind).exclude(how=how).update(how=how)
    if is_new or changed:
        Notice.objects.to_mail().filter(user=user, kind=kind).update(mail=how)
        record(Verb.CHOSE_MAILS, subject=user, by=user, kind=kind, how=how)


def tell(
    people: QuerySet[User], kind: str, key: str, *, challenge: int | None, **facts: object
) -> int:
    """Tell these people of something, each once however often it is called; return how many.

    Two queries, since this runs inside the transactions of others. `facts` are ids and times.
    """
    mine = MailChoice.objects.filter(user=OuterRef("pk"), kind=kind).values("how")
    readers = people.filter(is_active=True).annotate(how=Subquery(mine)).order_by("pk")
    rows = [
        Notice(
            user_id=pk,
            challenge_id=challenge,
            kind=kind,
            key=key,
            facts=facts,
            mail=how or DEFAULTS[kind],
        )
        for pk, how in readers.values_list("pk", "how").distinct()
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def is_first(key: str) -> bool:
    """Return whether this was not announced before, and record that it is now."""
    _, is_new = Announced.objects.get_or_create(key=key)
    return is_new


def tidy() -> bool:
    """Delete a batch of expired notices; return whether there are more."""
    old = timezone.now() - timedelta(days=settings.NOTICE_DAYS)
    rows = Notice.objects.filter(at__lt=old).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:MOST_AT_A_TIME])
    Notice.objects.filter(pk__in=ids).delete()
    return len(ids) == MOST_AT_A_TIME


def forget(user: User) -> None:
    """Delete the notices and mail preferences of a person who leaves the site."""
    Notice.objects.filter(user=user).delete()
    MailChoice.objects.filter(user=user).delete()
