"""Challenges in the admin."""

# The admin's classes take type arguments only in the stubs.
# mypy: disable-error-code="type-arg"

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.http import HttpRequest

from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.actions import tells_of_ranking
from podium.challenges.definition import TIMES
from podium.challenges.eligibility import role_refusal, version_refusal
from podium.challenges.models import Announcement, Challenge, Organizer, Task, Track
from podium.challenges.sisters import refusal
from podium.files import Json

# What may have changed since the page was read.
KEPT = ("revealed_at", "reveal_told_of", "reveal_told_at", "reveal_stopped_at")
# What moves in the console, and the address.
FIXED = ("slug", *TIMES, "freeze_hours")


class OrganizerForm(forms.ModelForm):
    """Refuses organizers who compete on the rows of the challenge."""

    def clean_user(self) -> object:
        user = self.cleaned_data["user"]
        challenge_id = getattr(self.cleaned_data.get("challenge"), "pk", self.instance.challenge_id)
        challenge = Challenge.objects.filter(pk=challenge_id).first()
        if challenge and (why := role_refusal(user, challenge)):
            raise ValidationError(why)
        return user


class TaskForm(forms.ModelForm):
    """Refuses a data set version if a competitor or another task gives away its labels."""

    def clean(self) -> Json:
        data: Json = super().clean() or self.cleaned_data
        challenge, version = data.get("challenge"), data.get("dataset_version")
        solution = data.get("solution")
        if challenge and version and (why := version_refusal(challenge, version)):
            self.add_error("dataset_version", why)
        elif challenge and solution and (why := refusal(challenge, solution, self.instance)):
            self.add_error("solution", why)
        return data


class OrganizerInline(admin.TabularInline):
    model = Organizer
    form = OrganizerForm
    autocomplete_fields = ["user"]
    extra = 0


class TrackInline(admin.TabularInline):
    model = Track
    fields = ["kind", "title", "aggregate", "position"]
    show_change_link = True
    extra = 0


@admin.register(Challenge)
class ChallengeAdmin(admin.ModelAdmin):
    list_display = ["title", "slug", "phase", "opens_at", "closes_at", "reveal_at"]
    list_filter = ["opens_at"]
    search_fields = ["title", "slug", "summary"]
    date_hierarchy = "opens_at"
    inlines = [OrganizerInline, TrackInline]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary"]}),
        ("Teams", {"fields": ["max_team_size", "show_members", "deleted_accounts"]}),
        ("Timeline", {"fields": [*TIMES, "freeze_hours"]}),
        ("Texts (Markdown)", {"fields": ["description", "rules", "prizes"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Challenge | None = None) -> list[str]:
        """Times move in the console, which says what that does; addresses have the slug."""
        return [] if obj is None else list(FIXED)

    def save_model(self, request: HttpRequest, obj: Challenge, form: object, change: bool) -> None:
        # Locked, so that a reveal since the page was read is not undone by what is stored here.
        before = Challenge.objects.select_for_update(no_key=True).filter(pk=obj.pk).first()
        for name in (*KEPT, *FIXED) if before else ():
            setattr(obj, name, getattr(before, name))
        super().save_model(request, obj, form, change)
        if before is None:
            record(Verb.CREATED_CHALLENGE, subject=obj, by=request.user, challenge=obj.slug)
        else:
            _changed(obj, request, obj.slug)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        with tells_of_ranking(Track.objects.filter(challenge=form.instance)):
            super().save_formset(request, form, formset, change)


def _changed(subject: Model, request: HttpRequest, slug: str) -> None:
    """Record that a challenge's texts or settings were changed."""
    record(Verb.CHANGED_CHALLENGE, subject=subject, by=request.user, challenge=slug)


@admin.register(Organizer)
class OrganizerAdmin(admin.ModelAdmin):
    form = OrganizerForm
    list_display = ["user", "challenge", "role"]
    list_filter = ["role", "challenge"]
    list_select_related = ["user", "challenge"]
    search_fields = ["user__email", "user__name"]
    autocomplete_fields = ["user", "challenge"]
    fields = ["challenge", "user", "role"]


@admin.register(Track)
class TrackAdmin(admin.ModelAdmin):
    list_display = ["title", "challenge", "kind", "aggregate", "position"]
    list_filter = ["kind", "challenge"]
    list_select_related = ["challenge"]
    search_fields = ["title", "challenge__title"]

    def save_model(self, request: HttpRequest, obj: Track, form: object, change: bool) -> None:
        with tells_of_ranking(Track.objects.filter(pk=obj.pk)):
            super().save_model(request, obj, form, change)
        _changed(obj, request, obj.challenge.slug)


@admin.register(Task)
class TaskAdmin(admin.ModelAdmin):
    form = TaskForm
    list_display = ["title", "challenge", "track", "dataset_version", "headline", "feedback"]
    list_filter = ["track__kind", "challenge"]
    list_select_related = ["challenge", "track", "dataset_version"]
    search_fields = ["title", "slug"]

    def get_readonly_fields(self, request: HttpRequest, obj: Task | None = None) -> list[str]:
        """Fields that scores depend on are locked once there are submissions."""
        if obj is None or not obj.submissions.exists():
            return []
        return [
            "track", "challenge", "slug", "dataset_version", "solution",
            "headline", "feedback", "step",
        ]  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Task, form: object, change: bool) -> None:
        left = Task.objects.filter(pk=obj.pk).values("track")
        with tells_of_ranking(Track.objects.filter(Q(pk=obj.track_id) | Q(pk__in=left))):
            super().save_model(request, obj, form, change)
        _changed(obj, request, obj.challenge.slug)


@admin.register(Announcement)
class AnnouncementAdmin(admin.ModelAdmin):
    list_display = ["title", "challenge", "at"]
    list_filter = ["challenge"]
    list_select_related = ["challenge"]
    search_fields = ["title", "body"]
    date_hierarchy = "at"
