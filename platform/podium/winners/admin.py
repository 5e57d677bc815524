"""Winners in the admin, to look things up. The console decides them."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.winners.models import Certificate, Ineligible, Place, WinnersList


@admin.register(Ineligible)
class IneligibleAdmin(ReadOnlyAdmin):
    list_display = ["team", "at"]
    list_select_related = ["team"]
    search_fields = ["team__name"]


@admin.register(WinnersList)
class WinnersListAdmin(ReadOnlyAdmin):
    list_display = ["challenge", "number", "published_at", "taken_back_at"]
    list_select_related = ["challenge"]
    search_fields = ["challenge__slug"]


@admin.register(Place)
class PlaceAdmin(ReadOnlyAdmin):
    list_display = ["team", "track", "rank", "prize", "winners"]
    list_select_related = ["team", "track", "winners__challenge"]
    search_fields = ["team__name"]


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    list_display = ["person", "team_name", "track", "rank", "day"]
    list_select_related = ["track"]
    search_fields = ["person", "team_name"]
