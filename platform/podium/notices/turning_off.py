"""The link in a mail by which its reader turns off such mails without signing in."""

from django.core import signing

from podium.accounts.models import User
from podium.notices.actions import choose
from podium.notices.models import How, Kind

_SALT = "podium.notices.off"


def token_of(user: User, kinds: list[str]) -> str:
    """Return what names the person and the kinds in a link. It lasts, as mails are kept long."""
    return signing.dumps([user.pk, kinds], salt=_SALT)


def read_token(token: str) -> tuple[User, list[Kind]] | None:
    """Return the user and kinds that a link unsubscribes; None if it is invalid."""
    try:
        pk, kinds = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    known = [Kind(each) for each in kinds if each in Kind.values]
    return (user, known) if user and known else None


def turn_off(user: User, kinds: list[Kind]) -> None:
    """Unsubscribe the person from mails of these kinds."""
    for kind in kinds:
        choose(user=user, kind=kind, how=How.OFF)
