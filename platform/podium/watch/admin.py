"""Alerts in the admin: what was wrong, from when to when, and what was posted of it."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.watch.models import Alert, Post, Webhook


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["key", "challenge", "since", "mailed_at", "over_at"]
    list_filter = [("over_at", admin.EmptyFieldListFilter), "challenge"]
    list_select_related = ["challenge"]
    search_fields = ["key"]
    date_hierarchy = "since"


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin):
    list_display = ["alert", "hook", "news", "made_at", "taken_at", "tries", "failure"]
    list_filter = ["news", "hook", ("taken_at", admin.EmptyFieldListFilter)]
    list_select_related = ["alert"]
    search_fields = ["hook"]
    date_hierarchy = "made_at"


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    list_display = ["challenge", "form", "made_at"]
    list_select_related = ["challenge"]
    search_fields = ["challenge__title"]
    exclude = ["url", "secret"]
