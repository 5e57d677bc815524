"""What happened, when and by whom: rows that are only ever added."""

from typing import Any, NoReturn

from django.db import models

# Marks that only this site can compare with another; people learn nothing from them.
_HIDDEN = {"address"}


class Event(models.Model):
    """One thing that happened. It has no foreign keys, so that it outlives what it speaks of."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor = models.CharField(max_length=200, help_text="The name at that time, or `system`.")
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, db_index=True, help_text="For example submission:12")
    challenge = models.CharField(max_length=60, blank=True, db_index=True)
    is_public = models.BooleanField(default=False, help_text="Teams see it on the challenge page.")
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        # The last event of a verb is one step into it: caches ask for it with every page.
        indexes = [models.Index(fields=["verb", "id"], name="event_verb")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.verb} {self.subject}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise TypeError("An event is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("An event is never deleted.")

    @property
    def shown_facts(self) -> dict[str, Any]:
        """The facts that organizers read."""
        return {name: value for name, value in self.facts.items() if name not in _HIDDEN}
