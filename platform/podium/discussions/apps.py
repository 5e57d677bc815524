from django.apps import AppConfig


class DiscussionsConfig(AppConfig):
    name = "podium.discussions"

    def ready(self) -> None:
        """Say what becomes of the thread of a team that goes into another."""
        from podium.discussions import merging
        from podium.teams import signals

        signals.merge_described.append(merging.described)
