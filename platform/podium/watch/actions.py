"""The webhook of a challenge: set, removed and tried by its owners."""

import secrets

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.watch.calls import CallFailed, parsed, target_of
from podium.watch.hooks import hook_of
from podium.watch.models import News, Post, Webhook

_NONE = "The challenge has no webhook. Save one first."


@transaction.atomic
def set_webhook(*, challenge: Challenge, url: str, form: str, by: User) -> Webhook:
    """Post the alerts of the challenge to this address from now on, signed with a new secret.

    Its event names only the host, because the address itself lets anybody post there.
    """
    Challenge.objects.select_for_update().get(pk=challenge.pk)
    before = Webhook.objects.filter(challenge=challenge).first()
    try:
        target = target_of(url, settings.WEBHOOK_HOSTS)
    except CallFailed as failed:
        raise Refused("bad_webhook", failed.message) from failed
    facts = {"url": url, "form": form, "secret": secrets.token_urlsafe(32)}
    webhook, _ = Webhook.objects.update_or_create(challenge=challenge, defaults=facts)
    record(
        Verb.SET_WEBHOOK,
        subject=webhook,
        by=by,
        challenge=challenge.slug,
        before=shown(before) if before else "",
        after=f"{target.name} ({form})",
    )
    return webhook


@transaction.atomic
def remove_webhook(*, challenge: Challenge, by: User) -> None:
    """Post nothing more; mails go on. Posts that wait are dropped."""
    webhook = _locked(challenge)
    record(
        Verb.REMOVED_WEBHOOK,
        subject=webhook,
        by=by,
        challenge=challenge.slug,
        before=shown(webhook),
        after="",
    )
    Post.objects.filter(hook=webhook.key).delete()
    webhook.delete()


@transaction.atomic
def try_webhook(*, challenge: Challenge, by: User) -> Post:
    """Have the process that watches the site post a test."""
    webhook = _locked(challenge)
    if Post.objects.filter(hook=webhook.key, news=News.TEST, due_at__isnull=False).exists():
        raise Refused("test_waits", "A test is on its way. Wait until the list shows its result.")
    now = timezone.now()
    post = Post.objects.create(hook=webhook.key, news=News.TEST, made_at=now, due_at=now)
    record(Verb.TESTED_WEBHOOK, subject=webhook, by=by, challenge=challenge.slug)
    return post


def _locked(challenge: Challenge) -> Webhook:
    webhook = Webhook.objects.select_for_update().filter(challenge=challenge).first()
    if webhook is None:
        raise Refused("no_webhook", _NONE)
    return webhook


def shown(webhook: Webhook) -> str:
    """Return host and form, for events and pages; the host also if it is not allowed any longer."""
    return f"{host_of(webhook)} ({webhook.form})"


def posts_of(webhook: Webhook) -> QuerySet[Post]:
    """Return what was posted to it, or is about to be, newest first."""
    return Post.objects.filter(hook=webhook.key).select_related("alert")


def host_of(webhook: Webhook) -> str:
    """Return the host, which is all that is shown of an address once it is saved."""
    return parsed(webhook.url).name


def problem_of(webhook: Webhook) -> str:
    """Return why nothing can be posted there now, or an empty text."""
    try:
        hook_of(webhook).target()
    except CallFailed as failed:
        return failed.message
    return ""
