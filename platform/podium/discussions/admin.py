"""Questions and answers in the admin: to look at. Organizers hide and show on the pages."""

from django.contrib import admin

from podium.audit.admin import ReadOnlyAdmin
from podium.discussions.models import Addressee, Answer, Message, Question


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin):
    list_display = [
        "title",
        "challenge",
        "task",
        "team",
        "author",
        "asked_at",
        "is_faq",
        "hidden_at",
    ]
    list_filter = ["challenge", "is_faq", ("hidden_at", admin.EmptyFieldListFilter)]
    list_select_related = ["challenge", "task", "team", "author"]
    search_fields = ["title", "author__name", "author__email"]
    date_hierarchy = "asked_at"


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ["question", "author", "answered_at", "by_organizer", "by_team", "hidden_at"]
    list_filter = ["question__challenge", "by_organizer", ("hidden_at", admin.EmptyFieldListFilter)]
    list_select_related = ["question", "author"]
    search_fields = ["question__title", "author__name", "author__email"]
    date_hierarchy = "answered_at"


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["team", "author", "sent_at", "by_organizer"]
    list_filter = ["team__challenge", "by_organizer"]
    list_select_related = ["team", "author"]
    search_fields = ["team__name", "author__name", "author__email"]
    date_hierarchy = "sent_at"


@admin.register(Addressee)
class AddresseeAdmin(ReadOnlyAdmin):
    list_display = ["announcement", "team"]
    list_filter = ["announcement__challenge"]
    list_select_related = ["announcement", "team"]
    search_fields = ["announcement__title", "team__name"]
