"""Sheets of what organizers decide about people: roles, and what is announced."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from podium.challenges.actions import take_back
from podium.challenges.models import Announcement, Challenge, Role
from podium.challenges.organizers import roles_of
from podium.challenges.permissions import Permission
from podium.files import Json
from podium.web.console.setup.sheets import Sheet, markdown


class OrganizersSheet(Sheet):
    """A field for the role of each address, and two for one more."""

    heading = "Organizers"
    lead = "Owners set up the challenge, managers run it, viewers see its console."
    permission = Permission.MANAGE_ORGANIZERS

    email = forms.EmailField(
        required=False,
        label="E-mail address of one more person",
        help_text="Without an account they get the role when they sign up and confirm the address. "
        "Tell them: no mail goes to addresses that nobody has confirmed.",
    )
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.VIEWER,
        label="Their role",
        help_text="People in a team of the challenge cannot get one.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.present = roles_of(self.challenge)
        waiting = set(self.challenge.pending_roles.values_list("email", flat=True))
        for number, (email, role) in enumerate(self.present.items()):
            self.fields[f"role_{number}"] = forms.ChoiceField(
                choices=[*Role.choices, ("", "No role")],
                required=False,
                initial=role,
                label=email,
                help_text="Nobody has confirmed the address yet." if email in waiting else "",
            )
        self.order_fields([*(f"role_{n}" for n in range(len(self.present))), "email", "role"])

    def stored(self) -> Json:
        return {}

    def document(self) -> Json:
        chosen = (self.cleaned_data[f"role_{number}"] for number in range(len(self.present)))
        roles = {email: role for email, role in zip(self.present, chosen, strict=True) if role}
        if email := self.cleaned_data["email"]:
            roles[email.lower()] = self.cleaned_data["role"]
        return {"organizers": roles}

    def labels(self) -> dict[str, str]:
        asked = self.cleaned_data.get("email", "").lower()
        return {f"organizers.{email}": email for email in [*self.present, asked]}


class AnnouncementSheet(Sheet):
    """An announcement, or a new one. Its title is what it is known by."""

    heading = "A new announcement"
    lead = "Everybody in a team and every organizer gets it as a notice."
    permission = Permission.ANNOUNCE
    leads_to = "console-announcements"

    title = forms.CharField(max_length=160)
    body = markdown("Text", "Markdown.")

    def __init__(
        self, *args: Any, announcement: Announcement | None = None, **options: Any
    ) -> None:
        self.announcement = announcement
        super().__init__(*args, **options)
        self.fields["body"].required = True
        if announcement:
            self.heading = f"Announcement “{announcement}”"
            self.lead = "Notices show the corrected text. Nobody is notified again."
            del self.fields["title"]

    def stored(self) -> Json:
        return {"body": self.announcement.body} if self.announcement else {}

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if self.challenge.announcements.filter(title=title).exists():
            raise ValidationError("An announcement has this title. Choose another, or edit that.")
        return title

    def document(self) -> Json:
        title = self.announcement.title if self.announcement else self.cleaned_data["title"]
        body = self.changed().get("body", self.cleaned_data["body"])
        return {"announcements": [{"title": title, "body": body}]}

    def labels(self) -> dict[str, str]:
        title = self.announcement.title if self.announcement else self.cleaned_data["title"]
        return {f"announcements.{title}": f"“{title}”"}


class TakeBackSheet(Sheet):
    """Nothing to fill in: the announcement goes."""

    heading = "Take back an announcement"
    lead = "It leaves the page of the challenge and all notices. Mails cannot be taken back."
    permission = Permission.ANNOUNCE
    leads_to = "console-announcements"

    def __init__(self, *args: Any, announcement: Announcement, **options: Any) -> None:
        self.announcement = announcement
        super().__init__(*args, **options)

    def change(self) -> Challenge:
        return take_back(announcement=self.announcement, by=self.by)

    def labels(self) -> dict[str, str]:
        return {f"announcements.{self.announcement}": f"“{self.announcement}”"}
