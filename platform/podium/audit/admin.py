"""The admin's base for rows that nobody edits by hand, and the list of events."""

# The admin's classes take type arguments only in the stubs.
# mypy: disable-error-code="type-arg"

from django.contrib import admin
from django.http import HttpRequest

from podium.audit.models import Event


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows, and lets nobody add, change or delete one.

    Only the declared filters may be asked for: an address such as `?value__gt=0.8` would tell a
    number that no page shows.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        filters = [*self.list_filter, self.date_hierarchy]
        names = [str(item[0] if isinstance(item, tuple) else item) for item in filters if item]
        declared = any(lookup == name or lookup.startswith(f"{name}__") for name in names)
        return declared and super().lookup_allowed(lookup, value, request)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "verb", "subject", "challenge", "is_public"]
    list_filter = ["is_public", "verb", "challenge"]
    search_fields = ["actor", "subject"]
    date_hierarchy = "at"
