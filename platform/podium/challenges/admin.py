"""Challenges in the admin, to look things up. The console changes them, with plan and event."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.challenges.models import (
    Announcement,
    Challenge,
    Organizer,
    PendingRole,
    Prize,
    Task,
    Track,
)


@admin.register(Challenge)
class ChallengeAdmin(ReadOnlyAdmin):
    list_display = ["title", "slug", "phase", "opens_at", "closes_at", "reveal_at"]
    list_filter = ["opens_at"]
    search_fields = ["title", "slug", "summary"]
    date_hierarchy = "opens_at"


@admin.register(Organizer)
class OrganizerAdmin(ReadOnlyAdmin):
    list_display = ["user", "challenge", "role"]
    list_filter = ["role", "challenge"]
    list_select_related = ["user", "challenge"]
    search_fields = ["user__email", "user__name"]


@admin.register(PendingRole)
class PendingRoleAdmin(ReadOnlyAdmin):
    list_display = ["email", "challenge", "role"]
    list_filter = ["role", "challenge"]
    list_select_related = ["challenge"]
    search_fields = ["email"]


@admin.register(Track)
class TrackAdmin(ReadOnlyAdmin):
    list_display = ["title", "challenge", "kind", "aggregate", "position"]
    list_filter = ["kind", "challenge"]
    list_select_related = ["challenge"]
    search_fields = ["title", "challenge__title"]


@admin.register(Prize)
class PrizeAdmin(ReadOnlyAdmin):
    list_display = ["text", "value", "track", "rank"]
    list_filter = ["track__challenge"]
    list_select_related = ["track"]
    search_fields = ["text", "value"]


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ["title", "challenge", "track", "dataset_version", "headline", "feedback"]
    list_filter = ["track__kind", "challenge"]
    list_select_related = ["challenge", "track", "dataset_version"]
    search_fields = ["title", "slug"]


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    list_display = ["title", "challenge", "at"]
    list_filter = ["challenge"]
    list_select_related = ["challenge"]
    search_fields = ["title", "body"]
    date_hierarchy = "at"
