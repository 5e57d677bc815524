from django.apps import AppConfig
from django.http import HttpRequest


class AccountsConfig(AppConfig):
    name = "podium.accounts"

    def ready(self) -> None:
        """Remember from which address people sign up."""
        from allauth.account.signals import user_signed_up

        from podium.accounts.models import User
        from podium.accounts.networks import remember

        def on_sign_up(request: HttpRequest, user: User, **_: object) -> None:
            remember(user, request)

        user_signed_up.connect(on_sign_up, weak=False, dispatch_uid="remember")
