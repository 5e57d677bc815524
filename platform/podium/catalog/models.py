"""Published data set versions and their private solutions."""

from pathlib import PurePosixPath
from typing import Any

from django.db import models
from django.urls import reverse


class Kind(models.TextChoices):
    MATCHING = "matching"
    CLASSIFICATION = "classification"


class DatasetVersion(models.Model):
    """One immutable version of a data set: the public folder that `tabset` wrote, and its facts.

    `facts` is the content of dataset.json. Files lie in the default storage under `folder`.
    """

    name = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField(max_length=120)
    facts = models.JSONField(editable=False)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="dataset_number_once"),
            models.UniqueConstraint(fields=["name", "content_hash"], name="dataset_content_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("dataset", args=[self.name, self.number])

    @property
    def folder(self) -> PurePosixPath:
        """Where the public files lie in the default storage."""
        return PurePosixPath("datasets") / self.name / str(self.number)

    @property
    def archive(self) -> PurePosixPath:
        """Where the zip of all public files lies in the default storage."""
        return PurePosixPath("datasets") / self.name / f"{self.name}-{self.number}.zip"

    def file_url(self, file: str) -> str:
        return reverse("download", args=[self.name, self.number, file])

    @property
    def archive_url(self) -> str:
        return self.file_url(self.archive.name)

    @property
    def files(self) -> list[dict[str, Any]]:
        """Name, bytes and sha256 of every public file but the single images."""
        return [
            {"name": name, **facts}
            for name, facts in self.facts["files"].items()
            if not name.startswith("images/")
        ]

    @property
    def classes(self) -> list[str]:
        return list(self.facts.get("classes", []))


class Solution(models.Model):
    """One version of the private labels of a data set version's test rows.

    The file lies in the private storage and is read by the scoring process alone.
    """

    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="solutions"
    )
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=200, help_text="Name in the private storage.")
    sha256 = models.CharField(max_length=64)
    public_rows = models.PositiveIntegerField()
    private_rows = models.PositiveIntegerField()
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
