"""`manage.py watch` mails organizers of what is wrong: dead workers, old queues, a full disk."""

import time
from pathlib import Path
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from podium.starting import require_secrets
from podium.watch.alerts import Watch
from podium.watch.calls import CallFailed
from podium.watch.hooks import site_hook
from podium.workers import mark_watch

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Look at the site again and again, and mail owners and managers of what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=15, help="between two looks")
        parser.add_argument("--once", action="store_true", help="look once and end")
        parser.add_argument("--sign", type=Path, help="a file to touch after each look")

    def handle(self, **options: Any) -> None:
        try:
            require_secrets()
        except ImproperlyConfigured as error:
            raise CommandError(f"Nobody can be mailed: {error}") from error
        watch = Watch()
        self._check_webhook()
        while True:
            self._look(watch, options["sign"])
            if options["once"]:
                watch.finish()
                return
            connection.close()
            time.sleep(options["seconds"])

    def _check_webhook(self) -> None:
        """Say what is wrong with the settings of the webhook; mails go out all the same."""
        try:
            if hook := site_hook():
                hook.target()
        except CallFailed as failed:
            log.warning("no alert will be posted", reason=failed.message)

    def _look(self, watch: Watch, sign: Path | None) -> None:
        """Look once and give a sign of it; what fails is logged, and the next look may not."""
        try:
            watch.look()
        except Exception:
            log.exception("no look at the site")
            return
        mark_watch()
        if sign:
            sign.touch()
