"""Rehearsals in the admin: who asked for which, and when."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.rehearsals.models import Rehearsal


@admin.register(Rehearsal)
class RehearsalAdmin(ReadOnlyAdmin):
    list_display = ["challenge", "state", "by", "queued_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["challenge", "by"]
    search_fields = ["challenge__slug"]
