"""The type of requests whose sender is known."""

from django.http import HttpRequest

from podium.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request as views behind `login_required` and operations behind a token get it."""

    user: User
