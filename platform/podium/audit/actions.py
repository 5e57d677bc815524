"""Recording events, inside the transaction of what they tell."""

from django.contrib.auth.models import AnonymousUser
from django.db import models

from podium.audit.models import Event
from podium.audit.verbs import Verb


def record(
    verb: Verb,
    *,
    subject: models.Model,
    by: models.Model | AnonymousUser | None = None,
    challenge: str = "",
    is_public: bool = False,
    **facts: object,
) -> Event:
    """Return the new event. `by` is the acting user, or None for the system itself.

    `facts` are JSON values that may be shown to organizers: never labels, never private scores.
    """
    return Event.objects.create(
        actor_id=getattr(by, "pk", None),
        actor=str(by) if by is not None else "system",
        verb=verb,
        subject=f"{subject._meta.model_name}:{subject.pk}",
        challenge=challenge,
        is_public=is_public,
        facts=facts,
    )
