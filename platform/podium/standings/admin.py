"""Boards in the admin. They follow from scores, so nobody edits them by hand."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.standings.models import Board, Standing


@admin.register(Board)
class BoardAdmin(ReadOnlyAdmin):
    list_display = ["id", "task", "track", "revision"]
    list_select_related = ["task", "track"]
    search_fields = ["task__title", "track__title"]


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    """Shows places without their scores, which the boards show to whom they are meant for."""

    list_display = ["board", "team", "rank", "attempts", "valid_from", "valid_until"]
    list_filter = [("valid_until", admin.EmptyFieldListFilter)]
    list_select_related = ["board__task", "board__track", "team"]
    search_fields = ["team__name"]
    date_hierarchy = "valid_from"
    fields = ["board", "team", "rank", "attempts", "submission", "valid_from", "valid_until"]
