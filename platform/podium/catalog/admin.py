"""Data set versions and solutions in the admin. What is published stays as it is."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.catalog.models import (
    DataEditor,
    DatasetVersion,
    Import,
    LicenceAcceptance,
    Profile,
    RawFile,
    Solution,
    SolutionComparison,
)


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadOnlyAdmin):
    list_display = ["name", "number", "state", "access", "kind", "title", "published_at"]
    list_filter = ["state", "access", "kind"]
    search_fields = ["name", "title", "content_hash"]
    date_hierarchy = "published_at"
    fields = [
        "name", "number", "state", "access", "kind", "title", "content_hash", "created_by",
        "created_at", "published_at", "retired_at", "downloads",
    ]  # fmt: skip


@admin.register(DataEditor)
class DataEditorAdmin(ReadOnlyAdmin):
    list_display = ["name", "email", "user", "named_at", "ended_at"]
    list_select_related = ["user"]
    search_fields = ["name", "email", "user__name", "user__email"]
    date_hierarchy = "named_at"


@admin.register(Solution)
class SolutionAdmin(ReadOnlyAdmin):
    """Shows that a solution exists: neither where its file lies nor its hash."""

    list_display = ["dataset_version", "number", "public_rows", "private_rows", "created_at"]
    list_filter = ["dataset_version__kind"]
    list_select_related = ["dataset_version"]
    search_fields = ["dataset_version__name"]
    date_hierarchy = "created_at"
    fields = ["dataset_version", "number", "public_rows", "private_rows", "created_at"]


@admin.register(SolutionComparison)
class SolutionComparisonAdmin(ReadOnlyAdmin):
    list_display = ["first", "second", "usage_rows", "train_rows"]
    list_select_related = ["first__dataset_version", "second__dataset_version"]
    search_fields = ["first__dataset_version__name", "second__dataset_version__name"]


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Shows where an import stands: neither what it read nor what it found."""

    list_display = ["version", "importer", "state", "step", "attempt", "created_at"]
    list_filter = ["state", "importer"]
    list_select_related = ["version"]
    search_fields = ["version__name", "reference"]
    date_hierarchy = "created_at"
    fields = [
        "version", "importer", "state", "step", "progress", "attempt", "attempt_limit",
        "reference", "lease_until", "created_at", "queued_at", "started_at", "finished_at",
    ]  # fmt: skip


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    list_display = ["version", "state", "attempt", "queued_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["version"]
    search_fields = ["version__name"]


@admin.register(RawFile)
class RawFileAdmin(ReadOnlyAdmin):
    list_display = ["name", "source", "size", "received"]
    list_select_related = ["source__version"]
    search_fields = ["name", "source__version__name"]
    fields = ["source", "name", "size", "received"]


@admin.register(LicenceAcceptance)
class LicenceAcceptanceAdmin(ReadOnlyAdmin):
    list_display = ["user", "version", "accepted_at"]
    list_select_related = ["user", "version"]
    search_fields = ["user__name", "user__email", "version__name"]
    date_hierarchy = "accepted_at"
    fields = ["user", "version", "licence_hash", "accepted_at"]
