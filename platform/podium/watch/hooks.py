"""Webhooks of alerts: what is posted, in which form, with which signature."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from podium.accounts.zones import in_words
from podium.watch.calls import Caller, CallFailed, Target, target_of
from podium.watch.models import Form, News, Webhook

SIGNATURE = "Podium-Signature"
SECRET_LENGTH = 16
SITE = "site"
_MAIL_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


_TITLES = {
    News.BEGAN: "A problem needs attention",
    News.OVER: "A problem is over",
    News.TEST: "This is a test",
}


@dataclass(frozen=True)
class Message:
    """What happened. The same message has the same id each time it is posted."""

    id: str
    state: News
    what: str
    since: datetime
    where: str
    until: datetime | None = None
    challenge: str = ""

    @property
    def title(self) -> str:
        name = f" in {self.challenge}" if self.challenge else ""
        return f"Podium: {_TITLES[self.state]}{name}"

    @property
    def text(self) -> str:
        """What happened and when, without e-mail addresses that somebody put into a title."""
        text = _MAIL_ADDRESS.sub("(address)", self.what)
        if not self.until:
            return text
        return f"This was so from {in_words(self.since)} to {in_words(self.until)}: {text}"


@dataclass(frozen=True)
class Hook:
    """Where alerts are posted: the site's, or one of a challenge."""

    key: str
    url: str = field(repr=False)  # it alone lets anybody post to Slack and Teams
    form: str
    secret: str = field(repr=False)
    challenge: int | None = None
    is_for_machine: bool = True  # whether it also gets what is wrong with the machine

    def target(self) -> Target:
        """Return where it leads; raise CallFailed if something about it is not right."""
        if self.form not in Form.values:
            reason = f"The form {self.form!r} is not one of {', '.join(Form.values)}."
            raise CallFailed("bad_form", reason)
        if len(self.secret) < SECRET_LENGTH and (self.secret or self.form == Form.PLAIN):
            reason = f"The secret of the signatures needs {SECRET_LENGTH} characters or more."
            raise CallFailed("bad_secret", reason)
        return target_of(self.url, settings.WEBHOOK_HOSTS)

    def post(self, message: Message, caller: Caller) -> None:
        """Post the message; raise CallFailed with the reason if it was not taken."""
        target = self.target()
        body = json.dumps(_BODIES[Form(self.form)](message)).encode()
        caller.post(target, body, signed(self.secret, body, int(time.time())))


def site_hook() -> Hook | None:
    """Return the webhook of the environment, which gets the alerts of all challenges."""
    if not settings.ALERT_WEBHOOK:
        return None
    form, secret = settings.ALERT_WEBHOOK_FORM, settings.ALERT_WEBHOOK_SECRET
    return Hook(SITE, settings.ALERT_WEBHOOK, form, secret)


def hook_of(webhook: Webhook) -> Hook:
    """Return the webhook of a challenge. Once that is archived, it only hears of its own ends."""
    challenge = webhook.challenge
    is_running = challenge.archived_at is None or challenge.archived_at > timezone.now()
    return Hook(webhook.key, webhook.url, webhook.form, webhook.secret, challenge.pk, is_running)


def signed(secret: str, body: bytes, moment: int) -> Mapping[str, str]:
    """Return the header that proves who posted, and when: `t=<Unix time>,v1=<hex HMAC-SHA256>`.

    The HMAC is of the time, a dot and the body. Without a secret there is no header.
    """
    if not secret:
        return {}
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return {SIGNATURE: f"t={moment},v1={digest.hexdigest()}"}


def _plain(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "state": message.state.value,
        "title": message.title,
        "what": message.text,
        "since": message.since.isoformat(),
        "until": message.until.isoformat() if message.until else None,
        "where": message.where,
    }


def _slack(message: Message) -> dict[str, Any]:
    """One text, whose control characters `&`, `<` and `>` are escaped."""
    text = f"{message.title}\n{message.text}\n{message.where}"
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _teams(message: Message) -> dict[str, Any]:
    """A message with one adaptive card, as Teams workflows and incoming webhooks take it."""
    texts = [
        {"type": "TextBlock", "text": message.title, "weight": "Bolder", "wrap": True},
        {"type": "TextBlock", "text": message.text, "wrap": True},
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": texts,
        "actions": [{"type": "Action.OpenUrl", "title": "Open Podium", "url": message.where}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


_BODIES = {Form.PLAIN: _plain, Form.SLACK: _slack, Form.TEAMS: _teams}
