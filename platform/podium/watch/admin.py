"""Alerts in the admin: what was wrong, from when to when."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.watch.models import Alert


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["key", "challenge", "since", "mailed_at", "over_at"]
    list_filter = [("over_at", admin.EmptyFieldListFilter), "challenge"]
    list_select_related = ["challenge"]
    search_fields = ["key"]
    date_hierarchy = "since"
