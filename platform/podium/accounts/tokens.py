"""Keys with which programs use the API: made and shown once, found by their hash, revoked."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from unicodedata import category

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from podium.accounts.models import ApiToken, Scope, User, Viewer
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.refusals import Refused

DEFAULT_DAYS = 90
MOST_DAYS = 365
MOST_ORGANIZING_DAYS = 30
MOST_WORKING = 50
PREFIX_LENGTH = 12
_FORM = re.compile(r"podium_[A-Za-z0-9_-]{43}")
_USE_IS_KEPT = timedelta(minutes=1)
_AGAIN = "Create a new one on the page /account/tokens/."


@transaction.atomic
def make(
    *, user: User, name: str, scopes: Iterable[str], days: int = DEFAULT_DAYS
) -> tuple[ApiToken, str]:
    """Return a new token's row and the token itself, which is stored nowhere. Raises Refused."""
    name, wanted = _clean_name(name), _clean_scopes(scopes)
    if not 1 <= days <= MOST_DAYS:
        raise Refused("bad_days", f"A token expires in 1 to {MOST_DAYS} days. Choose how many.")
    if Scope.ORGANIZE in wanted and days > MOST_ORGANIZING_DAYS:
        raise Refused(
            "bad_days",
            f"A token with the permission `organize` expires in at most {MOST_ORGANIZING_DAYS} "
            "days. Choose fewer days, or leave that permission out.",
        )
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # so that two count one another
    if ApiToken.objects.working().filter(user=user).count() >= MOST_WORKING:
        raise Refused(
            "too_many",
            f"You already have {MOST_WORKING} active tokens. Revoke one that you do not use.",
        )
    text = f"podium_{secrets.token_urlsafe(32)}"
    now = timezone.now()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=text[:PREFIX_LENGTH],
        digest=_digest(text),
        scopes=wanted,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    record(Verb.MADE_API_TOKEN, subject=token, by=user, scopes=wanted, days=days)
    return token, text


@transaction.atomic
def revoke(*, token: ApiToken, by: User) -> None:
    """Make a token worthless for good. A second time changes nothing."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(Verb.REVOKED_API_TOKEN, subject=token, by=by)


@transaction.atomic
def revoke_all(*, user: User, by: Viewer) -> None:
    """Make all tokens of a person worthless, because the person has a new password."""
    for token in ApiToken.objects.working().filter(user=user):
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(Verb.REVOKED_API_TOKEN, subject=token, by=by, why="new password")


def by_text(text: str) -> ApiToken:
    """Return the working token that reads so, with its owner. Raises Refused.

    It is looked up by its hash, so that no comparison takes longer the more of it was guessed.
    """
    if not _FORM.fullmatch(text):
        raise Refused(
            "malformed_token",
            "This is not an API token: a token is `podium_` followed by 43 characters. Copy all "
            "of it, or create one on the page /account/tokens/.",
        )
    token = ApiToken.objects.select_related("user").filter(digest=_digest(text)).first()
    if token is None:
        raise Refused("unknown_token", f"This API token is not known here. {_AGAIN}")
    if not token.user.is_active:
        raise Refused("account_closed", f"The account of this API token is closed. {_AGAIN}")
    if token.revoked_at:
        raise Refused("token_revoked", f"This API token was revoked. {_AGAIN}")
    if not token.is_working:
        when = in_words(token.expires_at)
        raise Refused("token_expired", f"This API token expired on {when}. {_AGAIN}")
    return token


def note_use(token: ApiToken, now: datetime | None = None) -> None:
    """Keep when a token was last used, at most once a minute."""
    now = now or timezone.now()
    if token.last_used_at and token.last_used_at > now - _USE_IS_KEPT:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_IS_KEPT)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or any(category(mark)[0] == "C" for mark in name):
        raise Refused("bad_name", "Give the token a name that says what it is for.")
    longest = ApiToken._meta.get_field("name").max_length or 0
    if len(name) > longest:
        raise Refused("bad_name", f"The name has {len(name)} characters. Shorten it to {longest}.")
    return name


def _clean_scopes(scopes: Iterable[str]) -> list[str]:
    """Return the scopes in their own order, each once."""
    given = set(scopes)
    if not given or given - set(Scope.values):
        raise Refused("bad_scopes", f"Choose at least one of {', '.join(Scope.values)}.")
    return [scope for scope in Scope.values if scope in given]
