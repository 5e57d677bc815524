"""Archives in the admin: who asked for which, and when."""

from django.contrib import admin

from podium.archives.models import Archive, ArchiveImport
from podium.audit.admin import ReadOnlyAdmin


@admin.register(Archive)
class ArchiveAdmin(ReadOnlyAdmin):
    list_display = ["challenge", "edition", "state", "by", "queued_at", "size"]
    list_filter = ["state", "edition"]
    list_select_related = ["challenge", "by"]
    search_fields = ["challenge__slug"]


@admin.register(ArchiveImport)
class ArchiveImportAdmin(ReadOnlyAdmin):
    list_display = ["name", "state", "by", "queued_at", "challenge"]
    list_filter = ["state"]
    list_select_related = ["challenge", "by"]
    search_fields = ["name"]
