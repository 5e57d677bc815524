"""`manage.py post_test_alert` posts a test to the site's webhook and says how it went."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from podium.watch.calls import Caller, CallFailed
from podium.watch.hooks import site_hook
from podium.watch.posts import test_message


class Command(BaseCommand):
    help = "Post a test message to PODIUM_ALERT_WEBHOOK, and say what is wrong if it is not taken."

    def handle(self, **options: Any) -> None:
        hook = site_hook()
        if hook is None:
            raise CommandError(
                "There is no webhook. Set PODIUM_ALERT_WEBHOOK to its address, and "
                "PODIUM_WEBHOOK_HOSTS to its host."
            )
        now = timezone.now()
        try:
            hook.post(test_message(now, f"{now.timestamp():.0f}"), Caller())
        except CallFailed as failed:
            raise CommandError(f"The test was not posted. {failed.message}") from failed
        self.stdout.write(f"{hook.target().name} took the test.")
