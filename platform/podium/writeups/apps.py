from django.apps import AppConfig
from django.db.models.signals import post_delete


class WriteupsConfig(AppConfig):
    name = "podium.writeups"

    def ready(self) -> None:
        """Hear of teams that become one or go, and of attachments that go with them."""
        from podium.teams import signals
        from podium.writeups import attachments, merging
        from podium.writeups.models import Attachment

        signals.merge_described.append(merging.described)
        signals.teams_merged.append(merging.merge)
        signals.team_removed.append(merging.remove)
        signals.team_left.append(merging.forget_drafts)
        post_delete.connect(attachments.on_deleted, sender=Attachment)
