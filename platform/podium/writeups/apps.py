from django.apps import AppConfig
from django.db.models.signals import post_delete


class WriteupsConfig(AppConfig):
    name = "podium.writeups"

    def ready(self) -> None:
        """Hear of teams that become one, and of attachments that go with their write-up."""
        from podium.teams import signals
        from podium.writeups import attachments, merging
        from podium.writeups.models import Attachment

        signals.teams_merged.append(merging.merge)
        post_delete.connect(attachments.on_deleted, sender=Attachment)
