"""Data set versions, their private solutions, and how raw files become a version."""

import hashlib
import json
from pathlib import PurePosixPath
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import Viewer
from podium.files import Json
from podium.jobs import FollowedJob, LeasedJob, lease_only_while
from podium.uploads.models import ChunkedFile

NAME_LENGTH = 60
TITLE_LENGTH = 120


class Kind(models.TextChoices):
    MATCHING = "matching"
    CLASSIFICATION = "classification"


class VersionState(models.TextChoices):
    """Where a version stands. In a draft everything may change, later nothing but the state."""

    DRAFT = "draft"
    CHECKED = "checked"
    PUBLISHED = "published"
    RETIRED = "retired"


class Access(models.TextChoices):
    """Access to a published version."""

    PUBLIC = "public", "everybody"
    SIGNED_IN = "signed-in", "everybody who is signed in"
    PARTICIPANTS = "participants", "participants who accepted the rules"


class VersionQuerySet(models.QuerySet["DatasetVersion"]):
    def edited_by(self, user: Viewer) -> Self:
        """Return the versions that the person may change: all for staff, else their own."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        own = DatasetVersion.editors.through.objects.filter(
            datasetversion=models.OuterRef("pk"), user=user
        )
        return self.filter(models.Exists(own))

    def known_to(self, user: Viewer) -> Self:
        """Return the versions whose labels the person may have seen, as an editor now or before."""
        own = DatasetVersion.editors.through.objects.filter(user=user.pk)
        names = DataEditor.objects.filter(user=user.pk).values("name")
        return self.filter(Q(pk__in=own.values("datasetversion")) | Q(name__in=names))


class DatasetVersion(models.Model):
    """One version of a data set: the public folder that `tabset` wrote, and its facts.

    `facts` is the content of dataset.json, empty in a draft. Files are in the default storage under
    `folder`; what the pages show of their values lies under `figures`.
    """

    name = models.SlugField(max_length=NAME_LENGTH)
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=10, choices=VersionState.choices, default=VersionState.DRAFT
    )
    access = models.CharField(max_length=20, choices=Access.choices, default=Access.PUBLIC)
    content_hash = models.CharField(max_length=64, blank=True, help_text="Empty in a draft.")
    kind = models.CharField(
        max_length=20, choices=Kind.choices, blank=True, help_text="Empty until it is imported."
    )
    title = models.CharField(max_length=TITLE_LENGTH)
    facts = models.JSONField(editable=False, default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    editors = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        help_text="Users who may see and change it before it is published. Staff always may.",
    )
    published_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    downloads = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Whole files and zips sent so far."
    )

    profiled_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its figures were drawn."
    )

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="dataset_number_once"),
            models.UniqueConstraint(
                fields=["name", "content_hash"],
                condition=~Q(content_hash=""),
                name="dataset_content_once",
            ),
            models.CheckConstraint(
                name="dataset_content_unless_draft",
                condition=Q(state=VersionState.DRAFT, content_hash="")
                | (~Q(state=VersionState.DRAFT) & ~Q(content_hash="")),
            ),
            models.CheckConstraint(
                name="dataset_times_of_its_state",
                condition=Q(
                    state__in=[VersionState.DRAFT, VersionState.CHECKED],
                    published_at__isnull=True,
                    retired_at__isnull=True,
                )
                | Q(
                    state=VersionState.PUBLISHED,
                    published_at__isnull=False,
                    retired_at__isnull=True,
                )
                | Q(
                    state=VersionState.RETIRED, published_at__isnull=False, retired_at__isnull=False
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("dataset", args=[self.name, self.number])

    @property
    def folder(self) -> PurePosixPath:
        """Folder of the public files in the default storage."""
        return PurePosixPath("datasets") / self.name / str(self.number)

    @property
    def archive(self) -> PurePosixPath:
        """Path of the zip of all public files in the default storage."""
        return PurePosixPath("datasets") / self.name / f"{self.name}-{self.number}.zip"

    @property
    def figures(self) -> PurePosixPath:
        """Folder of the profile (profile.json and drawings) in the default storage."""
        return PurePosixPath("datasets") / self.name / f"{self.number}-profile"

    @property
    def solutions_folder(self) -> PurePosixPath:
        """Folder of its solutions in the private storage."""
        return PurePosixPath("solutions") / self.name / str(self.number)

    @property
    def is_released(self) -> bool:
        """Whether it has been published, be it retired since."""
        return self.state in {VersionState.PUBLISHED, VersionState.RETIRED}

    @property
    def is_restricted(self) -> bool:
        """Whether a person accepts its licence before the first download."""
        return self.access != Access.PUBLIC

    @property
    def licence_hash(self) -> str:
        """What a person accepts: the sha256 of the licence's name, address and text."""
        licence = self.facts.get("licence", {})
        said = "\n".join(str(licence.get(key, "")) for key in ("name", "url", "text"))
        return hashlib.sha256(said.encode()).hexdigest()

    def file_url(self, file: str) -> str:
        return reverse("download", args=[self.name, self.number, file])

    @property
    def archive_url(self) -> str:
        return self.file_url(self.archive.name)

    @property
    def files(self) -> list[Json]:
        """Name, bytes and sha256 of every public file but the single images."""
        return [
            {"name": name, **facts}
            for name, facts in self.facts.get("files", {}).items()
            if not name.startswith("images/")
        ]

    @property
    def classes(self) -> list[str]:
        return list(self.facts.get("classes", []))


class DataEditor(models.Model):
    """An offer to an address to edit a data set, or somebody who edits or once edited it.

    It holds for the data set by its name. `user` is only set once somebody who has confirmed the
    address accepted: until then they know no labels. With `ended_at` the person was removed, and
    still knows the labels.
    """

    name = models.SlugField(max_length=NAME_LENGTH, help_text="Of the data set.")
    email = models.EmailField(blank=True, help_text="In small letters; empty once it ended.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    named_at = models.DateTimeField(default=timezone.now, help_text="When it was offered last.")
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "email"], condition=~Q(email=""), name="data_editor_named_once"
            ),
            models.CheckConstraint(
                name="data_editor_ended_without_address",
                condition=Q(ended_at__isnull=True) | Q(email="", user__isnull=False),
            ),
            models.CheckConstraint(
                name="data_editor_accepted_by_somebody",
                condition=Q(accepted_at__isnull=True)
                | Q(user__isnull=False, declined_at__isnull=True),
            ),
            models.CheckConstraint(
                name="data_editor_declined_without_rights",
                condition=Q(declined_at__isnull=True) | Q(user__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.email} of {self.name}"


class Solution(models.Model):
    """One version of the private labels of a data set version's test rows.

    The file is in the private storage and only workers read it.
    """

    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="solutions"
    )
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=200, help_text="Name in the private storage.")
    sha256 = models.CharField(max_length=64)
    public_rows = models.PositiveIntegerField()
    private_rows = models.PositiveIntegerField()
    public_counts = models.JSONField(
        default=list, help_text="The public rows of each class that occurs, ascending."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["dataset_version", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset_version", "number"], name="solution_number_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_version} solution {self.number}"


class SolutionComparison(models.Model):
    """How many equal rows and records of two data set versions are in parts that do not agree.

    The two solutions say which rows are public; that of the lower id is the first. Files never
    change, so it is made once.
    """

    first = models.ForeignKey(Solution, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Solution, on_delete=models.CASCADE, related_name="+")
    usage_rows = models.PositiveIntegerField(help_text="Public in one, private in the other.")
    train_rows = models.PositiveIntegerField(help_text="Test rows of one in train of the other.")
    records = models.PositiveIntegerField(help_text="Of both, but in no part of both.")

    class Meta:
        ordering = ["first", "second"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="solutions_compared_once"),
            models.CheckConstraint(
                name="solutions_compared_in_order", condition=Q(first__lt=models.F("second"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class ProfileState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Profile(LeasedJob):
    """Drawing the figures of a version's page from its public files."""

    TASK, RUNNING = "catalog.profile", ProfileState.RUNNING

    version = models.OneToOneField(DatasetVersion, on_delete=models.CASCADE, related_name="profile")
    state = models.CharField(
        max_length=10, choices=ProfileState.choices, default=ProfileState.QUEUED
    )

    class Meta:
        ordering = ["-id"]
        constraints = [lease_only_while("profile_lease_while_running", ProfileState.RUNNING)]

    def __str__(self) -> str:
        return f"figures of {self.version}"


class ImportState(models.TextChoices):
    """The state of an import; `step` says what is queued, runs or has failed."""

    UPLOADING = "uploading", "waiting for raw files"
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    DRAFTED = "drafted", "draft to look at"
    BUILT = "built", "built"
    FAILED = "failed", "failed"


class Step(models.TextChoices):
    """What a worker does for an import."""

    IMPORT = "import"
    CHECK = "check"
    BUILD = "build"


_DOING = {Step.IMPORT: "reading the raw files", Step.CHECK: "checking", Step.BUILD: "building"}


class Import(FollowedJob):
    """How one draft version comes to be: its raw files, its draft, and the worker's progress."""

    TASK, RUNNING = "catalog.work", ImportState.RUNNING

    version = models.OneToOneField(DatasetVersion, on_delete=models.CASCADE, related_name="source")
    importer = models.CharField(max_length=40)
    options = models.JSONField(default=dict, blank=True)
    draft = models.JSONField(
        null=True, blank=True, editable=False, help_text="draft.json as the organizer left it."
    )
    findings = models.JSONField(default=list, blank=True, editable=False)
    checked_draft = models.CharField(
        max_length=64, blank=True, help_text="The sha256 of the draft that the findings are of."
    )
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.UPLOADING
    )
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.IMPORT)
    error = models.TextField(blank=True, help_text="What went wrong, for the organizer.")
    reference = models.CharField(
        max_length=32, blank=True, help_text="Under which the operator finds the failure."
    )
    staged = models.PositiveIntegerField(
        default=0, help_text="The attempt whose work folder holds the staged tables; 0: none."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            lease_only_while("import_lease_while_running", ImportState.RUNNING),
            models.CheckConstraint(
                name="import_error_when_failed",
                condition=(Q(state=ImportState.FAILED) & ~Q(error=""))
                | (~Q(state=ImportState.FAILED) & Q(error="")),
            ),
        ]

    def __str__(self) -> str:
        return f"import of {self.version}"

    @property
    def raw_folder(self) -> PurePosixPath:
        """Folder of the raw files in the private storage, until the version is published."""
        return PurePosixPath("imports") / str(self.pk) / "raw"

    @property
    def draft_hash(self) -> str:
        """The sha256 of the draft as it stands."""
        return hashlib.sha256(json.dumps(self.draft, sort_keys=True).encode()).hexdigest()

    @property
    def is_busy(self) -> bool:
        """Whether a worker has it or will have it; then nothing may be changed but cancelled."""
        return self.state in {ImportState.QUEUED, ImportState.RUNNING}

    @property
    def state_label(self) -> str:
        """The state in words; while a worker runs it, the step."""
        is_running = self.state == ImportState.RUNNING
        return _DOING[Step(self.step)] if is_running else self.get_state_display()


class RawFile(ChunkedFile):
    """One raw file of an import, received in chunks."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="raw_files")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="raw_file_once"),
            models.CheckConstraint(
                name="raw_file_within_its_size", condition=Q(received__lte=models.F("size"))
            ),
        ]

    @property
    def folder(self) -> str:
        return str(self.source.raw_folder / str(self.pk))


class LicenceAcceptance(models.Model):
    """A person accepted the licence of a restricted data set version."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    licence_hash = models.CharField(max_length=64)
    accepted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "version", "licence_hash"], name="licence_accepted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} accepted the licence of {self.version}"
