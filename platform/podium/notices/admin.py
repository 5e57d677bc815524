"""Notices in the admin: who was notified of what, and whether a mail went out."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.notices.models import Announced, MailChoice, Notice


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "challenge", "at", "read_at", "mail", "mailed_at", "tries"]
    list_filter = ["kind", "mail", ("mailed_at", admin.EmptyFieldListFilter), "challenge"]
    list_select_related = ["user", "challenge"]
    search_fields = ["user__email", "user__name", "key"]
    date_hierarchy = "at"


@admin.register(MailChoice)
class MailChoiceAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "how"]
    list_filter = ["kind", "how"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]


@admin.register(Announced)
class ToldAdmin(ReadOnlyAdmin):
    list_display = ["key", "at"]
    search_fields = ["key"]
    date_hierarchy = "at"
