from django.apps import AppConfig


class WinnersConfig(AppConfig):
    name = "podium.winners"

    def ready(self) -> None:
        """Forget the certificates of people who leave."""
        from podium.teams import signals
        from podium.winners import certificates

        signals.account_deleted.append(certificates.forget)
