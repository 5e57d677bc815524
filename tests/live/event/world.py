"""The people of an event: a committee without staff rights, and twelve who will compete."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.utils import timezone

from podium.accounts.models import User
from tests.live.world import PASSWORD

COMMITTEE = ("olga", "oscar", "mary", "vera")
TEAMS = tuple(f"ann{number:02}" for number in range(1, 13))


def load() -> None:
    """Make the accounts. Olga may make challenges; nobody is staff."""
    joined = timezone.now() - timedelta(days=60)
    for name in (*COMMITTEE, *TEAMS):
        email = f"{name}@example.org"
        user = User.objects.create_user(email, PASSWORD, name=name.title(), date_joined=joined)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    may_create = Permission.objects.get(codename="add_challenge")
    User.objects.get(email="olga@example.org").user_permissions.add(may_create)


def load_staff() -> None:
    """Make one account that is staff: of a site that knows nothing of the event."""
    User.objects.create_user("sam@example.org", PASSWORD, name="Sam", is_staff=True)
