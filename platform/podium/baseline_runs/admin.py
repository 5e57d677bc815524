"""Baseline runs in the admin. The console starts them."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.baseline_runs.models import BaselineRun, Diagnosis


@admin.register(BaselineRun)
class BaselineRunAdmin(ReadOnlyAdmin):
    list_display = ["id", "method", "task", "state", "attempt", "queued_at", "finished_at"]
    list_filter = ["state", "method", "task__challenge"]
    list_select_related = ["task"]
    search_fields = ["task__title", "method"]
    date_hierarchy = "queued_at"


@admin.register(Diagnosis)
class DiagnosisAdmin(ReadOnlyAdmin):
    list_display = ["id", "version", "state", "attempt", "queued_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["version"]
    search_fields = ["version__name", "version__title"]
    date_hierarchy = "queued_at"
