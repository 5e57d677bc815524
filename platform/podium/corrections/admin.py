"""Corrections in the admin: who sent one, and when, but nothing that says something of labels."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.corrections.models import Correction


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ["task", "state", "by", "queued_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["task", "by"]
    search_fields = ["task__slug", "reference"]
    fields = ["task", "state", "by", "reference", "attempt", "queued_at", "finished_at"]
