from django.apps import AppConfig


class ChallengesConfig(AppConfig):
    name = "podium.challenges"

    def ready(self) -> None:
        """Give or offer people what waits for an address, when they confirm it or sign in."""
        from allauth.account.models import EmailAddress
        from allauth.account.signals import email_confirmed, user_logged_in, user_signed_up

        from podium.accounts.models import User
        from podium.catalog import signals as catalog
        from podium.catalog.actions.offers import claim_offers
        from podium.challenges.eligibility import competes_on
        from podium.challenges.organizers import claim_roles

        def on_entry(user: User, **_: object) -> None:
            claim_roles(user)
            claim_offers(user)

        def on_confirmed(email_address: EmailAddress, **_: object) -> None:
            on_entry(email_address.user)

        catalog.competing_asked.append(competes_on)

        email_confirmed.connect(on_confirmed, weak=False, dispatch_uid="claim roles")
        for signal in (user_logged_in, user_signed_up):
            signal.connect(on_entry, weak=False, dispatch_uid="claim roles")
