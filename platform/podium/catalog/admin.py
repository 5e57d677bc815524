"""Data set versions and solutions in the admin. What is published stays as it is."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.catalog.models import DatasetVersion, Solution


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadOnlyAdmin):
    list_display = ["name", "number", "kind", "title", "published_at"]
    list_filter = ["kind"]
    search_fields = ["name", "title", "content_hash"]
    date_hierarchy = "published_at"
    fields = ["name", "number", "kind", "title", "content_hash", "published_at"]


@admin.register(Solution)
class SolutionAdmin(ReadOnlyAdmin):
    """Shows that a solution exists: neither where its file lies nor its hash."""

    list_display = ["dataset_version", "number", "public_rows", "private_rows", "created_at"]
    list_filter = ["dataset_version__kind"]
    list_select_related = ["dataset_version"]
    search_fields = ["dataset_version__name"]
    date_hierarchy = "created_at"
    fields = ["dataset_version", "number", "public_rows", "private_rows", "created_at"]
