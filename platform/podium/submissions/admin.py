"""Submissions in the admin. No page here shows a value of a score, public or private."""

# The admin's classes take type arguments only in the stubs.
# mypy: disable-error-code="type-arg"

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from podium.audit.actions import record
from podium.audit.admin import ReadOnlyAdmin
from podium.audit.verbs import Verb
from podium.submissions.models import (
    Evaluation,
    PartialUpload,
    Quota,
    Rescore,
    Score,
    Submission,
    Unscored,
    Validation,
)
from podium.submissions.signals import method_changed


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """Lets staff correct what a team wrote; states change only by actions."""

    list_display = ["id", "team", "task", "number", "state", "received_at", "withdrawn_at"]
    list_filter = ["state", "task__challenge", "task"]
    list_select_related = ["team", "task"]
    search_fields = ["team__name", "sha256", "original_name", "method"]
    date_hierarchy = "received_at"
    readonly_fields = [
        "id", "team", "task", "number", "submitted_by",
        "original_name", "sha256", "size", "file",
        "first_byte_at", "received_at", "quota_day",
        "state", "queued_at", "attempt", "lease_until", "finished_at",
        "withdrawn_at", "withdrawn_reason",
        "problems", "notes", "failure",
    ]  # fmt: skip
    fields = ["method", "note", *readonly_fields]

    def save_model(self, request: HttpRequest, obj: Submission, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "method" in form.changed_data:
            slug = obj.task.challenge.slug
            record(Verb.RENAMED_METHOD, subject=obj, by=request.user, challenge=slug)
            for listener in method_changed:
                listener(obj)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    list_display = ["submission", "solution", "scorer_version", "counts", "seconds", "created_at"]
    list_filter = ["counts", "scorer_version", "submission__task"]
    list_select_related = [
        "submission__team",
        "submission__task",
        "solution__dataset_version",
    ]
    search_fields = ["submission__team__name", "submission__task__title"]
    date_hierarchy = "created_at"
    fields = ["submission", "solution", "scorer_version", "counts", "seconds", "created_at"]


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    """Shows which scores exist and on how many rows; what they are is for other pages."""

    list_display = ["evaluation", "part", "metric", "n"]
    list_filter = ["part", "metric"]
    list_select_related = ["evaluation__submission__team", "evaluation__submission__task"]
    search_fields = ["evaluation__submission__team__name", "metric"]
    fields = ["evaluation", "part", "metric", "n"]


@admin.register(Rescore)
class RescoreAdmin(ReadOnlyAdmin):
    list_display = ["task", "solution", "scorer_version", "state", "started_by", "started_at"]
    list_filter = ["state", "task"]
    list_select_related = ["task", "solution__dataset_version", "started_by"]
    search_fields = ["task__title"]
    date_hierarchy = "started_at"
    fields = [
        "task", "solution", "scorer_version", "state", "started_by",
        "started_at", "resumed_at", "lease_until", "ended_at",
    ]  # fmt: skip


@admin.register(Unscored)
class UnscoredAdmin(ReadOnlyAdmin):
    list_display = ["submission", "rescore", "state", "tries", "is_final"]
    list_filter = ["state", "is_final"]
    list_select_related = [
        "submission__team",
        "submission__task",
        "rescore__task",
        "rescore__solution__dataset_version",
    ]
    search_fields = ["submission__team__name", "rescore__task__title"]
    fields = ["submission", "rescore", "state", "tries", "is_final", "problems", "failure"]


@admin.register(Validation)
class ValidationAdmin(ReadOnlyAdmin):
    list_display = ["task", "user", "original_name", "state", "created_at"]
    list_filter = ["state", "task"]
    list_select_related = ["task", "user"]
    search_fields = ["user__email", "user__name", "original_name"]
    date_hierarchy = "created_at"
    fields = [
        "task", "user", "original_name", "sha256", "size", "state", "attempt",
        "created_at", "queued_at", "lease_until", "finished_at",
        "problems", "notes", "failure",
    ]  # fmt: skip


@admin.register(PartialUpload)
class PartialUploadAdmin(ReadOnlyAdmin):
    list_display = ["task", "user", "name", "received", "size", "created_at"]
    list_filter = ["task"]
    list_select_related = ["task", "user"]
    search_fields = ["user__email", "user__name", "name"]
    date_hierarchy = "created_at"
    fields = [
        "task", "user", "team", "name", "size", "sha256", "received",
        "created_at", "first_byte_at",
    ]  # fmt: skip


@admin.register(Quota)
class QuotaAdmin(ReadOnlyAdmin):
    list_display = ["team", "task", "day", "used", "rejected", "granted"]
    list_filter = ["task"]
    list_select_related = ["team", "task"]
    search_fields = ["team__name"]
    date_hierarchy = "day"
