"""Read-only admin pages of boards, which are computed from scores."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.standings.models import Board, BoardDocument, Comparison, Revision, Standing


@admin.register(Board)
class BoardAdmin(ReadOnlyAdmin):
    list_display = ["id", "task", "track", "part", "revision"]
    list_select_related = ["task", "track"]
    search_fields = ["task__title", "track__title"]


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    """Shows places without scores: only the boards check who may see a score."""

    list_display = ["board", "team", "attempts", "valid_from", "valid_until"]
    list_filter = [("valid_until", admin.EmptyFieldListFilter)]
    list_select_related = ["board__task", "board__track", "team"]
    search_fields = ["team__name"]
    date_hierarchy = "valid_from"
    fields = ["board", "team", "attempts", "submission", "valid_from", "valid_until"]


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """Shows when boards changed, without the results of studies."""

    list_display = ["board", "number", "at", "studied_at"]
    list_select_related = ["board__task", "board__track"]
    search_fields = ["board__task__title", "board__track__title"]
    date_hierarchy = "at"
    fields = ["board", "number", "at", "step", "studied_at"]


@admin.register(BoardDocument)
class BoardDocumentAdmin(ReadOnlyAdmin):
    """Shows which revisions have a stored document, without its content."""

    list_display = ["revision"]
    list_select_related = ["revision__board__task", "revision__board__track"]
    search_fields = ["revision__board__task__title", "revision__board__track__title"]
    fields = ["revision"]


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    """Shows which comparisons were requested, without their results."""

    list_display = ["first", "second", "part", "state", "attempt", "queued_at", "reason"]
    list_select_related = ["first__submission__team", "second__submission__team"]
    search_fields = ["first__submission__team__name", "second__submission__team__name"]
    date_hierarchy = "queued_at"
    fields = ["first", "second", "part", "state", "attempt", "queued_at", "reason"]
