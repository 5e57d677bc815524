"""What every template may use beside its view's own context."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the facts about this site."""
    return {"site_url": settings.BASE_URL, "production": settings.PRODUCTION}
