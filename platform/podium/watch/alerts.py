"""Mails to organizers of what is wrong: one for each trouble, and one when it is over.

The process that runs this needs neither Redis nor a worker nor the scheduler, whose deaths it
reports. Without the database it still mails those whom it mailed or would have mailed before. The
same goes to webhooks (`podium.watch.posts`), after the mails and apart from them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import Error, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from podium.accounts.zones import in_words
from podium.challenges.models import Challenge, Organizer, Role
from podium.subjects import without_links
from podium.watch.hooks import Message
from podium.watch.models import Alert, News, Post
from podium.watch.overview import Trouble, overview
from podium.watch.posts import Postman, add_end

log = structlog.get_logger(__name__)

# A trouble is mailed once it has lasted this long, and is over once it was away for as long.
LASTING = timedelta(seconds=45)
KEPT = timedelta(days=90)
_NO_DATABASE = (
    "The database does not answer. The site shows errors and takes no submissions until it does. "
    "Files that were accepted are not lost."
)


@dataclass
class Watch:
    """What one process remembers between two looks: whom to mail when the database is away."""

    addresses: set[str] = field(default_factory=set)
    away_since: datetime | None = None
    is_away_mailed: bool = False
    is_away_posted: bool = False
    postman: Postman = field(default_factory=Postman)

    def look(self) -> None:
        """Look at everything once, and mail and post what has to be."""
        now = timezone.now()
        try:
            _look(now)
            self.addresses = _addresses(None)
        except Error as error:
            log.warning("no database", reason=type(error).__name__)
            self._without_database(now)
            return
        if self.is_away_mailed:
            _mail(self.addresses, "The database answers again", "The site works again.", None)
        if self.is_away_posted:
            self._post_away(News.OVER, now)
        self.away_since, self.is_away_mailed, self.is_away_posted = None, False, False
        self.postman.look(_lasting(now), now)

    def finish(self) -> None:
        """Wait for what is being posted."""
        self.postman.finish(timezone.now())

    def _without_database(self, now: datetime) -> None:
        self.away_since = self.away_since or now
        if now - self.away_since >= LASTING:
            self.is_away_mailed = self.is_away_mailed or _mail(
                self.addresses, "The database does not answer", _NO_DATABASE, None
            )
            if not self.is_away_posted:
                self._post_away(News.BEGAN, now)
                self.is_away_posted = True
        self.postman.look_without_database(now)

    def _post_away(self, news: News, now: datetime) -> None:
        since = self.away_since or now
        message = Message(
            id=f"database-{since.timestamp():.0f}-{news}",
            state=news,
            what=_NO_DATABASE,
            since=since,
            until=now if news == News.OVER else None,
            where=f"{settings.BASE_URL}{reverse('consoles')}",
        )
        self.postman.announce(message, now)


def _look(now: datetime) -> None:
    for challenge, trouble in _found():
        _note(challenge, trouble, now)
    for alert in _lasting(now).filter(mailed_at=None):
        _alert(alert, now)
    gone = Alert.objects.filter(over_at=None, seen_at__lte=now - LASTING)
    gone.filter(mailed_at=None, posts=None).delete()
    for alert in gone.select_related("challenge"):
        _end(alert, now)
    Alert.objects.filter(over_at__lte=now - KEPT).delete()
    Post.objects.filter(alert=None, made_at__lte=now - KEPT).delete()


def _lasting(now: datetime) -> QuerySet[Alert]:
    """Return the troubles that have lasted, without those that were away at this look."""
    lasting = Alert.objects.filter(over_at=None, since__lte=now - LASTING, seen_at=now)
    return lasting.select_related("challenge")


def _found() -> Iterable[tuple[Challenge | None, Trouble]]:
    """Yield what is wrong now; what is wrong with the machine for no challenge, and once."""
    seen: set[str] = set()
    for challenge in _running():
        for trouble in overview(challenge)["trouble"]:
            if trouble.is_shown_only or trouble.key in seen:
                continue
            if trouble.is_of_machine:
                seen.add(trouble.key)
            yield None if trouble.is_of_machine else challenge, trouble


def _running() -> QuerySet[Challenge]:
    """Return the challenges that are not archived yet."""
    return Challenge.objects.filter(Q(archived_at=None) | Q(archived_at__gt=timezone.now()))


def _note(challenge: Challenge | None, trouble: Trouble, now: datetime) -> None:
    """Store that the trouble is there, with its present words."""
    facts = {"seen_at": now, "text": trouble.text}
    Alert.objects.update_or_create(
        key=f"{challenge.pk}:{trouble.key}" if challenge else trouble.key,
        over_at=None,
        defaults=facts,
        create_defaults={**facts, "challenge": challenge, "since": now},
    )


def _alert(alert: Alert, now: datetime) -> None:
    """Mail of the trouble, once: of two processes one does; a mail that fails is tried again."""
    if not Alert.objects.filter(pk=alert.pk, mailed_at=None).update(mailed_at=now):
        return
    title = "A problem needs attention"
    if not _mail(_addresses(alert.challenge), title, alert.text, alert.challenge):
        Alert.objects.filter(pk=alert.pk).update(mailed_at=None)


def _end(alert: Alert, now: datetime) -> None:
    """Mail and post that the trouble is over, once, to those who heard of it."""
    with transaction.atomic():
        if not Alert.objects.filter(pk=alert.pk, over_at=None).update(over_at=F("seen_at")):
            return
        add_end(alert, now)
    if alert.mailed_at:
        first, last = in_words(alert.since), in_words(alert.seen_at)
        text = f"This was so from {first} to {last}:\n{alert.text}"
        _mail(_addresses(alert.challenge), "A problem is over", text, alert.challenge)


def _addresses(challenge: Challenge | None) -> set[str]:
    """Return the confirmed addresses of owners and managers, of one challenge or of all."""
    duties = Organizer.objects.filter(
        role__in=(Role.OWNER, Role.MANAGER),
        user__is_active=True,
        challenge__in=[challenge] if challenge else _running(),
    )
    confirmed = EmailAddress.objects.filter(
        user__in=duties.values("user"), email__iexact=F("user__email"), verified=True
    )
    return set(confirmed.values_list("user__email", flat=True))


def _mail(addresses: set[str], title: str, text: str, challenge: Challenge | None) -> bool:
    """Mail each of them; return whether somebody was mailed, or there is nobody to mail."""
    name = f" in {without_links(challenge.title)}" if challenge else ""
    path = reverse("console", args=[challenge.slug]) if challenge else reverse("consoles")
    foot = "You get this mail because you own or manage a challenge here."
    mails = [
        EmailMessage(
            subject=f"Podium: {title}{name}",
            body=f"{text}\n\n{settings.BASE_URL}{path}\n\n{foot}\n",
            to=[address],
            headers={"Auto-Submitted": "auto-generated"},
        )
        for address in sorted(addresses)
    ]
    try:
        with get_connection() as connection:
            return sum(_sent(mail, connection) for mail in mails) > 0 or not mails
    except OSError as error:  # SMTP's errors are OSErrors
        log.warning("no mail server", reason=type(error).__name__)
        return False


def _sent(mail: EmailMessage, connection: BaseEmailBackend) -> bool:
    mail.connection = connection
    try:
        return bool(mail.send())
    except OSError as error:
        log.warning("alert not mailed", reason=type(error).__name__)
        return False
