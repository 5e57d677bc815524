"""What a process must have been given before it starts, so that no page or mail fails later."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def require_secrets() -> None:
    """Raise ImproperlyConfigured in production without a secret key or a mail server.

    For what makes pages or sends mails: web processes and workers of the queue `control`. The
    others need neither, and are better not given them.
    """
    if not settings.PRODUCTION:
        return
    if not settings.EMAIL_URL:
        raise ImproperlyConfigured("Set PODIUM_EMAIL_URL, the server that sends the mails.")
    try:
        settings.SECRET_KEY  # noqa: B018  (which Django does not give away empty)
    except ImproperlyConfigured as error:
        raise ImproperlyConfigured("Set PODIUM_SECRET_KEY, the key of sessions.") from error
