"""`manage.py demo`: the sample data sets, the sample challenge and people to try it with."""

import tempfile
from datetime import timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.utils import timezone

import samples
from podium.baseline_runs.actions import start_missing
from podium.catalog.actions.versions import publish
from podium.catalog.models import DatasetVersion
from podium.challenges.actions import apply
from podium.challenges.definition import parse
from podium.challenges.models import Challenge, Organizer, Role

PASSWORD = "podium-demo"  # noqa: S105  (of accounts on a developer's machine, printed at the start)


class Command(BaseCommand):
    help = "Load the sample challenge and its accounts. Safe to run again; keeps what is there."

    def handle(self, *args: object, **options: object) -> None:
        if settings.PRODUCTION:
            self.stderr.write("The sample accounts have known passwords: not in production mode.")
            raise SystemExit(1)
        for name in samples.NAMES:
            self._publish(name)
        definition = parse(samples.CHALLENGE.read_text(encoding="utf-8"))
        challenge = Challenge.objects.filter(slug=definition.slug).first()
        challenge = challenge or apply(definition=definition)
        self._people(challenge)
        start_missing(challenge=challenge, methods=list(definition.baselines))
        self.stdout.write(
            f"  organizer    organizer@podium.example    {PASSWORD}   (console and admin)\n"
            f"  participant  ada@podium.example          {PASSWORD}   (or sign up as yourself)"
        )

    def _publish(self, name: str) -> None:
        if DatasetVersion.objects.filter(name=name, published_at__isnull=False).exists():
            return
        self.stdout.write(f"Building data set {name}")
        with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            samples.build(name, Path(folder))
            publish(public=Path(folder) / name / "public", private=Path(folder) / name / "private")

    def _people(self, challenge: Challenge) -> None:
        users = get_user_model().objects
        organizer = users.filter(email="organizer@podium.example").first()
        if organizer is None:
            organizer = users.create_superuser(
                "organizer@podium.example", PASSWORD, name="Olga Organizer"
            )
            Organizer.objects.create(challenge=challenge, user=organizer, role=Role.OWNER)
        if not users.filter(email="ada@podium.example").exists():
            # Not a new account, which sends only a few files on its first day.
            joined = timezone.now() - timedelta(days=30)
            users.create_user("ada@podium.example", PASSWORD, name="Ada", date_joined=joined)
        for user in users.filter(email__endswith="@podium.example"):  # so that they are mailed
            EmailAddress.objects.get_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
