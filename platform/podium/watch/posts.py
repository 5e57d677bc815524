"""Which messages go to which webhook, each once: threads post, the process that looks keeps count.

A thread knows nothing of the database, and nobody waits for one: a webhook that hangs delays no
mail and no look. A message is taken, or tried again after each of the pauses, or given up.
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, QuerySet
from django.urls import reverse

from podium.subjects import without_links
from podium.watch.calls import Caller, CallFailed
from podium.watch.hooks import Hook, Message, hook_of, site_hook
from podium.watch.models import Alert, News, Post, Webhook

log = structlog.get_logger(__name__)

# After each failed try; then the message is given up.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
# Meanwhile no other process posts a claimed message; a batch of a webhook takes less time.
LEASE = timedelta(minutes=3)
BATCH, BATCH_SECONDS = 10, 60.0
_THREADS = 4


@dataclass(eq=False)
class Letter:
    """A message on its way to a webhook. `post` is its row, if the database has one."""

    hook: Hook
    message: Message
    post: Post | None = None
    tries: int = 0
    due_at: datetime | None = None


# What became of a letter: None: taken.
Outcome = tuple[Letter, CallFailed | None]


def _post_all(letters: list[Letter], caller: Caller) -> list[Outcome]:
    """Post the letters of one webhook in their order, until one fails."""
    outcomes: list[Outcome] = []
    until = time.monotonic() + BATCH_SECONDS
    for letter in letters:
        failed = _post(letter, caller)
        outcomes.append((letter, failed))
        if failed or time.monotonic() > until:
            break
    return outcomes


def _post(letter: Letter, caller: Caller) -> CallFailed | None:
    """Post one letter; return why it was not taken."""
    try:
        letter.hook.post(letter.message, caller)
    except CallFailed as failed:
        return failed
    except Exception:
        log.exception("alert not posted", hook=letter.hook.key)
        return CallFailed("broken", "An error of this site, which its log describes.")
    return None


@dataclass
class Postman:
    """The messages of one process, and the threads that post them, one batch a webhook."""

    caller: Caller = field(default_factory=Caller)
    hooks: dict[str, Hook] = field(default_factory=lambda: _allowed([site_hook()]))
    _running: dict[str, Future[list[Outcome]]] = field(default_factory=dict)
    _outcomes: list[Outcome] = field(default_factory=list)
    # What has no row, because the database is away.
    _letters: list[Letter] = field(default_factory=list)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook")
    )

    def look(self, lasting: QuerySet[Alert], now: datetime) -> None:
        """Note what became of the messages, and start to post those that are due.

        `lasting`: the troubles that are worth a message.
        """
        self.hooks = known_hooks()
        self._collect(now)
        busy = set(self._running)
        _add_begun(lasting, self.hooks, now)
        self._start([*_due(self.hooks, busy, now), *self._due_letters(now)])

    def look_without_database(self, now: datetime) -> None:
        """Go on with the messages that have no row."""
        self._take_done()
        rows = [outcome for outcome in self._outcomes if outcome[0].post]
        for letter, failed in self._outcomes:
            if letter.post is None:
                self._note_letter(letter, failed, now)
        self._outcomes = rows
        self._start(self._due_letters(now))

    def announce(self, message: Message, now: datetime) -> None:
        """Post a message of the machine, without a row in the database.

        An end takes the place of a beginning that was not taken yet: it says the same and more.
        """
        if message.state == News.OVER:
            self._letters.clear()
        hooks = _one_each(self.hooks.values())
        self._letters += [Letter(hook, message, due_at=now) for hook in hooks]

    def finish(self, now: datetime) -> None:
        """Wait for the messages that are being posted, and note what became of them."""
        wait(self._running.values())
        self._collect(now)

    def _start(self, letters: Iterable[Letter]) -> None:
        batches: dict[str, list[Letter]] = {}
        for letter in letters:
            if letter.hook.key not in self._running:
                batches.setdefault(letter.hook.key, []).append(letter)
        for key, batch in batches.items():
            self._running[key] = self._threads.submit(_post_all, batch, self.caller)

    def _take_done(self) -> None:
        done = [key for key, future in self._running.items() if future.done()]
        for key in done:
            self._outcomes += self._running.pop(key).result()

    def _collect(self, now: datetime) -> None:
        """Note outcomes; one that the database does not take is noted at the next look."""
        self._take_done()
        while self._outcomes:
            letter, failed = self._outcomes[0]
            if letter.post:
                _note(letter.post, letter, failed, now)
            else:
                self._note_letter(letter, failed, now)
            self._outcomes.pop(0)

    def _due_letters(self, now: datetime) -> list[Letter]:
        return [each for each in self._letters if each.due_at and each.due_at <= now]

    def _note_letter(self, letter: Letter, failed: CallFailed | None, now: datetime) -> None:
        letter.due_at = _next_try(letter, failed, now)
        if letter.due_at is None and letter in self._letters:
            self._letters.remove(letter)
        letter.tries += 1


def known_hooks() -> dict[str, Hook]:
    """Return the webhooks of the site and of challenges, by their keys."""
    webhooks = Webhook.objects.select_related("challenge").order_by("id")
    return _allowed([site_hook(), *map(hook_of, webhooks)])


def _allowed(hooks: Iterable[Hook | None]) -> dict[str, Hook]:
    """Return the webhooks by their keys; none, if no host is allowed."""
    return {hook.key: hook for hook in hooks if hook and settings.WEBHOOK_HOSTS}


def _one_each(hooks: Iterable[Hook]) -> list[Hook]:
    """Return the first webhook of each address."""
    found: dict[str, Hook] = {}
    for hook in hooks:
        found.setdefault(hook.url, hook)
    return list(found.values())


def _concerned(hooks: dict[str, Hook], alert: Alert) -> list[Hook]:
    """Return who hears of it: of the machine all, of a challenge its own and the site's."""
    found = hooks.values()
    if alert.challenge_id is None:
        return _one_each(hook for hook in found if hook.is_for_machine)
    return _one_each(hook for hook in found if hook.challenge in {None, alert.challenge_id})


def _add_begun(lasting: QuerySet[Alert], hooks: dict[str, Hook], now: datetime) -> None:
    """Add a message of each trouble that has lasted, for each webhook that it lacks."""
    if not hooks:
        return
    for alert in lasting.prefetch_related("posts"):
        known = {post.hook for post in alert.posts.all()}
        missing = [hook for hook in _concerned(hooks, alert) if hook.key not in known]
        _add(alert, [hook.key for hook in missing], News.BEGAN, now)


def add_end(alert: Alert, now: datetime) -> None:
    """Add that the trouble is over, for each webhook that heard of it or was about to.

    What was not taken yet is not posted any more: the end says from when to when it was.
    """
    begun = alert.posts.filter(news=News.BEGAN)
    keys = list(begun.values_list("hook", flat=True))
    begun.filter(taken_at=None).delete()
    _add(alert, keys, News.OVER, now)


def _add(alert: Alert, keys: list[str], news: News, now: datetime) -> None:
    posts = [Post(alert=alert, hook=key, news=news, made_at=now, due_at=now) for key in keys]
    Post.objects.bulk_create(posts, ignore_conflicts=True)


def _due(hooks: dict[str, Hook], busy: set[str], now: datetime) -> list[Letter]:
    """Claim the messages that are due: of two processes one gets each."""
    rows = Post.objects.filter(due_at__lte=now).exclude(hook__in=busy).order_by("id")
    letters: list[Letter] = []
    for post in rows.select_related("alert__challenge"):
        hook = hooks.get(post.hook)
        if hook is None:  # it was taken away since
            Post.objects.filter(pk=post.pk).delete()
        elif sum(letter.post is not None and letter.hook == hook for letter in letters) >= BATCH:
            continue
        elif _same(post).update(due_at=now + LEASE):
            post.due_at = now + LEASE
            letters.append(Letter(hook, message_of(post), post, post.tries))
    return letters


def _same(post: Post) -> QuerySet[Post]:
    """Return the row, if nobody has claimed, noted or taken it away since."""
    return Post.objects.filter(pk=post.pk, due_at=post.due_at)


def _note(post: Post, letter: Letter, failed: CallFailed | None, now: datetime) -> None:
    due_at = _next_try(letter, failed, now)
    if failed:
        _same(post).update(due_at=due_at, tries=F("tries") + 1, failure=failed.message[:300])
    else:
        Post.objects.filter(pk=post.pk).update(due_at=None, taken_at=now, failure="")


def _next_try(letter: Letter, failed: CallFailed | None, now: datetime) -> datetime | None:
    """Return when to post it again; None if it was taken or is given up."""
    if failed is None:
        return None
    is_test = letter.message.state == News.TEST
    is_last = failed.is_final or is_test or letter.tries >= len(PAUSES)
    log.warning("alert not posted", hook=letter.hook.key, reason=failed.code, given_up=is_last)
    return None if is_last else now + PAUSES[letter.tries]


def message_of(post: Post) -> Message:
    """Return what a row says."""
    alert = post.alert
    if alert is None:
        return test_message(post.made_at, str(post.pk))
    challenge = alert.challenge
    path = reverse("console", args=[challenge.slug]) if challenge else reverse("consoles")
    return Message(
        id=f"{alert.pk}-{post.news}",
        state=News(post.news),
        what=alert.text,
        since=alert.since,
        until=alert.over_at,
        where=f"{settings.BASE_URL}{path}",
        challenge=without_links(challenge.title) if challenge else "",
    )


def test_message(now: datetime, id_: str) -> Message:
    """Return a message that says only that it is a test."""
    where = f"{settings.BASE_URL}{reverse('consoles')}"
    what = "Alerts of this site will be posted here. Nothing is wrong."
    return Message(f"test-{id_}", News.TEST, what, now, where)
