"""Write-ups in the admin: to look at, without what is not published yet."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.writeups.models import Attachment, WriteUp, WriteUpVersion


@admin.register(WriteUp)
class WriteUpAdmin(ReadOnlyAdmin):
    list_display = ["team", "track", "published_version", "published_at", "hidden_at"]
    list_filter = ["track__challenge", ("hidden_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team", "track", "published_version__writeup__team"]
    search_fields = ["team__name"]


@admin.register(WriteUpVersion)
class WriteUpVersionAdmin(ReadOnlyAdmin):
    list_display = ["number", "writeup", "by", "at"]
    list_filter = ["writeup__track__challenge"]
    list_select_related = ["writeup__team", "writeup__track__challenge", "by"]
    search_fields = ["writeup__team__name"]
    # Methods are a team's own until it publishes them.
    exclude = ["title", "body", "links", "paper", "slides"]
    date_hierarchy = "at"


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ["id", "writeup", "size", "sha256", "at"]
    list_select_related = ["writeup__team", "writeup__track__challenge"]
    search_fields = ["sha256", "writeup__team__name"]
    exclude = ["file", "name"]
