from django.apps import AppConfig


class WinnersConfig(AppConfig):
    name = "podium.winners"

    def ready(self) -> None:
        """Hear of people who leave, and of teams that want to become one."""
        from podium.teams import signals
        from podium.winners import certificates, merging

        signals.merge_questioned.append(merging.why_not)
        signals.account_deleted.append(certificates.forget)
