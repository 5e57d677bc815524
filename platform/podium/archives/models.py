"""Archives that owners ask for, written by a worker."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from podium.challenges.models import Challenge
from podium.jobs import LeasedJob, lease_only_while


class Edition(models.TextChoices):
    """The readers that an archive is for."""

    FULL = "full", "full: everything, for owners only"
    PUBLIC = "public", "public: what everybody may see, and files of teams that agreed"


class ArchiveState(models.TextChoices):
    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "being written"
    DONE = "done", "ready"
    FAILED = "failed", "failed"


IN_FLIGHT = (ArchiveState.QUEUED, ArchiveState.RUNNING)


class ImportState(models.TextChoices):
    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "being read"
    DONE = "done", "imported"
    FAILED = "failed", "failed"


class Archive(LeasedJob):
    """One archive of a challenge; a new one of the same edition replaces its file."""

    TASK, RUNNING = "archives.write", ArchiveState.RUNNING

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="archives")
    edition = models.CharField(max_length=10, choices=Edition.choices)
    with_solutions = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=ArchiveState.choices, default=ArchiveState.QUEUED
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    file = models.CharField(max_length=200, blank=True, help_text="Name in the private storage.")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    left_out = models.JSONField(default=list, blank=True, help_text="What is not in it, and why.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why there is no file.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "edition"],
                condition=Q(state__in=IN_FLIGHT),
                name="one_archive_at_a_time",
            ),
            lease_only_while("archive_lease_while_running", ArchiveState.RUNNING),
        ]

    def __str__(self) -> str:
        return f"{self.edition} archive of {self.challenge}"

    @property
    def is_in_flight(self) -> bool:
        return self.state in IN_FLIGHT

    @property
    def filename(self) -> str:
        """The name that a download has."""
        return f"{self.challenge.slug}-{self.edition}.zip"


class ArchiveImport(LeasedJob):
    """An archive that staff uploaded, to be read into this site; its file is deleted afterwards."""

    TASK, RUNNING = "archives.read", ImportState.RUNNING

    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.QUEUED)
    name = models.CharField(max_length=200, help_text="The name that the file was sent with.")
    file = models.CharField(max_length=200, blank=True, help_text="Name in the private storage.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    slug = models.CharField(
        max_length=60, blank=True, help_text="Another address than in the archive."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    challenge = models.ForeignKey(
        Challenge, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    boards = models.PositiveIntegerField(default=0)
    different = models.JSONField(
        default=list, blank=True, help_text="Boards that are not as in the archive."
    )
    reason = models.CharField(max_length=1000, blank=True, help_text="Why it was not imported.")

    class Meta:
        ordering = ["-id"]
        constraints = [lease_only_while("archive_import_lease", ImportState.RUNNING)]

    def __str__(self) -> str:
        return f"import of {self.name}"

    @property
    def is_in_flight(self) -> bool:
        return self.state in (ImportState.QUEUED, ImportState.RUNNING)
