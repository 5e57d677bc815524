"""The mails of the embedded site, which sends none: it keeps them as files for superusers.

Links in them set passwords, so nobody may read them who may not have every account anyway.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from podium.accounts.models import Viewer

PER_PAGE = 20
# What Django's file backend writes after each message of a file.
RULE = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class Mail:
    """One mail as its reader would see it."""

    at: datetime
    to: str
    subject: str
    text: str


def are_kept() -> bool:
    """Return whether this site keeps its mails as files."""
    return not settings.PRODUCTION


def are_readable_by(user: Viewer) -> bool:
    """Return whether there may be mails to read, and the user may read them."""
    return are_kept() and user.is_superuser


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """List the kept mails, newest first, to superusers."""
    if not are_readable_by(request.user):
        raise Http404
    folder = Path(settings.EMAIL_FILE_PATH)
    names = sorted((file.name for file in folder.glob("*.log")), reverse=True)
    page = Paginator(names, PER_PAGE).get_page(request.GET.get("page"))
    kept = [mail for name in page for mail in read(folder / name)]
    return render(request, "base/mails.html", {"mails": kept, "page_obj": page})


def read(file: Path) -> list[Mail]:
    """Return the mails of one file, newest first."""
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return [_mail(raw, at) for raw in reversed(file.read_bytes().split(RULE)) if raw.strip()]


def _mail(raw: bytes, at: datetime) -> Mail:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  (what the default policy makes)
    body = message.get_body(("plain",))
    if message["Date"]:
        sent = message["Date"].datetime
        at = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    text = body.get_content() if body else ""
    return Mail(at, message["To"] or "", message["Subject"] or "", text.strip())
