"""Teams in the admin, to look things up, and to give one a proper name."""

# The admin's classes take type arguments only in the stubs.
# mypy: disable-error-code="type-arg"

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from podium.audit.actions import record
from podium.audit.admin import ReadOnlyAdmin
from podium.audit.verbs import Verb
from podium.teams.models import Invitation, Membership, MergeProposal, RulesAcceptance, Team
from podium.teams.signals import announce_labels


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    list_display = ["name", "challenge", "captain", "baseline", "created_at", "disqualified_at"]
    list_filter = ["challenge", ("disqualified_at", admin.EmptyFieldListFilter), "baseline"]
    list_select_related = ["challenge", "captain"]
    search_fields = ["name", "slug", "memberships__user__email"]
    date_hierarchy = "created_at"
    # The rest has a verb on the pages of teams or in the console, which boards and events follow.
    readonly_fields = [
        "challenge",
        "slug",
        "captain",
        "baseline",
        "disqualified_at",
        "disqualified_reason",
        "created_at",
        "merged_into",
        "merged_at",
        "removed_at",
        "research_use",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "name" in form.changed_data:
            slug = obj.challenge.slug
            record(Verb.RENAMED_TEAM, subject=obj, by=request.user, challenge=slug)
            announce_labels(obj)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["user", "team", "challenge", "joined_at"]
    list_filter = ["challenge"]
    list_select_related = ["user", "team", "challenge"]
    search_fields = ["user__email", "user__name", "team__name"]
    date_hierarchy = "joined_at"


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Shows invitations without the hash of their link. They can be deleted."""

    list_display = ["team", "email", "created_at", "expires_at", "revoked_at"]
    list_filter = ["team__challenge"]
    list_select_related = ["team"]
    search_fields = ["team__name", "email"]
    date_hierarchy = "created_at"
    fields = ["team", "email", "created_at", "expires_at", "revoked_at"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(MergeProposal)
class MergeProposalAdmin(ReadOnlyAdmin):
    list_display = ["absorbed", "surviving", "outcome", "proposed_at", "expires_at", "ended_at"]
    list_filter = ["outcome", "surviving__challenge"]
    list_select_related = ["absorbed", "surviving"]
    search_fields = ["absorbed__name", "surviving__name"]
    date_hierarchy = "proposed_at"
    fields = ["absorbed", "surviving", "outcome", "proposed_at", "expires_at", "ended_at"]


@admin.register(RulesAcceptance)
class RulesAcceptanceAdmin(ReadOnlyAdmin):
    list_display = ["user", "challenge", "rules_hash", "at"]
    list_filter = ["challenge"]
    list_select_related = ["user", "challenge"]
    search_fields = ["user__email", "user__name"]
    date_hierarchy = "at"
