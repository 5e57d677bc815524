"""Mails of notices: each at once or all of a day in one, as its reader chose.

A notice is marked as mailed just before its mail goes to the server, by a guarded UPDATE, so that
of two workers one sends it; if the server does not take it, the mark goes and a later run tries
again. So a mail goes out once at most: a worker that dies in that moment loses the one mail in its
hand, which still stands unread on the site. It is doubled only where a server takes a mail and
then says that it did not.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter
from smtplib import SMTPRecipientsRefused

import structlog
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Max
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.notices.models import How, Kind, Notice, NoticeQuerySet
from podium.notices.texts import RenderedNotice, texts
from podium.notices.turning_off import token_of
from podium.subjects import without_links

log = structlog.get_logger(__name__)

# One run takes a share of the time of the queue that sweeps share, and the next goes on.
MOST_MAILS = 100
MOST_SECONDS = 5.0
MOST_IN_A_DIGEST = 50
# A mail this late is no longer news; the notice stays on the site.
TOO_OLD = timedelta(days=3)
LASTING = 500  # the first reply code that says never, after those that say not now


def send() -> bool:
    """Send due mails over one connection; return whether some are left for another run."""
    # Behind those that have failed less often, so that one bad mail holds up no other.
    due = [(user, rows) for _, user, rows in sorted([*_instant(), *_digests()], key=itemgetter(0))]
    if not due:
        return False
    try:
        with get_connection() as connection:
            return _send_all(due, connection)
    except OSError as error:  # SMTP's errors are OSErrors
        log.warning("no mail server", reason=type(error).__name__)
        return False


def _send_all(due: list[tuple[User, NoticeQuerySet]], connection: BaseEmailBackend) -> bool:
    until = time.monotonic() + MOST_SECONDS
    for number, (user, rows) in enumerate(due):
        if number == MOST_MAILS or time.monotonic() > until:
            return True
        if not _send(user, rows, connection):
            return False
    return False


def _instant() -> Iterable[tuple[int, User, NoticeQuerySet]]:
    rows = _waiting(How.INSTANT).order_by("tries", "pk").select_related("user")
    found = rows.only("user", "tries")[: MOST_MAILS + 1]
    return [(each.tries, each.user, Notice.objects.filter(pk=each.pk)) for each in found]


def _digests() -> Iterable[tuple[int, User, NoticeQuerySet]]:
    """Return who is to get a digest, and of what: all that came before the last hour for it."""
    rows = _waiting(How.DAILY).filter(at__lt=_last_hour(timezone.now()))
    people = rows.order_by().values("user").annotate(failed=Max("tries"))
    tries = dict(people.order_by("failed", "user").values_list("user", "failed")[: MOST_MAILS + 1])
    users = User.objects.in_bulk(list(tries))
    return [(failed, users[pk], rows.filter(user=pk)) for pk, failed in tries.items()]


def _waiting(how: How) -> NoticeQuerySet:
    return Notice.objects.to_mail().filter(mail=how, at__gt=timezone.now() - TOO_OLD)


def _last_hour(now: datetime) -> datetime:
    """Return when the last digests were due."""
    today = now.replace(hour=settings.DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def _send(user: User, rows: NoticeQuerySet, connection: BaseEmailBackend) -> bool:
    """Send one mail of these notices of a person; False: the server does not take mails now."""
    notices = _take(rows)
    mine = Notice.objects.filter(pk__in=[each.pk for each in notices])
    try:
        message = _message(user, notices, connection) if notices else None
    except Exception:
        # It would fail again: the notice is on the site, and other people's mails go out.
        log.exception("mail not made", user=user.pk)
        message = None
    if message is None:
        mine.update(mail=How.OFF, mailed_at=None)
        return True
    try:
        message.send()
    except OSError as error:
        log.warning("mail not sent", user=user.pk, reason=type(error).__name__)
        if _is_for_good(error):
            mine.update(mail=How.OFF, mailed_at=None)
            return True
        mine.update(mailed_at=None, tries=F("tries") + 1)
        return False
    return True


def _is_for_good(error: OSError) -> bool:
    """Return whether the server never takes mails to this address: what it refuses with 4xx, it may
    take later (RFC 5321)."""
    refused = error.recipients.values() if isinstance(error, SMTPRecipientsRefused) else ()
    return any(code >= LASTING for code, _ in refused)


def _take(rows: NoticeQuerySet) -> list[Notice]:
    """Mark the rows that still wait as mailed and return them."""
    now = timezone.now()
    found = list(rows.select_related("challenge", "user").order_by("-at", "-pk"))
    waiting = Notice.objects.to_mail()
    return [each for each in found if waiting.filter(pk=each.pk).update(mailed_at=now)]


def _message(
    user: User, notices: list[Notice], connection: BaseEmailBackend
) -> EmailMessage | None:
    """Return the mail, or None where none goes: to no confirmed address, of what is moot."""
    address = address_of(user)
    if not address:
        return None
    newest = _newest(notices)
    said_of = zip(newest, texts(newest, user), strict=True)
    due = [(notice, said) for notice, said in said_of if not said.is_moot]
    if not due:
        return None
    if notices[0].mail == How.DAILY:
        subject, body = _digest(due)
    else:
        [(_, said)] = due
        subject, body = said.title, f"{said.body.rstrip()}\n\n{_link(said)}".rstrip()
        if due[0][0].challenge:
            body += f"\n\nThis is about {due[0][0].challenge}."
    off = f"{settings.BASE_URL}{reverse('notices-off', args=[token_of(user, _kinds(due))])}"
    choose = f"{settings.BASE_URL}{reverse('notice-choices')}"
    foot = f"\n\n--\nNo more mails like this: {off}\nAll mails that you get: {choose}\n"
    return EmailMessage(
        subject=f"Podium: {without_links(subject)}",
        body=body + foot,
        to=[address],
        headers={
            "List-Unsubscribe": f"<{off}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )


def address_of(user: User) -> str:
    """Return the address of a person who has confirmed it and whose account works, or none."""
    confirmed = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True)
    return user.email if user.is_active and confirmed.exists() else ""


def _kinds(due: list[tuple[Notice, RenderedNotice]]) -> list[str]:
    return sorted({notice.kind for notice, _ in due})


def _newest(notices: list[Notice]) -> list[Notice]:
    """Return the notices without the earlier ones of a board's leaders."""
    seen: set[int] = set()
    kept = []
    for notice in notices:
        if notice.kind == Kind.NEW_LEADER:
            if notice.facts["board"] in seen:
                continue
            seen.add(notice.facts["board"])
        kept.append(notice)
    return kept


def _digest(due: list[tuple[Notice, RenderedNotice]]) -> tuple[str, str]:
    """Return subject and text of a day's notices, challenge by challenge."""
    by_challenge: dict[str, list[str]] = {}
    for notice, said in due[:MOST_IN_A_DIGEST]:
        entry = "\n".join(part for part in (said.title, said.body, _link(said)) if part)
        by_challenge.setdefault(str(notice.challenge or "Podium"), []).append(entry)
    parts = [
        "\n\n".join([f"{name}\n{'=' * len(name)}", *entries])
        for name, entries in by_challenge.items()
    ]
    if (rest := len(due) - MOST_IN_A_DIGEST) > 0:
        parts.append(f"{rest} more: {settings.BASE_URL}{reverse('notices')}")
    count = f"{len(due)} notice{'s' if len(due) > 1 else ''}"
    return f"{count} of the last day", "\n\n\n".join(parts)


def _link(said: RenderedNotice) -> str:
    return f"{settings.BASE_URL}{said.url}" if said.url else ""
