"""Cases in the admin: findings and decisions."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.integrity.models import Case, CaseEntry, FileStep, KnownFile, Look


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ["challenge", "kind", "task", "found_at", "state", "decision"]
    list_filter = ["state", "kind"]
    list_select_related = ["challenge", "task"]
    search_fields = ["challenge__slug"]
    # The evidence and the notes are for the challenge's owners and managers.
    exclude = ["counts", "p", "strength", "decided_strength", "note"]


@admin.register(CaseEntry)
class CaseEntryAdmin(ReadOnlyAdmin):
    list_display = ["case", "team", "submission"]
    search_fields = ["team__name"]
    list_select_related = ["case", "team", "submission__team", "submission__task"]


@admin.register(KnownFile)
class KnownFileAdmin(ReadOnlyAdmin):
    list_display = ["task", "title", "sha256"]
    search_fields = ["title", "sha256"]
    list_select_related = ["task"]


@admin.register(FileStep)
class FileStepAdmin(ReadOnlyAdmin):
    list_display = ["submission"]
    search_fields = ["submission__team__name"]
    exclude = ["changed"]
    list_select_related = ["submission__team", "submission__task"]


@admin.register(Look)
class LookAdmin(ReadOnlyAdmin):
    list_display = ["task", "looked_at", "claimed_at"]
    search_fields = ["task__slug"]
    list_select_related = ["task"]
